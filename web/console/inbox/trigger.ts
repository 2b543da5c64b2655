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

/** What a canned response can be filled in with; the server refuses others. */
export const variables = ["contact.name", "contact.first_name", "contact.email", "agent.name", "agent.first_name", "inbox.name"] as const;

/** The values of the variables. A first name is the first word of a name. */
export function valuesOf(contact: { name: string; email: string }, agent: string, inbox: string): Record<(typeof variables)[number], string> {
  const first = (name: string) => name.trim().split(/\s+/)[0] ?? "";
  return {
    "contact.name": contact.name,
    "contact.first_name": first(contact.name),
    "contact.email": contact.email,
    "agent.name": agent,
    "agent.first_name": first(agent),
    "inbox.name": inbox,
  };
}

/** Replaces the variables of a canned response. One without a value is left out, with the space before it. */
export function fillIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/(\s?)\{\{\s*([\w.]+)\s*\}\}/g, (all, space: string, name: string) => {
    const value = values[name];
    return value === undefined ? all : value && space + value;
  });
}
