/** What a page proposes to another that makes something new of it. */
import { signal } from "@preact/signals";

/** The next new intent begins with these examples. */
export const intentDraft = signal<{ examples: string[] } | null>(null);
