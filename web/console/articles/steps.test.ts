import assert from "node:assert/strict";
import test from "node:test";
import { stepsOf, writable } from "./steps";
import type { Article, Staged, Status } from "./types";

function article(status: Status, work: Partial<Article["work"]> = {}, staged?: Staged["status"]): Article {
  const made = {
    id: "a",
    status,
    work: { owner: "", reviewer: "", asked_by: "", written_by: "ana", review_after: "", ...work },
  } as unknown as Article;
  if (staged) made.staged = { status: staged } as Staged;
  return made;
}

const ana = { id: "ana", role: "agent" } as const;
const ben = { id: "ben", role: "supervisor" } as const;

test("an author asks and takes back, a supervisor approves and publishes", () => {
  assert.deepEqual(stepsOf(article("in_progress"), ana, false), ["ask"]);
  assert.deepEqual(stepsOf(article("awaiting_review", { asked_by: "ana" }), ana, false), ["take-back"]);
  assert.deepEqual(stepsOf(article("awaiting_review", { asked_by: "ana" }), ben, true), ["approve", "return"]);
  assert.deepEqual(stepsOf(article("approved"), ben, true), ["publish", "schedule", "return"]);
  assert.deepEqual(stepsOf(article("approved", { publish_at: "2031-01-01T00:00:00Z" }), ben, true), ["publish", "unschedule", "return"]);
  assert.deepEqual(stepsOf(article("published"), ana, false), []);
  assert.deepEqual(stepsOf(article("published"), ben, false), ["archive", "reopen"]);
  assert.deepEqual(stepsOf(article("published", {}, "in_progress"), ana, false), ["ask", "discard"]);
});

test("reviews that are required leave no other way", () => {
  assert.deepEqual(stepsOf(article("in_progress"), ben, true), ["ask"]);
  assert.deepEqual(stepsOf(article("in_progress"), ben, false), ["publish", "ask", "schedule"]);
  assert.deepEqual(stepsOf(article("awaiting_review", { written_by: "ben", asked_by: "ben" }), ben, true), ["take-back"]);
});

test("an archived article rests", () => {
  assert.equal(writable(article("archived"), ana), false);
  assert.equal(writable(article("archived"), ben), true);
  assert.equal(writable(undefined, ana), true);
});
