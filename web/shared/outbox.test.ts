import assert from "node:assert/strict";
import test from "node:test";
import { localConv, newCID, Outbox } from "./outbox";
import { memory } from "./storage";
import type { ClientFrame } from "./wire";

function setup(timeout = 10_000) {
  const sent: ClientFrame[] = [];
  const storage = memory();
  let up = true;
  const outbox = new Outbox({ send: (frame) => up && (sent.push(frame), true), storage, timeout });
  return { outbox, sent, storage, break: () => ((up = false), outbox.disconnected()), mend: () => ((up = true), outbox.connected()) };
}

const send = (cid: string, conv = "c", text = cid) => ({ type: "send" as const, cid, conv, text });
const ack = (cid: string, conv = "c") => ({ cid, conv, seq: 1, at: "" });

test("command ids fit the protocol and differ", () => {
  const ids = new Set(Array.from({ length: 1000 }, newCID));
  assert.equal(ids.size, 1000);
  for (const id of ids) assert.ok(/^[A-Za-z0-9_-]{22}$/.test(id), id);
});

test("messages of a conversation go out one after the other", () => {
  const { outbox, sent } = setup();
  outbox.connected();
  outbox.add(send("1"));
  outbox.add(send("2"));
  outbox.add(send("3", "other"));
  assert.deepEqual(sent.map((f) => (f as { cid: string }).cid), ["1", "3"]);
  outbox.acked(ack("1"));
  assert.deepEqual(sent.map((f) => (f as { cid: string }).cid), ["1", "3", "2"]);
  outbox.clear();
});

test("what was not answered goes out again with the same cid and an attempt", () => {
  const { outbox, sent, ...line } = setup();
  outbox.connected();
  outbox.add(send("1"));
  line.break();
  line.mend();
  assert.deepEqual(sent, [send("1"), { ...send("1"), attempt: 2 }]);
  outbox.acked(ack("1"));
  assert.equal(outbox.entries.value.length, 0);
});

test("what waits for a conversation's name goes out when it has one", () => {
  const { outbox, sent } = setup();
  outbox.connected();
  outbox.add({ type: "open", cid: "o", text: "hello" });
  outbox.add(send("1", localConv("o")));
  outbox.add({ type: "act", cid: "a", conv: localConv("o"), action: "handoff" });
  assert.equal(sent.length, 1);
  outbox.acked(ack("o", "real"));
  assert.deepEqual(sent[1], send("1", "real"));
  outbox.acked(ack("1", "real"));
  assert.deepEqual(sent[2], { type: "act", cid: "a", conv: "real", action: "handoff" });
  outbox.clear();
});

test("an event with its cid says that a command is stored, as an ack does", () => {
  const { outbox } = setup();
  outbox.connected();
  outbox.add(send("1"));
  assert.equal(outbox.stored("1", "c")?.command.cid, "1");
  assert.equal(outbox.acked(ack("1")), undefined);
});

test("everything survives a reload, and waits again", () => {
  const { outbox, storage } = setup();
  outbox.connected();
  outbox.add(send("1"));
  outbox.add(send("2"));
  const again = new Outbox({ send: () => false, storage });
  assert.deepEqual(again.entries.value.map((e) => [e.command.cid, e.state, e.attempt]), [["1", "waiting", 1], ["2", "waiting", 0]]);
  outbox.clear();
});

test("broken storage is an empty outbox", () => {
  const storage = memory();
  storage.set("outbox", "{not json");
  assert.equal(new Outbox({ send: () => true, storage }).entries.value.length, 0);
});

test("no answer in time is a failure that can be retried or discarded", async () => {
  const { outbox, sent } = setup(5);
  outbox.connected();
  outbox.add(send("1"));
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(outbox.entries.value[0]!.state, "failed");
  outbox.retry("1");
  assert.deepEqual(sent.at(-1), { ...send("1"), attempt: 2 });
  outbox.discard("1");
  assert.equal(outbox.entries.value.length, 0);
});

test("a refusal fails one command and lets the next one go", () => {
  const { outbox, sent } = setup();
  outbox.connected();
  outbox.add(send("1"));
  outbox.add(send("2"));
  outbox.refused({ cid: "1", code: "too_large", message: "too long" });
  assert.equal(outbox.entries.value[0]!.error?.message, "too long");
  assert.deepEqual(sent.at(-1), send("2"));
  outbox.clear();
});

test("a full server is asked again after the time it names, in order", async () => {
  const { outbox, sent } = setup();
  outbox.connected();
  outbox.add(send("1"));
  outbox.refused({ cid: "1", code: "rate_limited", message: "", retry_after_ms: 10 });
  outbox.add(send("2"));
  assert.equal(sent.length, 1);
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.deepEqual(sent.at(-1), { ...send("1"), attempt: 2 });
  outbox.clear();
});

test("a full outbox refuses and keeps what it has", () => {
  const { outbox } = setup();
  for (let i = 0; i < 200; i++) assert.ok(outbox.add(send(String(i))));
  assert.equal(outbox.add(send("more")), false);
  assert.equal(outbox.entries.value.length, 200);
});
