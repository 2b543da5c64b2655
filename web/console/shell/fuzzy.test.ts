import assert from "node:assert/strict";
import test from "node:test";
import { fuzzy } from "./fuzzy";

test("the query as it stands beats scattered letters", () => {
  assert.ok(fuzzy("lena", "Lena Hoffmann") > fuzzy("lena", "Valena"));
  assert.ok(fuzzy("lena", "Valena") > fuzzy("ln", "Lena"));
});

test("initials find a command", () => {
  assert.ok(fuzzy("gmc", "Go to my conversations") > 0);
});

test("letters that only happen to occur do not count", () => {
  assert.equal(fuzzy("lena", "Copy a link to the conversation"), 0);
  assert.equal(fuzzy("xyz", "Close the conversation"), 0);
});

test("nothing typed fits everything", () => {
  assert.ok(fuzzy("", "anything") > 0);
});
