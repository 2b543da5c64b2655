import assert from "node:assert/strict";
import test from "node:test";
import { entriesOf } from "./schema";

test("a schema becomes rows, with what lies inside of objects and lists", () => {
  const rows = entriesOf({
    type: "object",
    required: ["number", "address"],
    properties: {
      number: { type: "string", pattern: "^[A-Z]", description: "Of the order" },
      size: { type: ["integer", "null"], minimum: 0, maximum: 9, default: 1, examples: [3, 4] },
      colour: { enum: ["red", 2] },
      address: { type: "object", required: ["city"], properties: { city: { type: "string", title: "City" } } },
      lines: { type: "array", items: { properties: { sku: { const: "x" } } } },
    },
  });
  assert.deepEqual(
    rows.map(({ name, type, required }) => [name, type, required]),
    [
      ["number", "string", true],
      ["size", "integer | null", false],
      ["colour", "", false],
      ["address", "object", true],
      ["address.city", "string", true],
      ["lines", "array", false],
      ["lines[].sku", "", false],
    ],
  );
  assert.deepEqual(rows[0]?.rules, [{ kind: "pattern", value: "^[A-Z]" }]);
  assert.equal(rows[0]?.description, "Of the order");
  assert.deepEqual(rows[1]?.rules, [
    { kind: "at_least", value: "0" },
    { kind: "at_most", value: "9" },
    { kind: "default", value: "1" },
    { kind: "example", value: "3" },
  ]);
  assert.deepEqual(rows[2]?.rules, [{ kind: "one_of", values: ["red", "2"] }]);
  assert.equal(rows[4]?.description, "City");
  assert.deepEqual(rows[6]?.rules, [{ kind: "one_of", values: ["x"] }]);
});

test("a schema may be anything", () => {
  for (const odd of [null, undefined, true, 3, "x", [], {}, { properties: [] }, { properties: null }, { properties: "x", required: 1 }]) {
    assert.deepEqual(entriesOf(odd), []);
  }
  const [row] = entriesOf({ properties: { a: true }, required: "a" });
  assert.deepEqual(row, { name: "a", type: "", required: false, description: "", rules: [] });
  const endless: Record<string, unknown> = { type: "object" };
  endless["properties"] = { more: endless };
  assert.deepEqual(
    entriesOf(endless).map(({ name }) => name),
    ["more", "more.more", "more.more.more"],
  );
  const wide = { properties: Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}`, {}])) };
  assert.equal(entriesOf(wide).length, 100);
});
