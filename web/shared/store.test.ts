import assert from "node:assert/strict";
import test from "node:test";
import { standing, Store } from "./store";
import type { ChatEvent, Place } from "./wire";

function event(seq: number, prev: number, more: Partial<ChatEvent> = {}): ChatEvent {
  return { conv: "c", seq, prev, at: "2026-01-01T00:00:00.000Z", from: { kind: "agent", id: "a", name: "Ana" }, kind: "message", ...more };
}

function setup() {
  const repairs: Place[] = [];
  const store = new Store({ repair: (place) => repairs.push(place) });
  const seqs = () => store.thread("c").events.value.map((e) => e.seq);
  const hear = (e: ChatEvent) => store.receive({ type: "event", ...e });
  return { store, repairs, seqs, hear };
}

test("events are kept in order, each once", () => {
  const { store, repairs, seqs, hear } = setup();
  hear(event(1, 0));
  hear(event(4, 1));
  hear(event(4, 1));
  hear(event(9, 4));
  assert.deepEqual(seqs(), [1, 4, 9]);
  assert.equal(repairs.length, 0);
  assert.deepEqual(store.places(), [{ conv: "c", seq: 9 }]);
  assert.ok(store.thread("c").complete);
});

test("a hole is asked for once and closed by the answer", () => {
  const { repairs, seqs, hear } = setup();
  hear(event(1, 0));
  hear(event(9, 7));
  hear(event(12, 9));
  assert.deepEqual(repairs, [{ conv: "c", seq: 1 }]);
  hear(event(4, 1));
  hear(event(7, 4));
  hear(event(9, 7));
  assert.deepEqual(seqs(), [1, 4, 7, 9, 12]);
  hear(event(20, 15));
  assert.deepEqual(repairs, [{ conv: "c", seq: 1 }, { conv: "c", seq: 12 }]);
});

test("a page of older events goes in front and leaves no hole", () => {
  const { store, repairs, seqs, hear } = setup();
  hear(event(9, 7));
  assert.equal(store.thread("c").complete, false);
  store.receive({ type: "page", conv: "c", events: [event(4, 1), event(7, 4)], more: true });
  store.receive({ type: "page", conv: "c", events: [event(1, 0)], more: false });
  assert.deepEqual(seqs(), [1, 4, 7, 9]);
  assert.ok(store.thread("c").complete);
  assert.equal(repairs.length, 0);
});

test("a gap between a page and what came live meanwhile is noticed", () => {
  const { store, repairs, hear } = setup();
  hear(event(9, 7));
  store.receive({ type: "page", conv: "c", events: [event(1, 0), event(4, 1)], more: false });
  assert.deepEqual(repairs, [{ conv: "c", seq: 4 }]);
});

test("any order of arrival ends in the same thread", () => {
  const chain = [event(1, 0), event(3, 1), event(6, 3), event(8, 6), event(11, 8)];
  for (const order of permutations(chain)) {
    const { seqs, hear } = setup();
    for (const e of order) hear(e);
    assert.deepEqual(seqs(), [1, 3, 6, 8, 11]);
  }
});

function permutations<T>(list: T[]): T[][] {
  if (list.length < 2) return [list];
  return list.flatMap((one, i) => permutations([...list.slice(0, i), ...list.slice(i + 1)]).map((rest) => [one, ...rest]));
}

test("streamed text grows and goes when its event comes", () => {
  const { store, hear } = setup();
  store.receive({ type: "delta", conv: "c", cid: "x", text: "Hel" });
  store.receive({ type: "delta", conv: "c", cid: "x", text: "lo" });
  assert.equal(store.thread("c").streams.value.get("x"), "Hello");
  hear(event(1, 0, { cid: "x", text: "Hello" }));
  assert.equal(store.thread("c").streams.value.size, 0);
  store.receive({ type: "delta", conv: "c", cid: "x", text: "late" });
  assert.equal(store.thread("c").streams.value.size, 0);
});

test("read marks never go back", () => {
  const { store } = setup();
  const from = { kind: "agent" as const, id: "a", name: "" };
  store.receive({ type: "read", conv: "c", from, seq: 9 });
  store.receive({ type: "read", conv: "c", from, seq: 4 });
  assert.equal(store.thread("c").seen.value.agent, 9);
});

test("somebody who has spoken is not writing any more", () => {
  const { store, hear } = setup();
  const from = { kind: "agent" as const, id: "a", name: "Ana" };
  store.receive({ type: "typing", conv: "c", from, on: true, preview: "H" });
  assert.equal(store.thread("c").typing.value.get("a")?.preview, "H");
  hear(event(1, 0));
  assert.equal(store.thread("c").typing.value.size, 0);
});

test("events tell where a conversation stands", () => {
  const system = { from: { kind: "system" as const, id: "s", name: "" } };
  const told = (...events: Partial<ChatEvent>[]) => standing(events.map((e, i) => event(i + 1, i, { ...system, ...e })));
  assert.equal(told({ kind: "opened", opened: { inbox: "", visitor: "", contact: "", state: "bot" } }).state, "bot");
  assert.equal(told({ kind: "handoff" }).state, "queued");
  assert.equal(told({ kind: "queued", queued: { offline: "nobody_online" } }).offline, "nobody_online");
  const assigned = told({ kind: "queued", queued: { offline: "nobody_online" } }, { kind: "assigned", assigned: { agent: "a", name: "Ana" } });
  assert.deepEqual([assigned.state, assigned.agent, assigned.offline], ["assigned", { id: "a", name: "Ana" }, undefined]);
  assert.equal(told({ kind: "assigned", assigned: { agent: "a" } }, { kind: "transferred", assigned: { team: "t" } }).state, "queued");
  const ended = told({ kind: "assigned", assigned: { agent: "a" } }, { kind: "resolved" }, { kind: "rated", rating: { score: 4 } });
  assert.equal(ended.state, "resolved");
  assert.equal(ended.rating, 4);
  const opened = { kind: "opened" as const, opened: { inbox: "", visitor: "", contact: "", state: "bot" as const } };
  const reopened = { kind: "reopened" as const };
  const taken = { kind: "assigned" as const, assigned: { agent: "a" } };
  assert.equal(told(opened, { kind: "queued", queued: { offline: "nobody_online" } }, { kind: "resolved" }).offline, undefined);
  assert.equal(told(opened, { kind: "resolved" }, reopened).state, "bot");
  assert.equal(told(opened, taken, { kind: "resolved" }, reopened).state, "assigned");
  assert.equal(told(opened, taken, { kind: "transferred", assigned: {} }, { kind: "resolved" }, reopened).state, "queued");
});
