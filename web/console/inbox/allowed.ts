/** What the agent may do with a conversation: the server's rules, so that nothing is offered that it would refuse. */
import type { Summary } from "../../shared/wire";

export interface Allowed {
  take: boolean;
  /** To other agents; to teams and the queue it goes with less. */
  give: boolean;
  hand: boolean;
  snooze: boolean;
  resolve: boolean;
  reopen: boolean;
}

/** senior: supervisors and admins may move what others hold. */
export function allowed(c: Pick<Summary, "state" | "agent">, agent: string, senior: boolean): Allowed {
  const open = c.state !== "resolved";
  const held = c.state === "assigned" || c.state === "snoozed";
  const own = held && c.agent === agent;
  return {
    take: open && !(own && c.state === "assigned") && (!held || own || senior),
    give: open && (own || senior),
    hand: open && (!held || own || senior),
    snooze: held && (own || senior),
    resolve: open,
    reopen: c.state === "resolved" || c.state === "snoozed",
  };
}
