/**
 * Every conversation the console has heard of, each in its own signal, so that
 * a change redraws one row. Lists are computed from them.
 *
 * A change that the agent makes shows at once as a patch over what the server
 * said. The patch goes when the server's own summary has caught up with it, or
 * when the change was refused.
 */
import { batch, type Signal, signal } from "@preact/signals";
import type { Summary } from "../../shared/wire";

interface Known {
  shown: Signal<Summary>;
  /** What the server said last. */
  said: Summary;
  patches: Patch[];
}

interface Patch {
  part: Partial<Summary>;
  /** The event that makes it true; 0 until the server has stored it. */
  seq: number;
}

/** Called for each change with what was shown before, if anything was. */
export type Watcher = (now: Summary, before: Summary | undefined) => void;

const known = new Map<string, Known>();
const watchers = new Set<Watcher>();

/** Rises with every change; what depends on all conversations reads it. */
export const revision = signal(0);

/** The conversation's signal, if it was ever heard of. */
export function conversation(id: string): Signal<Summary> | undefined {
  return known.get(id)?.shown;
}

export function everyConversation(): IterableIterator<Known> {
  return known.values();
}

export function watchConversations(watcher: Watcher): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

function show(entry: Known): void {
  const before = entry.shown.peek();
  const now = entry.patches.reduce((c, patch) => ({ ...c, ...patch.part }), entry.said);
  entry.shown.value = now;
  for (const watcher of watchers) watcher(now, before);
}

function take(summary: Summary): void {
  const entry = known.get(summary.id);
  if (!entry) {
    known.set(summary.id, { shown: signal(summary), said: summary, patches: [] });
    for (const watcher of watchers) watcher(summary, undefined);
    return;
  }
  if (summary.seq < entry.said.seq) return;
  entry.said = summary;
  entry.patches = entry.patches.filter((patch) => !patch.seq || patch.seq > summary.seq);
  show(entry);
}

/** Takes what the server says about conversations. Older news than what is known is dropped. */
export function learn(summaries: readonly Summary[]): void {
  if (!summaries.length) return;
  batch(() => {
    for (const summary of summaries) take(summary);
    revision.value++;
  });
}

let waiting: Summary[] = [];

/** Takes one live summary; those of one frame are applied together. */
export function hear(summary: Summary): void {
  waiting.push(summary);
  if (waiting.length > 1) return;
  setTimeout(() => {
    const all = waiting;
    waiting = [];
    learn(all);
  }, 16);
}

/** Shows a change before the server has stored it. The answer settles it: with the event's seq, or as refused. */
export function patch(id: string, part: Partial<Summary>): { stored: (seq: number) => void; refused: () => void } {
  const entry = known.get(id);
  const made: Patch = { part, seq: 0 };
  const redraw = () => {
    if (!entry) return;
    batch(() => {
      show(entry);
      revision.value++;
    });
  };
  const drop = () => {
    if (entry) entry.patches = entry.patches.filter((other) => other !== made);
    redraw();
  };
  entry?.patches.push(made);
  redraw();
  return {
    stored: (seq) => {
      made.seq = seq;
      if (entry && entry.said.seq >= seq) drop();
    },
    refused: drop,
  };
}

/** Forgets everything; for signing out and for tests. */
export function forget(): void {
  known.clear();
  revision.value++;
}
