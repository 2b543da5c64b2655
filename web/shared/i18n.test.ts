import assert from "node:assert/strict";
import test from "node:test";
import { direction, negotiate, translator } from "./i18n";
import { daysFrom, day, duration } from "./time";
import { fileSize } from "./upload";

test("places are filled and unknown ones stay", () => {
  const t = translator({ hello: "Hello {name}, {other}" }, "en");
  assert.equal(t("hello", { name: "Ana" }), "Hello Ana, {other}");
  assert.equal(t("nothing"), "nothing");
});

test("plural forms follow the language", () => {
  const en = translator({ n: { one: "{n} file", other: "{n} files" } }, "en");
  assert.deepEqual([en("n", { n: 1 }), en("n", { n: 2 }), en("n", { n: 1234 })], ["1 file", "2 files", "1,234 files"]);
  const ar = translator({ n: { zero: "0", one: "1", two: "2", few: "few", many: "many", other: "other" } }, "ar");
  assert.deepEqual([0, 1, 2, 5, 20, 100].map((n) => ar("n", { n })), ["0", "1", "2", "few", "many", "other"]);
});

test("languages are negotiated by tag, then by language, then by default", () => {
  assert.equal(negotiate(["de-AT", "en"], ["en", "de"]), "de");
  assert.equal(negotiate(["fr", "ar-EG"], ["en", "ar"]), "ar");
  assert.equal(negotiate(["fr"], ["en", "de"]), "en");
  assert.equal(negotiate([], []), "en");
  assert.equal(direction("ar-EG"), "rtl");
  assert.equal(direction("arn"), "ltr");
});

test("days are counted at local midnight", () => {
  const now = new Date(2026, 0, 2, 0, 30).getTime();
  assert.equal(daysFrom(new Date(2026, 0, 1, 23, 59), now), -1);
  assert.equal(day(new Date(2026, 0, 1, 23, 59), "en", now), "Yesterday");
  assert.equal(day(new Date(2026, 0, 2, 9), "de", now), "Heute");
  assert.equal(day(new Date(2025, 5, 1), "en", now), "June 1, 2025");
});

test("durations and sizes are words", () => {
  assert.equal(duration(45, "en"), "45 seconds");
  assert.equal(duration(61, "en"), "2 minutes");
  assert.equal(duration(7200, "de"), "2 Stunden");
  assert.equal(fileSize(640, "en"), "640B");
  assert.equal(fileSize(3_400_000, "en"), "3.4 MB");
});
