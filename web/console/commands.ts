/**
 * Everything a person can do, once: the palette lists it, the keyboard runs it,
 * the help sheet and the tooltips show its key.
 */
import { computed, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

export type Group = "conversation" | "composer" | "go" | "general";

export interface Command {
  id: string;
  title: string;
  group: Group;
  /** Keys as "e", "g m", "shift+a" or "mod+k"; the first is shown. */
  keys?: string[];
  run: () => void;
}

const sets = signal<readonly (() => Command[])[]>([]);

/** The commands of what is on the page now, the innermost last. */
export const commands = computed(() => sets.value.flatMap((make) => make()));

/**
 * Offers commands while the component is on the page. make runs again when a
 * signal in it changes, not when the component is drawn: what it uses must come
 * from signals or stay the same.
 */
export function useCommands(make: () => Command[]): void {
  useEffect(() => offer(make), []);
}

/** Offers commands until the returned function is called. */
export function offer(make: () => Command[]): () => void {
  sets.value = [...sets.peek(), make];
  return () => {
    sets.value = sets.peek().filter((other) => other !== make);
  };
}

/** The key of a command as people write it: "mod+k" is "⌘K" on a Mac and "Ctrl K" elsewhere. */
export function keyLabel(key: string): string {
  return key
    .split(" ")
    .map((step) =>
      step
        .split("+")
        .map((part) => names[part] ?? part.toUpperCase())
        .join(mac ? "" : " "),
    )
    .join(" ");
}

const mac = /mac|iphone|ipad/i.test(navigator.platform);

const names: Record<string, string> = {
  mod: mac ? "⌘" : "Ctrl",
  shift: mac ? "⇧" : "Shift",
  alt: mac ? "⌥" : "Alt",
  enter: "Enter",
  escape: "Esc",
};
