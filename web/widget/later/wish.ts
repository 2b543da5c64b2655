import { ASIDE, type Around, type Wish } from "../bridge";
import { framed, hostOrigin, signal } from "./kit";

/** The chat covers the page around it, so it is all there is. */
export const covers = signal(false);

/** Asks something of aside.ts in the page around. */
export function wish(wanted: Wish): void {
  parent.postMessage({ [ASIDE]: wanted }, hostOrigin!);
}

let answered: ((notices: boolean) => void) | undefined;

/** Calls back when the browser has been asked for notices. */
export function onNotices(listener: (allowed: boolean) => void): void {
  answered = listener;
}

if (framed) {
  addEventListener("message", (e) => {
    const around = (e.data as Record<string, Around> | null)?.[ASIDE];
    if (!around || e.source !== parent || e.origin !== hostOrigin) return;
    covers.value = around.covers;
    if (around.notices !== undefined) answered?.(around.notices);
  });
  wish({});
}
