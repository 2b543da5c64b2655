import { call } from "../shared/api";
import { Conn, socketURL } from "../shared/conn";
import { localConv, newCID, Outbox, type Entry } from "../shared/outbox";
import { standing, Store, type Standing, type Thread } from "../shared/store";
import type { ActArgs, Action, Attachment, ChatEvent, ServerFrame, Summary } from "../shared/wire";
import { boot } from "./boot";
import { host, storage, tellHost } from "./host";
import { current, ensureToken, forget } from "./session";
import { signal } from "./signals";
import { later } from "./view";

/** What GET /widget/{key} answers. */
export interface Config {
  inbox: { name: string; languages: string[]; bot: boolean; bot_name: string; identity: string };
  look: { greeting: string };
  pre_chat: { name: string; label: string; type: "text" | "email" | "select" | "textarea"; options?: string[]; required: boolean }[];
  privacy: { url: string; text: string; required: boolean };
  offline: { collect_email: boolean; message: string };
  open: boolean;
  opens_at?: string;
  help_url: string;
  agents_online: number;
  /** some of them */
  agents: { name: string; initials: string }[];
  /** bytes of a file, and endings of names that are accepted; none: all */
  files: { max_size: number; types: string[] };
}

export const config = signal<Config | null>(null);
/** The conversation on the screen: its id, localConv(cid) before the server has named it, "" before it began. */
export const conv = signal(storage.get("conv") ?? "");
/** The last sequence of it that the visitor has seen. */
export const seen = signal(Number(storage.get("seen") ?? 0));
/** Where the visitor had stopped reading when the panel was opened. */
export const mark = signal(0);
/** Answers of the pre-chat form, sent with the first message. */
export let fields: Record<string, string> | undefined;

export const conn = new Conn({
  url: socketURL(),
  client: "widget/1",
  token: identified,
  resume: () => store.places(),
  receive,
  lost: () => outbox.disconnected(),
});
export const store = new Store({ repair: (place) => conn.resume([place]) });
export const outbox = new Outbox({ send: (frame) => conn.send(frame), storage });

let joining = ""; // asked for its newest page; then follow it from there
/** Events of a page of history. */
export const PAGE = 50;

/** The thread on the screen, unless the server has not named it yet. */
export function thread(): Thread | undefined {
  return store.threads.get(conv.value);
}

/** What the visitor said here that is not stored yet. */
export function pending(): readonly Entry[] {
  return conv.value ? outbox.entries.value.filter((e) => e.conv === conv.value) : [];
}

export function summary(): Summary | undefined {
  return store.summaries.value.get(conv.value);
}

export function where(): Standing {
  const here = thread();
  if (here) return standing(here.events.value, summary());
  return { state: config.value?.inbox.bot === false ? "assigned" : "bot" };
}

// A token that is not the last visitor's ends what that one could see.
async function identified(fresh: boolean): Promise<string> {
  const before = current()?.visitor;
  const token = await ensureToken(fresh);
  if (before && before !== current()!.visitor) {
    store.clear();
    show("");
  }
  return token;
}

/** Loads the settings, and the conversation when there is one. */
export async function begin(): Promise<void> {
  if (current() || outbox.entries.value.length) conn.connect();
  else show("");
  for (let wait = 1000; !config.value; wait = Math.min(wait * 2, 30_000)) {
    try {
      config.value = await call<Config>("GET", "/widget/" + encodeURIComponent(boot.inbox));
    } catch {
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

function receive(frame: ServerFrame): void {
  store.receive(frame);
  switch (frame.type) {
    case "welcome": {
      const latest = frame.conversations[0];
      if (!conv.value && latest && latest.state !== "resolved") show(latest.id);
      outbox.connected();
      return join();
    }
    case "ack":
      return stored(frame.cid, frame.conv);
    case "event":
      if (frame.cid) stored(frame.cid, frame.conv);
      if (frame.conv === conv.value && isNews(frame)) arrived(frame);
      return;
    case "page":
      if (frame.conv === joining) {
        joining = "";
        conn.resume([{ conv: frame.conv, seq: store.thread(frame.conv).last }]);
      }
      return;
    case "error":
      outbox.refused(frame);
      if (frame.code === "not_found" && !frame.cid) joining = "";
  }
}

// Asks for the newest part of the conversation on the screen, once.
function join(): void {
  const id = conv.value;
  if (!id || id.startsWith("new:") || store.thread(id).last || joining === id) return;
  if (conn.send({ type: "history", conv: id, limit: PAGE })) joining = id;
}

function stored(cid: string, id: string): void {
  if (conv.value === localConv(cid)) show(id);
  outbox.stored(cid, id);
}

function isNews(e: ChatEvent): boolean {
  return e.kind === "message" && e.from.kind !== "visitor" && e.seq > seen.value;
}

/** Messages of others that the visitor has not seen. */
export function unread(): ChatEvent[] {
  return thread()?.events.value.filter(isNews) ?? [];
}

function arrived(e: ChatEvent): void {
  if (!host.value.open || document.hidden) later("arrived")(e);
}

/** Shows a conversation, "" for a new one. */
export function show(id: string): void {
  if (id === conv.value) return;
  const same = conv.value.startsWith("new:"); // it only got its name
  conv.value = id;
  if (!same) {
    seen.value = 0;
    mark.value = 0;
  }
  storage.set("conv", id || null);
  tellHost({ talking: !!id });
  join();
}

/** All up to here is before the visitor's eyes. */
export function markSeen(): void {
  const last = thread()?.last ?? 0;
  if (last <= seen.value) return;
  if (unread().length) conn.send({ type: "read", conv: conv.value, seq: last });
  seen.value = last;
  storage.set("seen", String(last));
}

/** Says something; the first thing said opens a conversation. */
export function say(text: string, files: Attachment[] = [], choice?: string): void {
  conn.connect();
  const attachments = files.length ? files.map((f) => f.id) : undefined;
  if (!conv.value) return open(text, attachments, files);
  const command = { type: "send" as const, cid: newCID(), conv: conv.value, text, attachments, choice };
  outbox.add(command, files);
}

function open(text?: string, attachments?: string[], files?: Attachment[]): void {
  const cid = newCID();
  show(localConv(cid));
  outbox.add({ type: "open", cid, text, attachments, fields, page: host.value.page }, files);
}

/** Acts on the conversation; one is opened when there is none. */
export function act(action: Action, args?: ActArgs): void {
  conn.connect();
  if (!conv.value) open();
  outbox.add({ type: "act", cid: newCID(), conv: conv.value, action, args });
}

export function setFields(answers: Record<string, string>): void {
  fields = answers;
}

/** Another person uses this browser: nothing of the last one stays. */
export function reset(): void {
  conn.close();
  store.clear();
  outbox.clear();
  forget();
  fields = undefined;
  show("");
  for (const key of ["draft", "seen"]) storage.set(key, null);
}
