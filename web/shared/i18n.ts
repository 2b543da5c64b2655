// Messages by flat keys. A message is a string with {name} places, or an
// object of plural forms chosen by the number `n`.

export type Message = string | Partial<Record<Intl.LDMLPluralRule, string>>;
export type Catalog = Readonly<Record<string, Message>>;
export type Values = Readonly<Record<string, string | number>>;

export interface Translator {
  (key: string, values?: Values): string;
  /** BCP 47 */
  readonly locale: string;
  readonly dir: "ltr" | "rtl";
}

const RIGHT_TO_LEFT = /^(ar|dv|fa|he|ks|ku-arab|ps|sd|ug|ur|yi)(-|$)/i;

/** The writing direction of a locale. */
export function direction(locale: string): "ltr" | "rtl" {
  return RIGHT_TO_LEFT.test(locale) ? "rtl" : "ltr";
}

/** The first wanted locale that is offered, by whole tag and then by language; else the first offered. */
export function negotiate(wanted: readonly string[], offered: readonly string[]): string {
  for (const want of wanted) {
    const tag = want.toLowerCase();
    const found =
      offered.find((o) => o.toLowerCase() === tag) ?? offered.find((o) => o.split("-")[0]!.toLowerCase() === tag.split("-")[0]);
    if (found) return found;
  }
  return offered[0] ?? "en";
}

/** A function that looks up messages. An unknown key is shown as it is, so that it is found. */
export function lookup(catalog: Catalog, locale: string): (key: string, values?: Values) => string {
  const plural = new Intl.PluralRules(locale);
  const number = new Intl.NumberFormat(locale);
  return (key, values) => {
    let message = catalog[key] ?? key;
    if (typeof message !== "string") message = message[plural.select(Number(values?.["n"] ?? 0))] ?? message.other ?? key;
    return message.replace(/\{(\w+)\}/g, (place, name: string) => {
      const value = values?.[name];
      return value === undefined ? place : typeof value === "number" ? number.format(value) : value;
    });
  };
}

/** The same with the language and its direction. */
export function translator(catalog: Catalog, locale: string): Translator {
  return Object.assign(lookup(catalog, locale), { locale, dir: direction(locale) });
}
