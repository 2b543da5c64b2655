/** The pure parts of the editor of guided flows: changes and their undoing, the layout, attributes in texts. */
import assert from "node:assert/strict";
import test from "node:test";
import * as edit from "./edit";
import { type Block, exitsAt, exitsOf, type Flow, nowhere, TRIGGER } from "./flow";
import * as past from "./history";
import { insert, matching, typedAt } from "./insert";
import { layout, size, spread } from "./layout";
import { lacks } from "./lacks";
import { passed } from "./trace";
import { bodyOf, stored } from "./wire";

const say = (id: string, next = ""): Block => ({ id, type: "say", text: id, next });
const end = (id: string): Block => ({ id, type: "end", outcome: "resolved" });
const choose = (id: string, ways: Record<string, string>, otherwise = ""): Block => ({
  id,
  type: "choose",
  text: id,
  options: Object.entries(ways).map(([option, next]) => ({ id: option, label: option, next })),
  else: otherwise,
});

function flow(start: string, ...blocks: Block[]): Flow {
  return {
    id: "f",
    name: "Flow",
    description: "",
    enabled: true,
    inbox_ids: [],
    version: 1,
    trigger: { intents: [], phrases: [], proactive: null },
    start,
    blocks,
  };
}

const words = { options: ["Yes", "No"] } as const;
const targets = (of: Flow, id: string) => Object.fromEntries(exitsAt(of, id).map(({ key, target }) => [key, target]));

test("a block is put behind an exit, and what followed follows it", () => {
  const before = flow("a", say("a", "b"), end("b"));
  const { flow: after, id } = edit.add(before, { block: "a", exit: "next" }, "ask", words);
  assert.equal(id, "ask");
  assert.deepEqual(
    after.blocks.map((block) => block.id),
    ["a", "ask", "b"],
  );
  assert.deepEqual(targets(after, "a"), { next: "ask" });
  assert.deepEqual(targets(after, "ask"), { next: "b", else: "" });
  assert.deepEqual(targets(before, "a"), { next: "b" }, "the flow before is as it was");
});

test("a block is put before the first one", () => {
  const { flow: after } = edit.add(flow("a", end("a")), { block: TRIGGER, exit: "start" }, "say", words);
  assert.equal(after.start, "say");
  assert.deepEqual(targets(after, "say"), { next: "a" });
});

test("both buttons of a new choice lead on; a block that ends the flow cuts it", () => {
  const before = flow("a", say("a", "b"), end("b"));
  assert.deepEqual(targets(edit.add(before, { block: "a", exit: "next" }, "choose", words).flow, "choose"), {
    "option:option_1": "b",
    "option:option_2": "b",
    else: "",
  });
  const { flow: cut } = edit.add(before, { block: "a", exit: "next" }, "handoff", words);
  assert.deepEqual(targets(cut, "handoff"), {});
  assert.ok(!edit.before(cut, "b").length);
});

test("ids are fresh", () => {
  const { flow: once } = edit.add(flow("a", say("a")), { block: "a", exit: "next" }, "say", words);
  const { id } = edit.add(once, { block: "a", exit: "next" }, "say", words);
  assert.equal(id, "say_2");
  assert.equal(edit.optionId("Größe ändern!", []), "gro_e_andern");
  assert.equal(edit.optionId("", [{ id: "option", label: "" }]), "option_2");
});

test("options, cases, the rest and the start are connected by their keys", () => {
  let made = flow("c", choose("c", { yes: "a", "no:2": "" }), { id: "b", type: "branch", cases: [{ if: { attribute: "x", is: "exists" } }] }, say("a"));
  made = edit.connect(made, { block: "c", exit: "option:no:2" }, "b");
  made = edit.connect(made, { block: "c", exit: "else" }, "a");
  made = edit.connect(made, { block: "b", exit: "case:0" }, "c");
  assert.deepEqual(targets(made, "c"), { "option:yes": "a", "option:no:2": "b", else: "a" });
  assert.deepEqual(targets(made, "b"), { "case:0": "c", else: "" });
  assert.deepEqual(edit.before(made, "a"), ["c"]);
  assert.equal(edit.connect(made, { block: TRIGGER, exit: "start" }, "a").start, "a");
});

test("what led to a removed block leads to what followed it", () => {
  const made = flow("a", say("a", "b"), say("b", "c"), choose("c", { back: "b", on: "d" }), end("d"));
  const after = edit.remove(made, "b");
  assert.deepEqual(targets(after, "a"), { next: "c" });
  assert.deepEqual(targets(after, "c"), { "option:back": "c", "option:on": "d", else: "" });
  assert.equal(edit.remove(made, "a").start, "b");
  assert.deepEqual(targets(edit.remove(made, "d"), "c"), { "option:back": "b", "option:on": "", else: "" });
  assert.equal(edit.remove(made, "none"), made);
});

test("a block that leads to itself leaves nothing that leads to it", () => {
  const after = edit.remove(flow("a", say("a", "b"), say("b", "b")), "b");
  assert.deepEqual(targets(after, "a"), { next: "" });
});

