/** What an agent does with a conversation: shown at once, stored by the server, undone or taken back with a reason. */
import type { ActArgs, Action, Summary } from "../../shared/wire";
import { newCID } from "../../shared/outbox";
import { api, reason } from "../api";
import { t } from "../text";
import { toast } from "../ui/toast";
import { conversation, patch } from "./conversations";
import { me } from "./session";
import { agentName } from "./staff";

interface Receipt {
  seq: number;
}

/** Does it, showing part of the result at once. False when the server refused; the person knows why. */
export async function act(conv: string, action: Action, args: ActArgs = {}, part: Partial<Summary> = {}): Promise<boolean> {
  const change = patch(conv, part);
  const body = { cid: newCID(), action, args };
  const attempt = async (): Promise<boolean> => {
    try {
      const { seq } = await api.post<Receipt>(`/conversations/${conv}/actions`, body);
      change.stored(seq);
      return true;
    } catch (error) {
      change.refused();
      toast(reason(error), { bad: true, action: { label: t("retry"), run: () => void attempt() } });
      return false;
    }
  };
  return attempt();
}

type Undo = () => unknown;

function done(text: string, undo?: Undo): void {
  toast(text, undo ? { action: { label: t("undo"), run: () => void undo() } } : {});
}

export async function resolve(conv: string): Promise<void> {
  const promise = act(conv, "resolve", {}, { state: "resolved", unread: 0 });
  done(t("done.resolved"), () => reopen(conv));
  await promise;
}

export async function reopen(conv: string): Promise<void> {
  const agent = conversation(conv)?.peek().agent;
  await act(conv, "reopen", {}, { state: agent ? "assigned" : "queued" });
}

export async function snooze(conv: string, until: Date): Promise<void> {
  const at = until.toISOString();
  const promise = act(conv, "snooze", { until: at }, { state: "snoozed", snoozed_until: at });
  done(t("done.snoozed"), () => reopen(conv));
  await promise;
}

export async function assignToMe(conv: string): Promise<void> {
  const own = me.peek();
  if (!own) return;
  const before = conversation(conv)?.peek().agent;
  if (before === own.id) return;
  const promise = act(conv, "assign", { agent: own.id }, { state: "assigned", agent: own.id, agent_name: own.name });
  done(t("done.mine"), () =>
    act(conv, "assign", before ? { agent: before } : {}, {
      state: before ? "assigned" : "queued",
      agent: before ?? "",
      agent_name: agentName(before ?? ""),
    }),
  );
  await promise;
}

/** Hands over to an agent or a team, or back to the queue. */
export async function transfer(conv: string, to: { agent?: string; team?: string; reason?: string }): Promise<boolean> {
  const part: Partial<Summary> = to.agent
    ? { state: "assigned", agent: to.agent, agent_name: agentName(to.agent) }
    : { state: "queued", agent: "", agent_name: "", team: to.team ?? "", waiting_since: new Date().toISOString() };
  const stored = await act(conv, "transfer", to, part);
  if (stored) done(t("done.transferred"));
  return stored;
}

export async function setTags(conv: string, tags: string[]): Promise<void> {
  await act(conv, "tag", { tags }, { tags });
}

export async function accept(conv: string): Promise<boolean> {
  const own = me.peek();
  return act(conv, "accept", {}, own ? { state: "assigned", agent: own.id, agent_name: own.name } : {});
}

export async function decline(conv: string): Promise<void> {
  await act(conv, "decline");
}
