/** The console's texts: English comes with the program, other languages when they are wanted. */
import { computed, signal } from "@preact/signals";
import { type Catalog, negotiate, translator, type Values } from "../shared/i18n";
import en from "../locales/console.en.json";

export type Key = keyof typeof en;

/** The languages of the console, the first is the default. */
export const languages = ["en", "de"] as const;

export type Language = (typeof languages)[number];

const current = signal(translator(en, "en"));

/** The locale for numbers and dates: the browser's own variant of the console's language. */
export const locale = computed(() => current.value.locale);

/** The text of a key. */
export function t(key: Key, values?: Values): string {
  return current.value(key, values);
}

/** The text of a key that is put together, such as "state." and a state; the fallback where there is none. */
export function tOr(key: string, fallback: string, values?: Values): string {
  return key in en ? current.value(key, values) : fallback;
}

/** A language tag in words; it may come from outside and be none. */
export function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames([locale.value], { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

async function catalog(language: Language): Promise<Catalog> {
  if (language === "de") return (await import("../locales/console.de.json")).default;
  return en;
}

/** Switches to a language, or to the browser's. */
export async function useLanguage(wanted: Language | "auto"): Promise<void> {
  const preferred = wanted === "auto" ? navigator.languages : [wanted];
  const language = negotiate(preferred, languages) as Language;
  const variant = navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;
  const texts = await catalog(language);
  // A text that a language lacks is shown in English.
  current.value = translator({ ...en, ...texts }, variant);
  document.documentElement.lang = language;
  document.documentElement.dir = current.value.dir;
}
