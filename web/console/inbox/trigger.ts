/** What is typed to ask for suggestions, and what is put in its place. Pure, so that it can be tested. */
/** The word before the caret that asks for suggestions. */
export interface Trigger {
  sign: "/" | "#";
  word: string;
  /** Where it begins in the text. */
  start: number;
}

/** Finds a trigger: a sign at the start of a line or after a space. A hash takes several words. */
export function triggerAt(text: string, caret: number): Trigger | null {
  const before = text.slice(0, caret);
  const found = /(?:^|\s)(\/[\p{L}\p{N}_-]*|#[^\n#]{0,60})$/u.exec(before);
  if (!found?.[1]) return null;
  const word = found[1];
  return { sign: word[0] as "/" | "#", word: word.slice(1), start: caret - word.length };
}

/** Replaces the variables of a canned response. One without a value is left out, with the space before it. */
export function fillIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/(\s?)\{\{\s*([\w.]+)\s*\}\}/g, (all, space: string, name: string) => {
    const value = values[name];
    return value === undefined ? all : value && space + value;
  });
}
