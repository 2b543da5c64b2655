import { signal } from "@preact/signals-core";
import type { Actor, ChatEvent, Delta, Place, QueuePlace, Read, ServerFrame, State, Summary, Typing } from "./wire";

/** Somebody who is writing now. */
export interface Writer {
  from: Actor;
  preview: string;
}

/** Something is missing between two neighbours, by their seq. */
export interface Gap {
  after: number;
  before: number;
}

const TYPING_LASTS = 6000; // ms; the server's own limit is 5 s

/**
 * One conversation as this reader knows it: a gapless run of its events, and
 * what is ephemeral about it. The run may start in the middle; see complete.
 */
export class Thread {
  /** Ordered by seq, each once. */
  readonly events = signal<readonly ChatEvent[]>([]);
  /** Who is writing, by actor id. */
  readonly typing = signal<ReadonlyMap<string, Writer>>(new Map());
  /** The last seq each side has seen, by actor kind. */
  readonly seen = signal<Readonly<Partial<Record<Actor["kind"], number>>>>({});
  /** Streamed text by cid, until its event comes. */
  readonly streams = signal<ReadonlyMap<string, string>>(new Map());
  readonly queue = signal<QueuePlace | null>(null);
  /** A page of history was asked for and has not come. */
  readonly loading = signal(false);

  readonly #quiet = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(readonly id: string) {}

  /** The last sequence known, 0 for none. */
  get last(): number {
    return this.events.value.at(-1)?.seq ?? 0;
  }

  /** Whether the beginning of the conversation is known. */
  get complete(): boolean {
    return this.events.value[0]?.prev === 0;
  }

  /** Merges events. Returns the newest gap among or after them. */
  merge(incoming: readonly ChatEvent[]): Gap | undefined {
    if (!incoming.length) return undefined;
    const known = this.events.value;
    const fresh = incoming.filter((e) => !this.#has(e.seq));
    if (fresh.length) {
      const inOrder = fresh.length === 1 && fresh[0]!.seq > this.last;
      const merged = [...known, ...fresh];
      if (!inOrder) merged.sort((a, b) => a.seq - b.seq);
      this.events.value = merged;
      this.#settle(fresh);
    }
    return this.#gap(incoming[0]!.seq);
  }

  /** Applies an ephemeral frame about this conversation. */
  hear(frame: ({ type: "typing" } & Typing) | ({ type: "read" } & Read) | ({ type: "delta" } & Delta) | ({ type: "queue" } & QueuePlace)): void {
    switch (frame.type) {
      case "typing":
        if (frame.from) this.#setTyping(frame.from, frame.on ?? false, frame.preview ?? "");
        return;
      case "read":
        if (frame.from) this.setSeen(frame.from.kind, frame.seq ?? 0);
        return;
      case "delta":
        if (frame.cid && !this.events.value.some((e) => e.cid === frame.cid)) {
          const streams = new Map(this.streams.value);
          this.streams.value = streams.set(frame.cid, (streams.get(frame.cid) ?? "") + (frame.text ?? ""));
        }
        return;
      case "queue":
        this.queue.value = frame;
    }
  }

  setSeen(kind: Actor["kind"], seq: number): void {
    if (seq > (this.seen.value[kind] ?? 0)) this.seen.value = { ...this.seen.value, [kind]: seq };
  }

  #has(seq: number): boolean {
    const events = this.events.value;
    let low = 0;
    let high = events.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const at = events[middle]!.seq;
      if (at === seq) return true;
      if (at < seq) low = middle + 1;
      else high = middle - 1;
    }
    return false;
  }

  // What an event ends: its author has stopped writing, its stream is whole.
  #settle(fresh: readonly ChatEvent[]): void {
    for (const e of fresh) {
      this.#setTyping(e.from, false, "");
      if (e.cid && this.streams.value.has(e.cid)) {
        const streams = new Map(this.streams.value);
        streams.delete(e.cid);
        this.streams.value = streams;
      }
      if (e.kind === "assigned" || e.kind === "resolved") this.queue.value = null;
    }
  }

  #setTyping(from: Actor, on: boolean, preview: string): void {
    clearTimeout(this.#quiet.get(from.id));
    if (!on && !this.typing.value.has(from.id)) return;
    const typing = new Map(this.typing.value);
    if (on) {
      typing.set(from.id, { from, preview });
      this.#quiet.set(from.id, setTimeout(() => this.#setTyping(from, false, ""), TYPING_LASTS));
    } else {
      typing.delete(from.id);
    }
    this.typing.value = typing;
  }

  #gap(from: number): Gap | undefined {
    const events = this.events.value;
    for (let i = events.length - 1; i > 0; i--) {
      const after = events[i - 1]!.seq;
      const { seq: before, prev } = events[i]!;
      if (prev > after) return { after, before };
      if (after < from) return undefined; // everything older was whole already
    }
    return undefined;
  }
}

