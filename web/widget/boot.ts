import { lookup, type Catalog } from "../shared/i18n";

/** Tokens by name without the dashes. */
export type Palette = Record<string, string>;

/** What the page says about itself, see boot in widget.go. */
export interface Boot {
  inbox: string;
  name: string;
  locale: string;
  messages: Catalog;
  /** addresses of the later piece, its style sheet and its messages */
  later: [string, string, string];
  light?: Palette;
  dark?: Palette;
  /** of corners, where the inbox's are not the usual ones */
  radius?: Palette;
}

export const boot = JSON.parse(document.getElementById("boot")!.textContent!) as Boot;

export const { locale } = boot;

/** A message of the widget. Those of the later piece are there when it is. */
export const t = lookup(boot.messages, locale);
