/**
 * The console's line to the server: the socket, the outbox, and who gets which
 * frame. Threads of conversations that are open or assigned are kept whole by
 * the shared store; lists live on the summaries.
 */
import { computed, effect, signal, untracked } from "@preact/signals";
import { Conn, socketURL } from "../../shared/conn";
import { Outbox } from "../../shared/outbox";
import { local } from "../../shared/storage";
import { Store, type Thread } from "../../shared/store";
import type { ClientFrame, ServerFrame } from "../../shared/wire";
import { now } from "../time";
import { hear, learn } from "./conversations";
import { refreshLists } from "./lists";
import { noticed, recall } from "./offers";
import { ended, me } from "./session";
import { presenceOf } from "./staff";

/** How many threads stay in memory; the one not looked at for longest goes. */
const keptThreads = 40;

/** Events of the first page of a thread, and of each older one. */
const pageSize = 50;

/** After this many ms without a connection, what is shown may be wrong: nothing can be written. */
export const staleAfter = 30_000;

/** After this many ms without a connection it is worth saying so. */
const noticeAfter = 2_000;

export const conn = new Conn({
  url: socketURL(),
  client: "parley-console/1",
  token: () => Promise.resolve(undefined), // the session cookie says who we are
  resume: () => store.places(),
  receive,
});

export const store = new Store({
  repair: (place) => void conn.resume([place]),
});

export const outbox = signal<Outbox | null>(null);

export const online = computed(() => conn.state.value === "online");

/** A clock that ticks while there is no connection. */
const tick = signal(0);

/** Whether the connection has been lost for so long that people should know. */
export const lost = computed(() => {
  void tick.value;
  return conn.lostAt.value > 0 && Date.now() - conn.lostAt.value > noticeAfter;
});

/** Whether it has been lost for so long that the console is for reading only. */
export const stale = computed(() => {
  void tick.value;
  return conn.state.value === "refused" || (conn.lostAt.value > 0 && Date.now() - conn.lostAt.value > staleAfter);
});

/** Seconds until the next attempt, 0 while one is being made. */
export const retryIn = computed(() => {
  void tick.value;
  return Math.max(0, Math.ceil((conn.retryAt.value - Date.now()) / 1000));
});

export function send(frame: ClientFrame): boolean {
  return conn.send(frame);
}

function receive(frame: ServerFrame): void {
  switch (frame.type) {
    case "welcome":
      learn(frame.conversations);
      recall(frame.conversations).catch(() => {
        // The offers run out by themselves; the next welcome looks again.
      });
      outbox.peek()?.connected();
      onWelcome();
      return;
    case "conversation":
      hear(frame.conversation);
      return;
    case "ack":
      outbox.peek()?.acked(frame);
      return;
    case "error":
      outbox.peek()?.refused(frame);
      return;
    case "event":
      if (frame.cid && frame.from.id === me.peek()?.id) outbox.peek()?.stored(frame.cid, frame.conv);
      store.receive(frame);
      return;
    case "presence":
      presenceOf(frame.agent, frame.state, frame.capacity);
      return;
    case "bye":
      if (frame.code === 4401) ended();
      return;
    default:
      if (!noticed(frame)) store.receive(frame);
  }
}

/** The conversations that are on the page, most recently opened last. */
const opened: string[] = [];

let connectedBefore = false;

function onWelcome(): void {
  for (const thread of store.threads.values()) thread.loading.value = false;
  for (const id of opened) follow(id);
  // What happened while there was no connection is not sent again for lists.
  if (connectedBefore) refreshLists();
  connectedBefore = true;
  now.value = Date.now();
}

function follow(id: string): void {
  send({ type: "watch", conv: id });
  const thread = store.thread(id);
  // An assigned conversation is followed by the server before it is opened
  // here, so a few live events are no sign that the past is known.
  if (thread.events.peek().length < pageSize) loadOlder(thread);
}

/** Opens a conversation's thread: it is followed and its newest page loaded. */
export function openThread(id: string): Thread {
  const at = opened.indexOf(id);
  if (at >= 0) opened.splice(at, 1);
  opened.push(id);
  if (opened.length > keptThreads) {
    const gone = opened.shift() as string;
    store.threads.delete(gone);
    send({ type: "unwatch", conv: gone });
  }
  if (online.peek()) follow(id);
  return store.thread(id);
}

/** Asks for the page before what is known. */
export function loadOlder(thread: Thread, limit = pageSize): void {
  if (thread.loading.peek() || thread.complete) return;
  const frame: ClientFrame = { type: "history", conv: thread.id, limit };
  const first = thread.events.peek()[0];
  if (first) frame.before = first.seq;
  thread.loading.value = send(frame);
}

/** Connects for the signed-in agent, and disconnects when nobody is. */
export function start(): void {
  const agent = computed(() => me.value?.id ?? "");
  effect(() => {
    const id = agent.value;
    untracked(() => {
      outbox.value = id ? new Outbox({ send, storage: local(`parley.console.${id}.`) }) : null;
      if (id) conn.connect();
      else conn.close();
    });
  });
  effect(() => {
    if (!online.value) untracked(() => outbox.peek()?.disconnected());
  });
  setInterval(() => {
    if (conn.lostAt.peek()) tick.value++;
  }, 1000);
}
