/** Conversations that are offered to this agent until a time, and notices of assignment. */
import { signal } from "@preact/signals";
import type { ChatEvent, ServerFrame, Summary } from "../../shared/wire";
import { api } from "../api";
import { attract, attractToArticle } from "./attention";
import { watchConversations } from "./conversations";
import { need } from "./lists";
import { me } from "./session";

export interface Offer {
  conv: string;
  /** ms since the epoch */
  until: number;
}

/** Open offers, the one that ends first at the front. */
export const offers = signal<readonly Offer[]>([]);

export function dropOffer(conv: string): void {
  if (offers.peek().some((offer) => offer.conv === conv)) offers.value = offers.peek().filter((offer) => offer.conv !== conv);
}

function add(conv: string, until: number): void {
  const others = offers.peek().filter((offer) => offer.conv !== conv);
  offers.value = [...others, { conv, until }].sort((a, b) => a.until - b.until);
}

/** Takes a personal notice; false when the frame is none. */
export function noticed(frame: ServerFrame): boolean {
  if (frame.type !== "notice") return false;
  const { notice, conv, until } = frame;
  if (notice === "article" && frame.article) attractToArticle(frame.article, frame.title ?? "", frame.reason ?? "");
  if (!conv) return true;
  if (notice === "offer" && until) {
    add(conv, Date.parse(until));
    void need(conv).then(
      (c) => attract("offer", c),
      () => dropOffer(conv),
    );
  }
  if (notice === "assigned") {
    dropOffer(conv);
    void need(conv).then(
      (c) => attract("assigned", c),
      () => {
        // Not ours to see any more: nothing to tell.
      },
    );
  }
  return true;
}

/** Events in which the offer of a conversation that waits is found. */
const lookBack = 20;

/**
 * Finds the offers that stood before this page was loaded. Of the agent's
 * conversations those that still wait are the offered ones; their log says
 * until when.
 */
export async function recall(conversations: readonly Summary[]): Promise<void> {
  for (const { id, state } of conversations) {
    if (state !== "queued") continue;
    const { events } = await api.get<{ events: ChatEvent[] }>(`/conversations/${id}/events`, { limit: lookBack });
    const last = events.findLast(({ kind }) => kind === "offered" || kind === "declined" || kind === "assigned" || kind === "transferred");
    if (last?.kind !== "offered" || last.assigned?.agent !== me.peek()?.id || !last.until) continue;
    const until = Date.parse(last.until);
    if (until > Date.now()) add(id, until);
  }
}

/** An offer ends when somebody has the conversation, perhaps in another tab. */
export function start(): void {
  watchConversations((now) => {
    if (now.state !== "queued") dropOffer(now.id);
  });
}
