/** What the toolbar does to a text: pure functions of the text and what is selected. */

export interface Selected {
  text: string;
  start: number;
  end: number;
}

export type Format = "bold" | "italic" | "code" | "link" | "heading" | "bullets" | "numbers" | "quote" | "note" | "block" | "table";

/** Puts marks around the selection, or takes them away when they are there. */
function around({ text, start, end }: Selected, mark: string, empty: string): Selected {
  const inner = text.slice(start, end);
  const n = mark.length;
  if (text.slice(start - n, start) === mark && text.slice(end, end + n) === mark) {
    return { text: text.slice(0, start - n) + inner + text.slice(end + n), start: start - n, end: end - n };
  }
  if (inner.length > 2 * n && inner.startsWith(mark) && inner.endsWith(mark)) {
    return { text: text.slice(0, start) + inner.slice(n, -n) + text.slice(end), start, end: end - 2 * n };
  }
  // Spaces at the edges stay outside, where Markdown wants them.
  const before = inner.length - inner.trimStart().length;
  const words = inner.trim() || empty;
  const after = inner.trim() ? inner.length - inner.trimEnd().length : 0;
  const from = start + (inner.trim() ? before : 0);
  const head = text.slice(0, from) + mark;
  return { text: head + words + mark + text.slice(end - after), start: head.length, end: head.length + words.length };
}

/** Changes every line that the selection touches. */
function lines({ text, start, end }: Selected, change: (line: string, index: number) => string): Selected {
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const stop = text.indexOf("\n", Math.max(from, end - (end > start && text[end - 1] === "\n" ? 1 : 0)));
  const to = stop < 0 ? text.length : stop;
  const changed = text.slice(from, to).split("\n").map(change).join("\n");
  const next = text.slice(0, from) + changed + text.slice(to);
  if (start === end) {
    const caret = Math.max(from, start + changed.length - (to - from));
    return { text: next, start: caret, end: caret };
  }
  return { text: next, start: from, end: from + changed.length };
}

/** Gives lines a prefix, or takes it when all have it. */
function prefixed(at: Selected, prefix: (index: number) => string, pattern: RegExp): Selected {
  const from = at.text.lastIndexOf("\n", at.start - 1) + 1;
  const touched = at.text.slice(from, Math.max(at.end, at.start)).split("\n");
  const all = touched.every((line) => pattern.test(line));
  return lines(at, (line, index) => (all ? line.replace(pattern, "") : prefix(index) + line.replace(/^(?:[-*] |\d+\. |> )/, "")));
}

/** Puts a block on lines of its own and selects a part of it. */
export function insertBlock({ text, start, end }: Selected, block: string, from = 0, to = block.length): Selected {
  const before = text.slice(0, start);
  const after = text.slice(end);
  const lead = !before || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  const tail = !after || after.startsWith("\n\n") ? "" : after.startsWith("\n") ? "\n" : "\n\n";
  const at = start + lead.length;
  return { text: before + lead + block + tail + after, start: at + from, end: at + to };
}

const table = "| Column | Column |\n| --- | --- |\n| Cell | Cell |";

/** Words that stand where something is to be written. */
export interface Words {
  text: string;
  link: string;
}

export function apply(format: Format, at: Selected, words: Words): Selected {
  switch (format) {
    case "bold":
      return around(at, "**", words.text);
    case "italic":
      return around(at, "_", words.text);
    case "code":
      return around(at, "`", words.text);
    case "heading":
      // Round and round: text, heading 2, heading 3, text.
      return lines(at, (line) => {
        const level = /^(#{1,6}) /.exec(line)?.[1]?.length ?? 0;
        const bare = line.replace(/^#{1,6} /, "");
        return level === 0 ? `## ${bare}` : level === 2 ? `### ${bare}` : bare;
      });
    case "bullets":
      return prefixed(at, () => "- ", /^- /);
    case "numbers":
      return prefixed(at, (index) => `${index + 1}. `, /^\d+\. /);
    case "quote":
      return prefixed(at, () => "> ", /^> /);
    case "note": {
      const inner = at.text.slice(at.start, at.end) || words.text;
      const block = `> [!NOTE]\n> ${inner.split("\n").join("\n> ")}`;
      return insertBlock(at, block, 12, block.length);
    }
    case "block": {
      const inner = at.text.slice(at.start, at.end);
      return insertBlock(at, `\`\`\`\n${inner}\n\`\`\``, 4, 4 + inner.length);
    }
    case "table":
      return insertBlock(at, table, 2, 8);
    case "link": {
      const inner = at.text.slice(at.start, at.end);
      if (/^(https?:\/\/|\/|mailto:)\S+$/.test(inner)) {
        const head = `${at.text.slice(0, at.start)}[`;
        return { text: `${head}${words.text}](${inner})${at.text.slice(at.end)}`, start: head.length, end: head.length + words.text.length };
      }
      const label = inner || words.text;
      const head = `${at.text.slice(0, at.start)}[${label}](`;
      return { text: `${head}${words.link})${at.text.slice(at.end)}`, start: head.length, end: head.length + words.link.length };
    }
  }
}

/** A new line in a list or quotation goes on with it; an empty item ends it. null when there is nothing special. */
export function newLine({ text, start, end }: Selected): Selected | null {
  if (start !== end) return null;
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const line = text.slice(from, start);
  const found = /^(\s*)(?:([-*]) |(\d+)\. |(> ))/.exec(line);
  if (!found) return null;
  const [marker, indent = "", bullet, number, quote] = found;
  if (line === marker) return { text: text.slice(0, from) + text.slice(start), start: from, end: from };
  const next = `\n${indent}${bullet ? `${bullet} ` : number ? `${Number(number) + 1}. ` : quote}`;
  const caret = start + next.length;
  return { text: text.slice(0, start) + next + text.slice(start), start: caret, end: caret };
}
