/** Turns a conversation's events into what the thread shows. Pure, so that it can be tested. */
import type { Entry } from "../../shared/outbox";
import type { ChatEvent } from "../../shared/wire";

export type Item =
  | { type: "day"; key: string; midnight: number }
  | { type: "unread"; key: string }
  | { type: "message"; key: string; event: ChatEvent; first: boolean; last: boolean; edited: boolean; erased: boolean }
  | { type: "line"; key: string; event: ChatEvent }
  | { type: "steps"; key: string; events: ChatEvent[] }
  | { type: "pending"; key: string; entry: Entry }
  | { type: "stream"; key: string; text: string };

/** Messages of one author within this time belong together. */
const groupWithin = 5 * 60_000;

/** What routing does until somebody has the conversation: of interest when something went wrong. */
const routing = new Set(["queued", "offered", "declined"]);

/** More routing steps in a row than this are folded. */
const stepsShown = 2;

/** Kinds that change another entry instead of being one. */
const amending = new Set(["edited", "erased"]);

interface Source {
  events: readonly ChatEvent[];
  /** What the outbox still holds for this conversation. */
  entries: readonly Entry[];
  streams: ReadonlyMap<string, string>;
  /** The first entry after this one is new to the reader; 0 draws no divider. */
  unreadAfter: number;
}

function amendments(events: readonly ChatEvent[]): { edits: Map<number, ChatEvent>; erased: Set<number> } {
  const edits = new Map<number, ChatEvent>();
  const erased = new Set<number>();
  for (const e of events) {
    if (!e.target) continue;
    if (e.kind === "edited") edits.set(e.target, e);
    if (e.kind === "erased") erased.add(e.target);
  }
  return { edits, erased };
}

function follows(a: ChatEvent | undefined, b: ChatEvent): boolean {
  return (
    a !== undefined &&
    a.kind === "message" &&
    b.kind === "message" &&
    a.from.id === b.from.id &&
    a.from.kind === b.from.kind &&
    !a.note === !b.note &&
    Date.parse(b.at) - Date.parse(a.at) < groupWithin
  );
}

export function arrange({ events, entries, streams, unreadAfter }: Source): Item[] {
  const items: Item[] = [];
  const { edits, erased } = amendments(events);
  const shown = events.filter((e) => !amending.has(e.kind));
  let day = 0;
  let divided = unreadAfter === 0;
  for (const [i, original] of shown.entries()) {
    const edit = edits.get(original.seq);
    const event = edit ? { ...original, ...pick(edit) } : original;
    const midnight = new Date(event.at).setHours(0, 0, 0, 0);
    if (midnight !== day) items.push({ type: "day", key: `day ${midnight}`, midnight });
    day = midnight;
    if (!divided && event.seq > unreadAfter && event.from.kind === "visitor") {
      items.push({ type: "unread", key: "unread" });
      divided = true;
    }
    if (event.kind !== "message") {
      items.push({ type: "line", key: String(event.seq), event });
      continue;
    }
    const before = items.at(-1);
    const first = before?.type !== "message" || !follows(shown[i - 1], event);
    if (before?.type === "message" && !first) before.last = false;
    items.push({
      type: "message",
      key: event.cid ?? String(event.seq),
      event,
      first,
      last: true,
      edited: !!edit,
      erased: erased.has(event.seq),
    });
  }
  for (const [cid, text] of streams) items.push({ type: "stream", key: cid, text });
  for (const entry of entries) {
    if (entry.command.type === "send") items.push({ type: "pending", key: entry.command.cid, entry });
  }
  return fold(items);
}

/** Puts long runs of routing steps into one item. */
function fold(items: Item[]): Item[] {
  const folded: Item[] = [];
  let run: Extract<Item, { type: "line" }>[] = [];
  const flush = () => {
    if (run.length > stepsShown) folded.push({ type: "steps", key: `steps ${run[0]?.key}`, events: run.map(({ event }) => event) });
    else folded.push(...run);
    run = [];
  };
  for (const item of items) {
    if (item.type === "line" && routing.has(item.event.kind)) {
      run.push(item);
      continue;
    }
    flush();
    folded.push(item);
  }
  flush();
  return folded;
}

function pick(edit: ChatEvent): Partial<ChatEvent> {
  const part: Partial<ChatEvent> = {};
  if (edit.text !== undefined) part.text = edit.text;
  if (edit.html !== undefined) part.html = edit.html;
  return part;
}
