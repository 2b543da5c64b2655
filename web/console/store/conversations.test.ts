import assert from "node:assert/strict";
import test from "node:test";
import type { Summary } from "../../shared/wire";
import { conversation, forget, learn, patch, watchConversations } from "./conversations";

const summary = (part: Partial<Summary> = {}): Summary => ({
  id: "c",
  inbox: "i",
  state: "assigned",
  contact: "k",
  visitor: "v",
  name: "Vera",
  unread: 0,
  seq: 10,
  opened_at: "2026-01-05T10:00:00Z",
  last_at: "2026-01-05T10:00:00Z",
  ...part,
});

const shown = () => conversation("c")?.peek();

test("older news than what is known is dropped, equal news is taken", () => {
  forget();
  learn([summary({ seq: 10, unread: 1 })]);
  learn([summary({ seq: 9, unread: 5 })]);
  assert.equal(shown()?.unread, 1);
  learn([summary({ seq: 10, unread: 0 })]);
  assert.equal(shown()?.unread, 0);
});

test("a change shows at once and stays until the server has caught up", () => {
  forget();
  learn([summary({ seq: 10 })]);
  const change = patch("c", { state: "resolved" });
  assert.equal(shown()?.state, "resolved");
  learn([summary({ seq: 11, preview: "a message meanwhile" })]);
  assert.equal(shown()?.state, "resolved");
  change.stored(12);
  learn([summary({ seq: 11 })]);
  assert.equal(shown()?.state, "resolved");
  learn([summary({ seq: 12, state: "resolved" })]);
  learn([summary({ seq: 13, state: "assigned" })]);
  assert.equal(shown()?.state, "assigned");
});

test("the server may know before its answer arrives", () => {
  forget();
  learn([summary({ seq: 10 })]);
  const change = patch("c", { state: "resolved" });
  learn([summary({ seq: 13, state: "assigned" })]);
  change.stored(12);
  assert.equal(shown()?.state, "assigned");
});

test("a refused change is taken back, another one stays", () => {
  forget();
  learn([summary()]);
  const resolve = patch("c", { state: "resolved" });
  patch("c", { tags: ["vip"] });
  resolve.refused();
  assert.equal(shown()?.state, "assigned");
  assert.deepEqual(shown()?.tags, ["vip"]);
});

test("watchers learn what was shown before", () => {
  forget();
  const seen: string[] = [];
  const stop = watchConversations((now, before) => seen.push(`${before?.unread ?? "-"}>${now.unread}`));
  learn([summary({ unread: 1 })]);
  learn([summary({ unread: 2, seq: 11 })]);
  stop();
  learn([summary({ unread: 3, seq: 12 })]);
  assert.deepEqual(seen, ["->1", "1>2"]);
});
