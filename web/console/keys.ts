/**
 * The keyboard: turns key presses into commands. Letters do nothing while
 * somebody types, and can be switched off (WCAG 2.1.4); combinations with Ctrl
 * or Command always work.
 */
import { commands, type Command } from "./commands";
import { settings } from "./store/settings";
import { stroke } from "./stroke";

/** How long the first key of a sequence such as "g m" waits for the second, in ms. */
const sequenceWait = 1200;

let first = "";
let firstAt = 0;

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function find(keys: string): Command | undefined {
  return commands.value.findLast((command) => command.keys?.includes(keys));
}

function waitsForMore(key: string): boolean {
  return commands.value.some((command) => command.keys?.some((keys) => keys.startsWith(`${key} `)));
}

function press(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.key === "Shift") return;
  const key = stroke(event);
  const combined = key.startsWith("mod+") || event.key === "Escape" || /^(shift\+)?f\d+$/.test(key);
  if (!combined && (typing(event.target) || document.querySelector("dialog[open]") || !settings.value.letters)) return;
  // Enter and Space belong to the button or link that has the focus.
  if ((key === "enter" || key === "space") && event.target instanceof HTMLElement && event.target.closest("a,button,summary")) return;
  const pair = first && event.timeStamp - firstAt < sequenceWait ? `${first} ${key}` : "";
  first = "";
  const command = (pair && find(pair)) || find(key);
  if (command) {
    event.preventDefault();
    command.run();
  } else if (waitsForMore(key)) {
    first = key;
    firstAt = event.timeStamp;
  }
}

/** Starts listening; called once by main. */
export function start(): void {
  addEventListener("keydown", press);
}
