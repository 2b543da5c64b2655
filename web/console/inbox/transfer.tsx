/** Giving a conversation to somebody else. */
import { useSignal } from "@preact/signals";
import { Avatar, tintOf } from "../../shared/ui/avatar";
import type { Summary } from "../../shared/wire";
import { api } from "../api";
import { transfer } from "../store/act";
import { may, me } from "../store/session";
import { agents, stateOf, teams } from "../store/staff";
import { t } from "../text";
import type { Agent } from "../types";
import { Button } from "../ui/button";
import { closeDialog, Dialog } from "../ui/dialog";
import { useLoad } from "../ui/load";
import { Presence } from "../ui/presence";
import { allowed } from "./allowed";

interface Load {
  agent: string;
  load: number;
  capacity: number;
}

const ranks = { online: 0, busy: 1, away: 2, offline: 3 };

/** To an agent, a team, or back to the queue; shows who is there and how much they have to do. */
export function TransferDialog({ conv }: { conv: Summary }) {
  const filter = useSignal("");
  const why = useSignal("");
  const loads = useLoad(() => api.get<{ agents: Load[] }>("/routing/agents"));
  // Who may not give it to others may still take it, or hand it to a team.
  const { give } = allowed(conv, me.value?.id ?? "", may("supervisor"));
  const busy = new Map(loads.value.value?.agents.map((entry) => [entry.agent, entry]));
  const wanted = filter.value.toLocaleLowerCase();
  const fits = (name: string) => name.toLocaleLowerCase().includes(wanted);
  const people = agents.value
    .filter((agent) => !agent.disabled && agent.id !== conv.agent && fits(agent.name) && (give || agent.id === me.value?.id))
    .sort((a, b) => ranks[stateOf(a)] - ranks[stateOf(b)] || a.name.localeCompare(b.name));
  const groups = teams.value.filter((team) => fits(team.name));

  const hand = (to: { agent?: string; team?: string }) => {
    closeDialog();
    void transfer(conv.id, why.value ? { ...to, reason: why.value } : to);
  };
  return (
    <Dialog title={t("transfer.title")}>
      <input
        class="input"
        type="search"
        aria-label={t("transfer.find")}
        placeholder={t("transfer.find")}
        autoFocus
        value={filter.value}
        onInput={(event) => (filter.value = event.currentTarget.value)}
      />
      <ul class="choose" aria-label={t("transfer.people")}>
        {people.map((agent) => (
          <Person key={agent.id} agent={agent} load={busy.get(agent.id)} choose={() => hand({ agent: agent.id })} />
        ))}
      </ul>
      {groups.length > 0 && (
        <>
          <h3 class="choose-head">{t("transfer.teams")}</h3>
          <ul class="choose">
            {groups.map((team) => (
              <li key={team.id}>
                <button type="button" class="choose-item" onClick={() => hand({ team: team.id })}>
                  <Avatar tint={tintOf(team.id)} name={team.name} kind="agent" />
                  <span class="choose-name">{team.name}</span>
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
      {people.length + groups.length === 0 && <p class="muted">{t("transfer.none")}</p>}
      <div class="field">
        <label class="label" for="transfer-why">
          {t("transfer.why")}
        </label>
        <input class="input" id="transfer-why" value={why.value} onInput={(event) => (why.value = event.currentTarget.value)} />
        <p class="hint">{t("transfer.hint")}</p>
      </div>
      <Button kind="quiet" icon="inbox" onClick={() => hand({})}>
        {t("transfer.queue")}
      </Button>
    </Dialog>
  );
}

function Person({ agent, load, choose }: { agent: Agent; load: Load | undefined; choose: () => void }) {
  return (
    <li>
      <button type="button" class="choose-item" onClick={choose}>
        <Avatar tint={tintOf(agent.id)} name={agent.name} kind="agent" />
        <span class="choose-name">
          <bdi>{agent.id === me.value?.id ? t("you.title") : agent.name}</bdi>
          <Presence state={stateOf(agent)} />
        </span>
        {load && <span class="muted tabular">{t("transfer.load", { load: load.load, capacity: load.capacity })}</span>}
      </button>
    </li>
  );
}
