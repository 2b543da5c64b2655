import { signal } from "@preact/signals-core";
import type { Ack, Act, Attachment, ClientFrame, Failure, Open, Send } from "./wire";
import { readJSON, type KeyValue } from "./storage";

/** A command of the sender that must be stored exactly once. */
export type Command = ({ type: "open" } & Open) | ({ type: "send" } & Send) | ({ type: "act" } & Act);

export interface Entry {
  command: Command;
  /** Conversation it belongs to; localConv(cid) until an open is acknowledged. */
  conv: string;
  /** waiting for a connection or its turn; sent, not yet stored; failed: the sender decides */
  state: "waiting" | "sent" | "failed";
  /** How often it went out. */
  attempt: number;
  /** When it was written, ms since the epoch. */
  at: number;
  error?: Failure;
  /** What the sender sees until the event is there. */
  files?: Attachment[];
}

export interface OutboxOptions {
  send(frame: ClientFrame): boolean;
  storage: KeyValue;
  /** ms until a command without an answer has failed; 0 means 10 s */
  timeout?: number;
}

const KEY = "outbox";
const KEPT = 200; // entries; more are refused, nothing is dropped
const RETRYABLE = ["rate_limited", "busy"];

/** A new command id: 128 random bits in 22 characters. */
export function newCID(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").slice(0, 22);
}

/** The name of a conversation before the server has given it one. */
export function localConv(cid: string): string {
  return "new:" + cid;
}

/**
 * What the sender said and the server has not stored yet, in order. It
 * survives reloads where storage allows, goes out again with the same cid
 * after each reconnect, and ends either acknowledged or visibly failed.
 */
export class Outbox {
  readonly entries = signal<readonly Entry[]>([]);
  #online = false;
  #heldUntil = 0;
  #hold: ReturnType<typeof setTimeout> | undefined;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  readonly #options: OutboxOptions;

  constructor(options: OutboxOptions) {
    this.#options = options;
    const kept = readJSON<Entry[]>(options.storage, KEY) ?? [];
    this.entries.value = kept.map((e) => (e.state === "sent" ? { ...e, state: "waiting" } : e));
  }

  /** Queues a command; false when too many wait already. */
  add(command: Command, files?: Attachment[]): boolean {
    if (this.entries.value.length >= KEPT) return false;
    const conv = command.type === "open" ? localConv(command.cid) : command.conv;
    const entry: Entry = { command, conv, state: "waiting", attempt: 0, at: Date.now() };
    if (files?.length) entry.files = files;
    this.#put([...this.entries.value, entry]);
    this.#pump();
    return true;
  }

  /** Call on welcome: everything unanswered goes out again. */
  connected(): void {
    this.#online = true;
    this.#heldUntil = 0;
    this.#pump();
  }

  /** Call when the connection is gone. */
  disconnected(): void {
    this.#online = false;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#put(this.entries.value.map((e) => (e.state === "sent" ? { ...e, state: "waiting" } : e)));
  }

  /** Call on ack. Returns the entry that is stored now. */
  acked(ack: Ack): Entry | undefined {
    return this.stored(ack.cid, ack.conv);
  }

  /** The command's event was seen or acknowledged: it is stored. */
  stored(cid: string, conv: string): Entry | undefined {
    const entry = this.#find(cid);
    if (!entry) return undefined;
    this.#stopTimer(cid);
    const local = localConv(cid);
    this.#put(
      this.entries.value
        .filter((e) => e !== entry)
        .map((e) => (e.conv === local ? { ...e, conv, command: { ...e.command, conv } as Command } : e)),
    );
    this.#pump();
    return entry;
  }

  /** Call on error with a cid. Full and limited servers are asked again after the time they name. */
  refused(failure: Failure): void {
    const entry = failure.cid ? this.#find(failure.cid) : undefined;
    if (!entry) return;
    this.#stopTimer(entry.command.cid);
    if (RETRYABLE.includes(failure.code)) {
      this.#change(entry, { state: "waiting" });
      this.#holdFor(failure.retry_after_ms ?? 2000);
      return;
    }
    this.#change(entry, { state: "failed", error: failure });
    this.#pump();
  }

  /** Sends a failed command again, with the same cid. */
  retry(cid: string): void {
    const entry = this.#find(cid);
    if (entry?.state !== "failed") return;
    this.#change(entry, { state: "waiting", error: undefined });
    this.#pump();
  }

  /** Forgets a command that is not stored; one that waits on it goes too. */
  discard(cid: string): void {
    this.#stopTimer(cid);
    const local = localConv(cid);
    this.#put(this.entries.value.filter((e) => e.command.cid !== cid && (e.conv !== local || e.command.type === "open")));
  }

  /** Forgets everything: another person uses this browser now. */
  clear(): void {
    this.disconnected();
    this.#put([]);
  }

  #pump(): void {
    if (!this.#online || Date.now() < this.#heldUntil) return;
    // One at a time in a conversation: were the first refused for now and the
    // second taken, they would be stored in the wrong order.
    const busy = new Set(this.entries.value.filter((e) => e.state === "sent").map((e) => e.conv));
    for (const entry of this.entries.value) {
      if (entry.state !== "waiting" || busy.has(entry.conv)) continue;
      if (entry.command.type !== "open" && entry.conv.startsWith("new:")) continue; // until its open is stored
      if (!this.#options.send(this.#frame(entry))) return;
      busy.add(entry.conv);
      this.#change(entry, { state: "sent", attempt: entry.attempt + 1 });
      this.#startTimer(entry.command.cid);
    }
  }

  #frame(entry: Entry): ClientFrame {
    const { command } = entry;
    return command.type === "send" && entry.attempt > 0 ? { ...command, attempt: entry.attempt + 1 } : command;
  }

  #startTimer(cid: string): void {
    this.#stopTimer(cid);
    const timer = setTimeout(() => {
      const entry = this.#find(cid);
      if (entry?.state !== "sent") return;
      this.#change(entry, { state: "failed" });
      this.#pump();
    }, this.#options.timeout || 10_000);
    this.#timers.set(cid, timer);
  }

  #stopTimer(cid: string): void {
    clearTimeout(this.#timers.get(cid));
    this.#timers.delete(cid);
  }

  #holdFor(ms: number): void {
    this.#heldUntil = Date.now() + ms;
    clearTimeout(this.#hold);
    this.#hold = setTimeout(() => {
      this.#heldUntil = 0;
      this.#pump();
    }, ms);
  }

  #find(cid: string): Entry | undefined {
    return this.entries.value.find((e) => e.command.cid === cid);
  }

  #change(entry: Entry, patch: Partial<Entry>): void {
    this.#put(this.entries.value.map((e) => (e.command.cid === entry.command.cid ? { ...e, ...patch } : e)));
  }

  #put(entries: readonly Entry[]): void {
    this.entries.value = entries;
    this.#options.storage.set(KEY, entries.length ? JSON.stringify(entries) : null);
  }
}
