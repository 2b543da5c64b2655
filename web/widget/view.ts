import type { Catalog } from "../shared/i18n";
import { boot } from "./boot";
import { signal } from "./signals";

export type Screen = "home" | "thread" | "form" | "article";

export const screen = signal<Screen>("home");
/** Slug of the article being read. */
export const article = signal("");
/** Set by a screen that has just come up: the focus moves to it. */
export let moved = true;
let before: Screen = "home";

export function go(to: Screen): void {
  moved = true;
  before = screen.value;
  screen.value = to;
}

/** Leaves a screen: an article for where it was opened, all else for home. */
export function back(): void {
  go(screen.value === "article" ? before : "home");
}

/** Whether the screen is new since the last call. */
export function takeMoved(): boolean {
  const was = moved;
  moved = false;
  return was;
}

export type Later = typeof import("./later");
const loaded = signal<Later | null>(null);
let fetching: Promise<Later> | undefined;

/** A part of the later piece; until that is there, what is given for the meantime, or nothing. */
export function later<K extends keyof Later>(name: K, meanwhile: unknown = () => null): Later[K] {
  void fetchLater();
  return loaded.value?.[name] ?? (meanwhile as Later[K]);
}

/** The later piece, when it is there. */
export function fetchLater(): Promise<Later> {
  return (fetching ??= (async () => {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = boot.later[1];
    const styled = new Promise((resolve) => (sheet.onload = sheet.onerror = resolve));
    document.head.append(sheet);
    const [piece, messages] = (await Promise.all([import(boot.later[0]), import(boot.later[2]), styled])) as [Later, { default: Catalog }, unknown];
    Object.assign(boot.messages, messages.default);
    return (loaded.value = piece);
  })());
}
