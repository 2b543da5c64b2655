import { translator, type Catalog } from "../shared/i18n";

/** Tokens by name without the dashes. */
export type Palette = Record<string, string>;

/** What the page says about itself, see boot in widget.go. */
export interface Boot {
  inbox: string;
  name: string;
  locale: string;
  messages: Catalog;
  /** addresses of the later piece and its style sheet */
  later: [string, string];
  light?: Palette;
  dark?: Palette;
}

export const boot = JSON.parse(document.getElementById("boot")!.textContent!) as Boot;

const translate = translator(boot.messages, boot.locale);
export const locale = boot.locale;

/** A message of the widget. */
export function t(key: string, values?: Record<string, string | number>): string {
  return translate(key, values);
}
