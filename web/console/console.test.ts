/** The small pure parts of the console: keys, views, times, texts from outside. */
import assert from "node:assert/strict";
import test from "node:test";
import type { Summary } from "../shared/wire";
import { allowed } from "./inbox/allowed";
import { moved } from "./inbox/moved";
import { naps } from "./inbox/naps";
import { tagOf } from "./inbox/tag";
import { compare, holds } from "./inbox/views";
import { parts } from "./search/parts";
import { textOn } from "./settings/accent";
import { attributeOf } from "./settings/attribute";
import { toMinutes, toTime } from "./settings/minutes";
import { stroke } from "./stroke";

const key = (name: string, mods: Partial<Record<"ctrlKey" | "metaKey" | "altKey" | "shiftKey", boolean>> = {}) =>
  stroke({ key: name, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...mods });

test("key presses in the notation of commands", () => {
  assert.equal(key("e"), "e");
  assert.equal(key("K", { metaKey: true }), "mod+k");
  assert.equal(key("Y", { shiftKey: true }), "shift+y");
  assert.equal(key("?", { shiftKey: true }), "?");
  assert.equal(key("Enter", { ctrlKey: true, shiftKey: true }), "mod+shift+enter");
});

const conversation = (part: Partial<Summary>): Summary => ({
  id: "c",
  inbox: "i",
  state: "assigned",
  contact: "k",
  visitor: "v",
  name: "",
  unread: 0,
  seq: 1,
  opened_at: "2026-01-05T10:00:00Z",
  last_at: "2026-01-05T10:00:00Z",
  ...part,
});

test("views hold what their names say", () => {
  assert.ok(holds("mine", conversation({ agent: "me" }), "me"));
  assert.ok(!holds("mine", conversation({ agent: "me", state: "snoozed" }), "me"));
  assert.ok(holds("unassigned", conversation({ state: "queued" }), "me"));
  assert.ok(holds("all", conversation({ state: "bot" }), "me"));
  assert.ok(!holds("all", conversation({ state: "resolved" }), "me"));
});

test("who waits comes by priority and then by waiting time, the rest by the last message", () => {
  const early = conversation({ id: "a", state: "queued", waiting_since: "2026-01-05T09:00:00Z" });
  const late = conversation({ id: "b", state: "queued", waiting_since: "2026-01-05T09:30:00Z" });
  const urgent = conversation({ id: "d", state: "queued", waiting_since: "2026-01-05T09:59:00Z", priority: 1 });
  assert.deepEqual(
    [late, urgent, early].sort((a, b) => compare("unassigned", a, b)).map((c) => c.id),
    ["d", "a", "b"],
  );
  const newer = conversation({ id: "n", last_at: "2026-01-05T11:00:00Z" });
  assert.deepEqual(
    [early, newer].sort((a, b) => compare("all", a, b)).map((c) => c.id),
    ["n", "a"],
  );
});

test("a frozen list knows how much has moved behind it", () => {
  assert.equal(moved(["a", "b", "c"], ["a", "b", "c"]), 0);
  assert.equal(moved(["a", "b", "c"], ["c", "a", "b"]), 1);
  assert.equal(moved(["a", "b"], ["new", "a", "b"]), 1);
  assert.equal(moved(["a", "b"], ["b"]), 1);
});

test("snoozing offers times to come, Monday never today", () => {
  const monday = new Date(2026, 0, 5, 8);
  assert.deepEqual(
    naps(monday).map(({ at }) => at.toString()),
    [new Date(2026, 0, 5, 9), new Date(2026, 0, 5, 11), new Date(2026, 0, 6, 9), new Date(2026, 0, 12, 9)].map(String),
  );
  assert.equal(
    naps(new Date(2026, 0, 4, 8))
      .at(-1)
      ?.at.toString(),
    new Date(2026, 0, 5, 9).toString(),
  );
});

test("snippets mark hits and stay text", () => {
  assert.deepEqual(parts("a &lt;b&gt; <mark>c</mark> d"), [
    { text: "a <b> ", hit: false },
    { text: "c", hit: true },
    { text: " d", hit: false },
  ]);
  assert.deepEqual(parts("&amp;lt;script"), [{ text: "&lt;script", hit: false }]);
});

test("times of business hours, where midnight can be the end of the day", () => {
  assert.equal(toTime(545), "09:05");
  assert.equal(toTime(1440), "00:00");
  assert.equal(toMinutes("00:00", false), 0);
  assert.equal(toMinutes("00:00", true), 1440);
});

test("names that the server accepts", () => {
  assert.equal(attributeOf("Bestell-Nr. (optional)"), "bestell_nr_optional");
  assert.equal(attributeOf("2. Größe"), "gro_e");
  assert.equal(attributeOf("電話"), "field");
  assert.equal(tagOf("  Big  Customer "), "big-customer");
});

test("text on an accent can be read", () => {
  assert.equal(textOn("#1d5bd6"), "#ffffff");
  assert.equal(textOn("#ffd400"), "#0a1426");
  assert.equal(textOn("nonsense"), "#ffffff");
});

test("what an agent may do is what the server allows", () => {
  const foreign = allowed({ state: "assigned", agent: "other" }, "me", false);
  assert.deepEqual([foreign.take, foreign.hand, foreign.snooze, foreign.resolve], [false, false, false, true]);
  const senior = allowed({ state: "assigned", agent: "other" }, "me", true);
  assert.deepEqual([senior.take, senior.give, senior.snooze], [true, true, true]);
  const waiting = allowed({ state: "queued" }, "me", false);
  assert.deepEqual([waiting.take, waiting.give, waiting.hand, waiting.snooze], [true, false, true, false]);
  const own = allowed({ state: "assigned", agent: "me" }, "me", false);
  assert.deepEqual([own.take, own.give, own.snooze, own.reopen], [false, true, true, false]);
  const closed = allowed({ state: "resolved", agent: "me" }, "me", true);
  assert.deepEqual([closed.take, closed.hand, closed.resolve, closed.reopen], [false, false, false, true]);
});
