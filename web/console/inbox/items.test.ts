import assert from "node:assert/strict";
import test from "node:test";
import type { Entry } from "../../shared/outbox";
import type { ChatEvent } from "../../shared/wire";
import { arrange, type Item } from "./items";

let seq = 0;

function event(part: Partial<ChatEvent>, minute = 0): ChatEvent {
  seq++;
  return {
    conv: "c",
    seq,
    prev: seq - 1,
    at: new Date(2026, 0, 5, 10, minute).toISOString(),
    from: { kind: "visitor", id: "v", name: "Vera" },
    kind: "message",
    ...part,
  };
}

function show(events: ChatEvent[], more: { entries?: Entry[]; streams?: Map<string, string>; unreadAfter?: number } = {}): Item[] {
  return arrange({ events, entries: more.entries ?? [], streams: more.streams ?? new Map(), unreadAfter: more.unreadAfter ?? 0 });
}

const shape = (items: Item[]) =>
  items.map((item) => (item.type === "message" ? `${item.first ? "<" : ""}${item.event.text}${item.last ? ">" : ""}` : item.type));

test("messages of one author within five minutes are one group", () => {
  const agent = { kind: "agent", id: "a", name: "Ana" } as const;
  const items = show([
    event({ text: "1" }, 0),
    event({ text: "2" }, 3),
    event({ text: "3", from: agent }, 4),
    event({ text: "4", from: agent }, 10),
  ]);
  assert.deepEqual(shape(items), ["day", "<1", "2>", "<3>", "<4>"]);
});

test("a note never joins a reply, and a line parts a group", () => {
  const agent = { kind: "agent", id: "a", name: "Ana" } as const;
  const items = show([
    event({ text: "1", from: agent }),
    event({ text: "2", from: agent, note: true }),
    event({ kind: "tagged" }),
    event({ text: "3", from: agent, note: true }),
  ]);
  assert.deepEqual(shape(items), ["day", "<1>", "<2>", "line", "<3>"]);
});

test("a new day and the unread divider begin a group", () => {
  const first = event({ text: "1" }, 0);
  const second = event({ text: "2" }, 1);
  const third = { ...event({ text: "3" }), at: new Date(2026, 0, 6, 9).toISOString() };
  assert.deepEqual(shape(show([first, second, third], { unreadAfter: first.seq })), ["day", "<1>", "unread", "<2>", "day", "<3>"]);
});

test("edits and erasures change the message they name and are no entries themselves", () => {
  const first = event({ text: "teh" });
  const second = event({ text: "secret" });
  const items = show([
    first,
    second,
    event({ kind: "edited", target: first.seq, text: "the" }),
    event({ kind: "erased", target: second.seq }),
  ]);
  assert.deepEqual(shape(items), ["day", "<the", "secret>"]);
  assert.ok(items[1]?.type === "message" && items[1].edited && items[2]?.type === "message" && items[2].erased);
});

test("what is on its way stands at the end", () => {
  const entry: Entry = { command: { type: "send", cid: "x", conv: "c", text: "new" }, conv: "c", state: "waiting", attempt: 0, at: 0 };
  assert.deepEqual(shape(show([event({ text: "1" })], { entries: [entry], streams: new Map([["b", "The ans"]]) })), [
    "day",
    "<1>",
    "stream",
    "pending",
  ]);
});

test("a message keeps its key from the outbox to the event, so that it is not drawn anew", () => {
  const entry: Entry = { command: { type: "send", cid: "x", conv: "c", text: "new" }, conv: "c", state: "sent", attempt: 1, at: 0 };
  const before = show([], { entries: [entry] }).at(-1);
  const after = show([event({ cid: "x", text: "new" })]).at(-1);
  assert.equal(before?.key, after?.key);
});

test("long runs of routing steps are folded, short ones are not", () => {
  const steps = ["queued", "offered", "declined"] as const;
  assert.deepEqual(shape(show([event({ kind: "queued" }), event({ kind: "offered" }), event({ kind: "assigned" })])), [
    "day",
    "line",
    "line",
    "line",
  ]);
  assert.deepEqual(shape(show([...steps.map((kind) => event({ kind })), event({ kind: "assigned" }), event({ text: "1" })])), [
    "day",
    "steps",
    "line",
    "<1>",
  ]);
});