export interface StoreOptions {
  /** Something is missing after the place: send hello/resume. */
  repair(place: Place): void;
}

/**
 * The conversations of one reader. Feed it every frame; it keeps the threads
 * whole and asks for what is missing.
 */
export class Store {
  readonly threads = new Map<string, Thread>();
  /** Rows of the welcome and of later changes, by conversation. */
  readonly summaries = signal<ReadonlyMap<string, Summary>>(new Map());
  readonly #repairing = new Map<string, number>();

  readonly #options: StoreOptions;

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  /** The thread of a conversation, made when it is new. */
  thread(conv: string): Thread {
    let thread = this.threads.get(conv);
    if (!thread) this.threads.set(conv, (thread = new Thread(conv)));
    return thread;
  }

  /** Where each known conversation ends here: what hello resumes. */
  places(): Place[] {
    const places: Place[] = [];
    for (const [conv, thread] of this.threads) {
      if (thread.last) places.push({ conv, seq: thread.last });
    }
    return places;
  }

  /** Applies a frame; false when it does not concern conversations. */
  receive(frame: ServerFrame): boolean {
    switch (frame.type) {
      case "welcome":
        this.#repairing.clear();
        this.summaries.value = new Map([...this.summaries.value, ...frame.conversations.map((c) => [c.id, c] as const)]);
        return true;
      case "conversation":
        this.summaries.value = new Map(this.summaries.value).set(frame.conversation.id, frame.conversation);
        return true;
      case "event": {
        const { type: _, ...event } = frame;
        this.insert(event.conv, [event]);
        return true;
      }
      case "page":
        this.thread(frame.conv).loading.value = false;
        // Inside a page conv is not repeated by every server.
        this.insert(frame.conv, frame.events.map((e) => ({ ...e, conv: frame.conv })));
        return true;
      case "typing":
      case "read":
      case "delta":
      case "queue":
        this.thread(frame.conv).hear(frame);
        return true;
      default:
        return false;
    }
  }

  /** Merges events that came another way, such as REST. */
  insert(conv: string, events: readonly ChatEvent[]): void {
    const gap = this.thread(conv).merge(events);
    // Once for a gap: the answer fills it from the left, in many frames.
    if (!gap || this.#repairing.get(conv) === gap.before) return;
    this.#repairing.set(conv, gap.before);
    this.#options.repair({ conv, seq: gap.after });
  }

  /** Forgets everything: another person uses this browser now. */
  clear(): void {
    this.threads.clear();
    this.summaries.value = new Map();
  }
}

/** Where a conversation stands, as its events tell. */
export interface Standing {
  state: State;
  agent?: { id: string; name: string } | undefined;
  /** Set while it waits because nobody is there. */
  offline?: "nobody_online" | "outside_hours" | undefined;
  opensAt?: string | undefined;
  rating?: number | undefined;
  /** A bot has been in it. */
  bot?: boolean | undefined;
  /** A person has been in it. */
  staffed?: boolean | undefined;
}

/** Derives where the conversation stands. base is what was known before the first event. */
export function standing(events: readonly ChatEvent[], base?: Summary): Standing {
  let now: Standing = { state: base?.state ?? "bot", bot: base?.state === "bot" };
  if (base?.agent) now = { ...now, agent: { id: base.agent, name: base.agent_name ?? "" }, staffed: true };
  if (base?.rating) now.rating = base.rating;
  for (const e of events) now = step(now, e);
  return now;
}

function step(now: Standing, e: ChatEvent): Standing {
  const { bot, staffed, agent, rating } = now;
  const past = { bot, staffed };
  switch (e.kind) {
    case "opened":
      return { state: e.opened?.state ?? "bot", bot: e.opened?.state === "bot" };
    case "handoff":
      return { state: "queued", ...past };
    case "queued":
      return { state: "queued", ...past, offline: e.queued?.offline, opensAt: e.queued?.opens_at };
    case "assigned":
    case "transferred":
      if (!e.assigned?.agent) return { state: "queued", ...past };
      return { state: "assigned", bot, staffed: true, agent: { id: e.assigned.agent, name: e.assigned.name ?? "" } };
    case "resolved":
      return { state: "resolved", ...past, agent, rating };
    case "reopened":
      return { state: agent ? "assigned" : bot && !staffed ? "bot" : "queued", ...past, agent };
    case "snoozed":
      return { ...now, state: "snoozed" };
    case "rated":
      return { ...now, rating: e.rating?.score };
    default:
      return now;
  }
}
