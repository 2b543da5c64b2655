/** What an agent has begun to write: one draft for each conversation and mode, kept in this browser. */
import { signal } from "@preact/signals";
import { readJSON } from "../../shared/storage";
import { me } from "./session";
import { storage } from "./settings";

export type Mode = "reply" | "note";

export interface Draft {
  text: string;
  /** The last sequence that was known when the writing began: what came later was not read by the writer. */
  since: number;
}

/** More drafts than this: the oldest goes. */
const kept = 100;

const none: Draft = { text: "", since: 0 };

const drafts = signal<ReadonlyMap<string, Draft>>(new Map());
let owner = "";

function key(conv: string, mode: Mode): string {
  return `${conv} ${mode}`;
}

function all(): ReadonlyMap<string, Draft> {
  const id = me.value?.id ?? "";
  if (id !== owner) {
    owner = id;
    drafts.value = new Map(readJSON<[string, Draft][]>(storage, `drafts.${id}`) ?? []);
  }
  return drafts.value;
}

export function draft(conv: string, mode: Mode): Draft {
  return all().get(key(conv, mode)) ?? none;
}

/** Keeps a draft; an empty text ends it. */
export function setDraft(conv: string, mode: Mode, text: string, last: number): void {
  const next = new Map(all());
  const id = key(conv, mode);
  const before = next.get(id);
  next.delete(id);
  if (text) next.set(id, { text, since: before?.since ?? last });
  while (next.size > kept) next.delete(next.keys().next().value as string);
  drafts.value = next;
  storage.set(`drafts.${owner}`, JSON.stringify([...next]));
}

/** The writer has seen what came meanwhile and goes on. */
export function acknowledge(conv: string, mode: Mode, last: number): void {
  const next = new Map(all());
  const before = next.get(key(conv, mode));
  if (before) drafts.value = next.set(key(conv, mode), { ...before, since: last });
}
