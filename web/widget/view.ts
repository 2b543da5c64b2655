import { boot } from "./boot";
import { signal } from "./signals";

export type Screen = "home" | "thread" | "form" | "article";

export const screen = signal<Screen>("home");
/** Slug of the article being read. */
export const article = signal("");
/** Set by a screen that has just come up: the focus moves to it. */
export let moved = true;

export function go(to: Screen): void {
  moved = true;
  screen.value = to;
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

/** A part of the later piece; draws and does nothing until that is there. */
export function later<K extends keyof Later>(name: K): Later[K] {
  void fetchLater();
  return loaded.value?.[name] ?? ((() => null) as unknown as Later[K]);
}

/** The later piece, when it is there. */
export function fetchLater(): Promise<Later> {
  return (fetching ??= (async () => {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = boot.later[1];
    const styled = new Promise((resolve) => (sheet.onload = sheet.onerror = resolve));
    document.head.append(sheet);
    const piece = (await import(boot.later[0])) as Later;
    await styled;
    return (loaded.value = piece);
  })());
}
