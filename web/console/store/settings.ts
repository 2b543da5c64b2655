/** What a person has set in this browser. */
import { effect, signal } from "@preact/signals";
import { local, readJSON } from "../../shared/storage";
import { type Language, useLanguage } from "../text";

export interface Settings {
  theme: "auto" | "light" | "dark";
  language: Language | "auto";
  /** Single letters run commands. */
  letters: boolean;
  sound: boolean;
  desktop: boolean;
  /** Also tell about conversations that wait and belong to nobody yet. */
  waiting: boolean;
  /** Show what the visitor is typing. */
  previews: boolean;
  /** px */
  listWidth: number;
  panelWidth: number;
  panel: boolean;
}

const initial: Settings = {
  theme: "auto",
  language: "auto",
  letters: true,
  sound: true,
  desktop: false,
  waiting: true,
  previews: true,
  listWidth: 300,
  panelWidth: 320,
  panel: true,
};

/** The console's part of the browser's storage. */
export const storage = local("parley.console.");

const key = "settings";

const load = (): Settings => ({ ...initial, ...readJSON<Partial<Settings>>(storage, key) });

export const settings = signal<Settings>(load());

export function change(part: Partial<Settings>): void {
  settings.value = { ...settings.peek(), ...part };
  storage.set(key, JSON.stringify(settings.peek()));
}

/** Applies theme and language to the page, and follows what other tabs set. Resolves when the texts are there. */
export async function start(): Promise<void> {
  effect(() => {
    const { theme } = settings.value;
    if (theme === "auto") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
  });
  addEventListener("storage", (event) => {
    if (event.key === `parley.console.${key}`) settings.value = load();
  });
  let language = settings.peek().language;
  effect(() => {
    if (settings.value.language === language) return;
    language = settings.value.language;
    void useLanguage(language);
  });
  await useLanguage(language);
}
