/** What can be undone: the states before the present one, and those that were undone. */
export interface History<T> {
  past: readonly T[];
  present: T;
  future: readonly T[];
  /** What the last change was about; "" stands for itself alone. */
  about: string;
}

/** At most this many steps back are kept. */
export const depth = 100;

export function begin<T>(present: T): History<T> {
  return { past: [], present, future: [], about: "" };
}

/**
 * Makes a change. Changes in a row that are about the same, such as letters typed
 * into one field, are one step.
 */
export function change<T>(history: History<T>, present: T, about = ""): History<T> {
  if (present === history.present) return history;
  if (about && about === history.about) return { ...history, present, future: [] };
  return { past: [...history.past, history.present].slice(-depth), present, future: [], about };
}

export function undo<T>(history: History<T>): History<T> {
  const before = history.past.at(-1);
  if (before === undefined) return history;
  return { past: history.past.slice(0, -1), present: before, future: [history.present, ...history.future], about: "" };
}

export function redo<T>(history: History<T>): History<T> {
  const [after, ...rest] = history.future;
  if (after === undefined) return history;
  return { past: [...history.past, history.present], present: after, future: rest, about: "" };
}
