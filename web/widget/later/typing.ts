import { conn, conv } from "./kit";

const EVERY = 2000; // ms
const ENDS = 4000; // ms without a key
const PREVIEW = 500; // characters
let toldAt = 0;
let quiet: ReturnType<typeof setTimeout> | undefined;

/** Tells the other side what is being written, "" for nothing. */
export function typing(draft: string): void {
  clearTimeout(quiet);
  if (!conv.value) return;
  if (draft) {
    quiet = setTimeout(() => typing(""), ENDS);
    if (Date.now() - toldAt < EVERY) return;
  }
  toldAt = draft ? Date.now() : 0;
  conn.send({ type: "typing", conv: conv.value, on: !!draft, preview: draft ? draft.slice(0, PREVIEW) : undefined });
}
