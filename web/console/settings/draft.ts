/** What a page proposes to another that makes something new of it. */
import { signal } from "@preact/signals";
import { api, reason } from "../api";
import { toast } from "../ui/toast";

export interface Proposal {
  /** What visitors wrote. */
  texts: string[];
  /** Ids of the messages that fit nowhere: done with when the new thing is saved. */
  misfits: string[];
}

const next = signal<Proposal | null>(null);

/** The new intent or article that opens next begins with this. */
export function propose(proposal: Proposal): void {
  next.value = proposal;
}

/** What was proposed, once. */
export function takeProposal(): Proposal | null {
  const proposal = next.peek();
  next.value = null;
  return proposal;
}

/** The new thing is saved: its messages need nobody any more. */
export async function settle({ misfits }: Proposal): Promise<void> {
  try {
    await api.post("/bot/misfits/dismiss", { ids: misfits });
  } catch (error) {
    toast(reason(error), { bad: true });
  }
}
