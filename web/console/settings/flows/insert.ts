/** Attributes in texts: {order_number} is replaced by the value. Finds the one that is being typed. */

export interface Typed {
  /** of the brace */
  from: number;
  /** what follows it up to the caret */
  word: string;
}

/** The attribute that is being typed at the caret, null when none is. */
export function typedAt(text: string, caret: number): Typed | null {
  const found = /\{([a-z0-9_]*)$/i.exec(text.slice(0, caret));
  return found ? { from: found.index, word: found[1] ?? "" } : null;
}

/** The names that begin with what is typed, then those that contain it. */
export function matching(names: readonly string[], word: string): string[] {
  const wanted = word.toLowerCase();
  const starts = names.filter((name) => name.startsWith(wanted));
  return [...starts, ...names.filter((name) => !name.startsWith(wanted) && name.includes(wanted))].slice(0, 8);
}

/** Puts a chosen name in the place of what was typed. A closing brace that is there already is used. */
export function insert(text: string, typed: Typed, name: string): { text: string; caret: number } {
  const end = typed.from + 1 + typed.word.length;
  const rest = text.slice(end).replace(/^[a-z0-9_]*\}/i, "");
  const before = `${text.slice(0, typed.from)}{${name}}`;
  return { text: before + rest, caret: before.length };
}
