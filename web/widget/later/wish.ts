import { ASIDE, type Allowed, type Wish } from "../bridge";
import { hostOrigin } from "./kit";

/** Asks something of aside.ts in the page around. */
export function wish(wanted: Wish): void {
  parent.postMessage({ [ASIDE]: wanted }, hostOrigin!);
}

/** Calls back when aside.ts says what the browser allows. */
export function onAllowed(listener: (allowed: Allowed) => void): void {
  addEventListener("message", (e) => {
    const allowed = (e.data as Record<string, Allowed> | null)?.[ASIDE];
    if (allowed && e.source === parent && e.origin === hostOrigin) listener(allowed);
  });
}
