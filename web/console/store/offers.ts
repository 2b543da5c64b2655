/** Conversations that are offered to this agent until a time, and notices of assignment. */
import { signal } from "@preact/signals";
import type { ServerFrame } from "../../shared/wire";
import { attract } from "./attention";
import { need } from "./lists";

export interface Offer {
  conv: string;
  /** ms since the epoch */
  until: number;
}

export const offers = signal<readonly Offer[]>([]);

export function dropOffer(conv: string): void {
  offers.value = offers.peek().filter((offer) => offer.conv !== conv);
}

/** Takes a personal notice; false when the frame is none. */
export function noticed(frame: ServerFrame): boolean {
  if (frame.type !== "notice") return false;
  const { notice, conv, until } = frame;
  if (!conv) return true;
  if (notice === "offer" && until) {
    offers.value = [...offers.peek().filter((offer) => offer.conv !== conv), { conv, until: Date.parse(until) }];
    void need(conv).then((c) => attract("offer", c), () => dropOffer(conv));
  }
  if (notice === "assigned") {
    dropOffer(conv);
    void need(conv).then((c) => attract("assigned", c), () => {
      // Not ours to see any more: nothing to tell.
    });
  }
  return true;
}
