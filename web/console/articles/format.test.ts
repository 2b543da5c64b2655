import assert from "node:assert/strict";
import test from "node:test";
import { apply, type Format, insertBlock, newLine, type Selected } from "./format";

/** "a [b] c" is a text with b selected; "a | c" one with a caret. */
function at(text: string): Selected {
  if (text.includes("|")) return { text: text.replace("|", ""), start: text.indexOf("|"), end: text.indexOf("|") };
  return { text: text.replace(/[‹›]/g, ""), start: text.indexOf("‹"), end: text.indexOf("›") - 1 };
}

function shown({ text, start, end }: Selected): string {
  if (start === end) return `${text.slice(0, start)}|${text.slice(start)}`;
  return `${text.slice(0, start)}‹${text.slice(start, end)}›${text.slice(end)}`;
}

const words = { text: "text", link: "https://" };

test("formats", () => {
  const cases: [Format, string, string][] = [
    ["bold", "a ‹b› c", "a **‹b›** c"],
    ["bold", "a **‹b›** c", "a ‹b› c"],
    ["bold", "a ‹**b**› c", "a ‹b› c"],
    ["bold", "a ‹ b › c", "a  **‹b›**  c"],
    ["italic", "|", "_‹text›_"],
    ["code", "‹x›", "`‹x›`"],
    ["heading", "one\ntw|o", "one\n## tw|o"],
    ["heading", "## tw|o", "### tw|o"],
    ["heading", "### tw|o", "tw|o"],
    ["bullets", "‹one\ntwo›", "‹- one\n- two›"],
    ["bullets", "‹- one\n- two›", "‹one\ntwo›"],
    ["numbers", "‹- one\n- two›", "‹1. one\n2. two›"],
    ["quote", "on|e", "> on|e"],
    ["link", "see ‹here›", "see [here](‹https://›)"],
    ["link", "‹https://example.com/a›", "[‹text›](https://example.com/a)"],
    ["block", "a|", "a\n\n```\n|\n```"],
    ["note", "‹Mind.›", "> [!NOTE]\n> ‹Mind.›"],
  ];
  for (const [format, from, want] of cases) assert.equal(shown(apply(format, at(from), words)), want, `${format} of ${from}`);
});

test("a block stands on lines of its own", () => {
  assert.equal(insertBlock(at("a|b"), "X").text, "a\n\nX\n\nb");
  assert.equal(insertBlock(at("|"), "X").text, "X");
  assert.equal(insertBlock(at("a\n\n|\n\nb"), "X").text, "a\n\nX\n\nb");
});

test("a new line goes on with a list", () => {
  const cases: [string, string | null][] = [
    ["- one|", "- one\n- |"],
    ["  2. two|", "  2. two\n  3. |"],
    ["> said|", "> said\n> |"],
    ["- one\n- |", "- one\n|"],
    ["plain|", null],
  ];
  for (const [from, want] of cases) {
    const got = newLine(at(from));
    assert.equal(got && shown(got), want, from);
  }
});
