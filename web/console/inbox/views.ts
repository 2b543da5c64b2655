/** The views of the inbox: which conversations each one holds, and in what order. */
import type { Summary } from "../../shared/wire";

export const viewIds = ["mine", "unassigned", "all", "snoozed", "closed"] as const;

export type View = (typeof viewIds)[number];

export function isView(text: string | undefined): text is View {
  return (viewIds as readonly (string | undefined)[]).includes(text);
}

/** Whether the view holds the conversation, for the agent who looks. */
export function holds(view: View, c: Summary, agent: string): boolean {
  switch (view) {
    case "mine":
      return c.agent === agent && c.state === "assigned";
    case "unassigned":
      return c.state === "queued";
    case "all":
      return c.state !== "resolved" && c.state !== "snoozed";
    case "snoozed":
      return c.state === "snoozed";
    case "closed":
      return c.state === "resolved";
  }
}

/** The order of a view: who waits comes by priority and waiting time, the rest by the last message. */
export function compare(view: View, a: Summary, b: Summary): number {
  if (view === "unassigned") {
    return (
      (b.priority ?? 0) - (a.priority ?? 0) || order(a.waiting_since ?? a.opened_at, b.waiting_since ?? b.opened_at) || order(a.id, b.id)
    );
  }
  if (view === "snoozed") return order(a.snoozed_until ?? "", b.snoozed_until ?? "") || order(a.id, b.id);
  return order(b.last_at, a.last_at) || order(a.id, b.id);
}

/** Compares strings by code units, which is the order of RFC 3339 times in UTC. */
function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
