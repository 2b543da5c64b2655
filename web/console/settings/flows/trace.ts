/** The way that a preview has taken, as the graph shows it. */
import { TRIGGER } from "./flow";

export interface Passed {
  /** id → when it was passed first, from 1 */
  steps: ReadonlyMap<string, number>;
  /** whether the way from a block to another was taken */
  took(from: string, to: string): boolean;
}

/** Reads the ids of the blocks that ran, in order. A question runs twice: when it is asked and when it is answered. */
export function passed(trace: readonly string[]): Passed {
  const way = trace.filter((id, i) => id !== trace[i - 1]);
  const steps = new Map<string, number>();
  for (const id of way) if (!steps.has(id)) steps.set(id, steps.size + 1);
  const pairs = new Set(way.map((id, i) => JSON.stringify([way[i - 1] ?? TRIGGER, id])));
  return { steps, took: (from, to) => pairs.has(JSON.stringify([from, to])) };
}