test("renaming is followed by what leads there, and refuses an id that is taken", () => {
  const made = flow("a", say("a", "b"), choose("b", { again: "a" }, "a"));
  const after = edit.rename(made, "a", "hello");
  assert.equal(after.start, "hello");
  assert.deepEqual(targets(after, "b"), { "option:again": "hello", else: "hello" });
  assert.equal(edit.rename(made, "a", "b"), made);
});

test("blocks in a row change places, others do not", () => {
  const made = flow("a", say("a", "b"), say("b", "c"), end("c"));
  const up = edit.move(made, "b", "up");
  assert.equal(up.start, "b");
  assert.deepEqual([targets(up, "b"), targets(up, "a")], [{ next: "a" }, { next: "c" }]);
  assert.deepEqual(edit.move(made, "a", "down"), up);
  assert.equal(edit.move(made, "b", "down"), made, "an end stays last");
  assert.equal(edit.move(made, "a", "up"), made, "nothing comes before the start");
  const circle = edit.move(flow("a", say("a", "b"), say("b", "a")), "b", "up");
  assert.deepEqual([circle.start, targets(circle, "b"), targets(circle, "a")], ["b", { next: "a" }, { next: "b" }]);
  const joined = flow("c", choose("c", { x: "b", y: "a" }), say("a", "b"), say("b"));
  assert.equal(edit.move(joined, "b", "up"), joined, "two ways lead there");
});

test("undo goes back and forth, letters of one field together", () => {
  let history = past.begin("");
  for (const text of ["h", "he", "hel"]) history = past.change(history, text, "name");
  history = past.change(history, "hel!", "other");
  history = past.undo(history);
  assert.equal(history.present, "hel");
  history = past.undo(history);
  assert.equal(history.present, "");
  assert.equal(past.undo(history), history);
  history = past.redo(past.redo(history));
  assert.equal(history.present, "hel!");
  history = past.change(past.undo(history), "new");
  assert.equal(past.redo(history), history, "a change forgets what was undone");
  assert.equal(past.change(history, "new"), history);
});

test("undo has an end", () => {
  let history = past.begin(0);
  for (let n = 1; n <= past.depth + 50; n++) history = past.change(history, n);
  assert.equal(history.past.length, past.depth);
});

test("what is typed in a field after undo is a step of its own", () => {
  let history = past.change(past.change(past.begin("a"), "ab", "x"), "abc", "x");
  history = past.change(past.undo(history), "ad", "x");
  assert.deepEqual(history.past, ["a"]);
});

const rowOf = (of: Flow) => new Map(layout(of).blocks.map(({ id, y }) => [id, y]));

test("blocks stand below all that lead to them, and a way back is no line", () => {
  const made = flow("a", say("a", "c"), choose("c", { long: "x", short: "z", again: "a" }), say("x", "y"), say("y", "z"), end("z"));
  const rows = rowOf(made);
  const order = [TRIGGER, "a", "c", "x", "y", "z"].map((id) => rows.get(id) ?? -1);
  assert.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
  );
  assert.equal(new Set(order).size, order.length);
  const drawn = layout(made);
  assert.deepEqual(
    drawn.exits.filter((exit) => exit.back).map((exit) => exit.exit.key),
    ["option:again"],
  );
  assert.ok(!drawn.lines.some((line) => line.exit === "option:again" && line.to));
  assert.equal(drawn.lines.filter((line) => line.to === "z").length, 2);
});

test("nothing overlaps, and all is inside", () => {
  const ids = Array.from({ length: 9 }, (_, i) => `b${i}`);
  const wide = flow(
    "c",
    choose("c", Object.fromEntries(ids.map((id) => [id, id])), "d"),
    ...ids.map((id, i) => (i % 3 ? say(id, "z") : choose(id, { one: "z", two: `x${i}` }))),
    ...[0, 3, 6].map((i) => say(`x${i}`, i ? "z" : "c")),
    end("z"),
    say("lost", "alone"),
    end("alone"),
  );
  const drawn = layout(wide);
  const boxes = [...drawn.blocks, ...drawn.exits];
  assert.equal(drawn.blocks.length, wide.blocks.length + 1);
  assert.equal(drawn.exits.length, [TRIGGER, ...wide.blocks.map(({ id }) => id)].flatMap((id) => exitsAt(wide, id)).length);
  for (const [i, a] of boxes.entries()) {
    assert.ok(a.x >= 0 && a.y >= 0 && a.x + a.width <= drawn.width && a.y + a.height <= drawn.height, JSON.stringify(a));
    for (const b of boxes.slice(i + 1)) {
      const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
      assert.ok(apart, `${JSON.stringify(a)} and ${JSON.stringify(b)}`);
    }
  }
  assert.deepEqual(
    drawn.blocks.filter((spot) => !spot.reachable).map((spot) => spot.id),
    ["lost", "alone"],
  );
  assert.deepEqual(layout(wide), drawn, "it always looks the same");
});

test("exits stand in their order, and a row of single blocks is straight", () => {
  const drawn = layout(flow("c", choose("c", { left: "a", middle: "b", right: "" }), say("a"), say("b")));
  const xs = drawn.exits.filter((exit) => exit.from === "c").map((exit) => exit.x);
  assert.deepEqual(
    xs,
    [...xs].sort((a, b) => a - b),
  );
  const straight = layout(flow("a", say("a", "b"), say("b", "c"), end("c")));
  assert.equal(new Set(straight.blocks.map((spot) => spot.x)).size, 1);
  assert.ok(straight.lines.every((line) => !line.path.includes("C")));
  assert.equal(straight.width, size.block);
});

test("a flow without blocks, and one that leads nowhere, are drawn", () => {
  assert.deepEqual(
    layout(flow("")).blocks.map((spot) => spot.id),
    [TRIGGER],
  );
  const lost = layout(flow("gone", say("a", "nowhere")));
  assert.deepEqual(
    lost.blocks.map(({ id, reachable }) => [id, reachable]),
    [
      [TRIGGER, true],
      ["a", false],
    ],
  );
});

test("a circle that nothing leads to is drawn once", () => {
  const drawn = layout(flow("z", end("z"), say("a", "b"), say("b", "a")));
  assert.equal(drawn.blocks.length, 4);
  assert.equal(drawn.exits.filter((exit) => exit.back).length, 1);
});

test("places are as near to the wished ones as their order lets them", () => {
  assert.deepEqual(spread([0, 100], [20, 20], 10), [0, 100]);
  assert.deepEqual(spread([50, 50], [20, 20], 10), [35, 65]);
  assert.deepEqual(spread([100, 0], [20, 20], 10), [35, 65]);
  assert.deepEqual(spread([], [], 10), []);
});

test("attributes are offered after a brace and put in its place", () => {
  assert.deepEqual(typedAt("Order {ord", 10), { from: 6, word: "ord" });
  assert.equal(typedAt("Order {order_number} is", 23), null);
  assert.equal(typedAt("Order", 5), null);
  assert.deepEqual(matching(["email", "name", "order_name"], "na"), ["name", "order_name"]);
  assert.deepEqual(insert("Order {ord is late", { from: 6, word: "ord" }, "order_number"), { text: "Order {order_number} is late", caret: 20 });
  assert.deepEqual(insert("Order {or} is", { from: 6, word: "o" }, "name"), { text: "Order {name} is", caret: 12 });
});

test("the path of a preview: a question runs when asked and when answered", () => {
  const way = passed(["ask", "ask", "lookup", "ask"]);
  assert.deepEqual([...way.steps], [
    ["ask", 1],
    ["lookup", 2],
  ]);
  assert.ok(way.took(TRIGGER, "ask") && way.took("ask", "lookup") && way.took("lookup", "ask"));
  assert.ok(!way.took("ask", "ask") && !way.took("lookup", TRIGGER));
});

test("forms say what is missing", () => {
  assert.deepEqual(Object.keys(lacks({ id: "a", type: "ask", text: " ", attribute: "Order", expect: { pattern: "(" } })), ["text", "attribute", "pattern"]);
  assert.deepEqual(lacks({ id: "a", type: "ask", text: "?", attribute: "order_2", expect: "text" }), {});
  const cases = [{ if: { attribute: "x", is: "exists" as const } }, { if: { attribute: "", is: "equals" as const, value: "" } }];
  assert.deepEqual(Object.keys(lacks({ id: "b", type: "branch", cases })), ["cases.1.attribute", "cases.1.value"]);
});

test("an exit that leads nowhere ends the flow, calls a person, or goes the common way", () => {
  assert.equal(nowhere(say("a"), "next"), "end");
  assert.equal(nowhere({ id: "a", type: "ask", text: "", attribute: "", expect: "text" }, "else"), "person");
  assert.equal(nowhere({ id: "a", type: "search", query: "" }, "else"), "next");
  assert.equal(nowhere({ ...choose("a", { x: "" }), next: "b" } as Block, "option:x"), "next");
  assert.deepEqual(
    exitsOf({ ...choose("a", { x: "" }), next: "b" } as Block).map((exit) => exit.key),
    ["option:x", "next", "else"],
  );
});

test("what the server leaves out is there for the forms, and only what it knows goes back", () => {
  const { flow: read, published, changed } = stored({ id: "x", name: "N", version: 4, published: 3, changed: true, updated_at: "t", start: "a", blocks: [{ id: "a", type: "tool" }] });
  assert.deepEqual(read.blocks, [{ id: "a", type: "tool", tool: "", input: {}, save: {} }]);
  assert.equal(published, 3);
  assert.ok(changed);
  assert.deepEqual(Object.keys(bodyOf(read)).sort(), ["blocks", "description", "enabled", "inbox_ids", "name", "start", "trigger"]);
});
