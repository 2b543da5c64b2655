/** What is asked before a conversation goes to somebody else, to sleep, or gets tags. */
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { Avatar } from "../../shared/ui/avatar";
import type { Summary } from "../../shared/wire";
import { api } from "../api";
import { setTags, snooze, transfer } from "../store/act";
import { everyConversation } from "../store/conversations";
import { me } from "../store/session";
import { agents, stateOf, teams } from "../store/staff";
import { t } from "../text";
import { moment } from "../time";
import { Button } from "../ui/button";
import { closeDialog, Dialog } from "../ui/dialog";
import { useLoad } from "../ui/load";
import { Presence } from "../ui/presence";
import { naps } from "./naps";
import { tagOf } from "./tag";

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
  const busy = new Map(loads.value.value?.agents.map((entry) => [entry.agent, entry]));
  const wanted = filter.value.toLocaleLowerCase();
  const fits = (name: string) => name.toLocaleLowerCase().includes(wanted);
  const people = agents.value
    .filter((agent) => !agent.disabled && agent.id !== conv.agent && fits(agent.name))
    .sort((a, b) => ranks[stateOf(a)] - ranks[stateOf(b)] || a.name.localeCompare(b.name));
  const groups = teams.value.filter((team) => fits(team.name));

  const hand = (to: { agent?: string; team?: string }) => {
    closeDialog();
    void transfer(conv.id, why.value ? { ...to, reason: why.value } : to);
  };
  return (
    <Dialog title={t("transfer.title")}>
      <input class="input" type="search" aria-label={t("transfer.find")} placeholder={t("transfer.find")} autoFocus value={filter.value} onInput={(event) => (filter.value = event.currentTarget.value)} />
      <ul class="choose" aria-label={t("transfer.people")}>
        {people.map((agent) => {
          const entry = busy.get(agent.id);
          return (
            <li key={agent.id}>
              <button type="button" class="choose-item" onClick={() => hand({ agent: agent.id })}>
                <Avatar id={agent.id} name={agent.name} kind="agent" />
                <span class="choose-name">
                  <bdi>{agent.id === me.value?.id ? t("you.title") : agent.name}</bdi>
                  <Presence state={stateOf(agent)} />
                </span>
                {entry && <span class="muted tabular">{t("transfer.load", { load: entry.load, capacity: entry.capacity })}</span>}
              </button>
            </li>
          );
        })}
      </ul>
      {groups.length > 0 && (
        <>
          <h3 class="choose-head">{t("transfer.teams")}</h3>
          <ul class="choose">
            {groups.map((team) => (
              <li key={team.id}>
                <button type="button" class="choose-item" onClick={() => hand({ team: team.id })}>
                  <Avatar id={team.id} name={team.name} kind="agent" />
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

/** The value of a datetime-local input, in local time. */
function localValue(at: Date): string {
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function SnoozeDialog({ conv }: { conv: Summary }) {
  const own = useRef<HTMLInputElement>(null);
  const sleep = (at: Date) => {
    closeDialog();
    void snooze(conv.id, at);
  };
  const chosen = () => {
    const at = new Date(own.current?.value ?? "");
    if (at.getTime() > Date.now()) sleep(at);
    else own.current?.focus();
  };
  const now = new Date();
  return (
    <Dialog title={t("snooze.title")}>
      <ul class="choose">
        {naps(now).map(({ id, at }) => (
          <li key={id}>
            <button type="button" class="choose-item" onClick={() => sleep(at)}>
              <span class="choose-name">{t(`snooze.${id}`)}</span>
              <span class="muted">{moment(at.toISOString())}</span>
            </button>
          </li>
        ))}
      </ul>
      <div class="field-row">
        <div class="field">
          <label class="label" for="snooze-own">
            {t("snooze.own")}
          </label>
          <input class="input" type="datetime-local" id="snooze-own" ref={own} min={localValue(now)} defaultValue={localValue(new Date(now.getTime() + 86_400_000))} />
        </div>
        <Button onClick={chosen}>{t("cmd.snooze")}</Button>
      </div>
      <p class="hint">{t("snooze.hint")}</p>
    </Dialog>
  );
}

/** Tags in use anywhere the console has looked. */
function tagsInUse(): string[] {
  const all = new Set<string>();
  for (const { shown } of everyConversation()) for (const tag of shown.peek().tags ?? []) all.add(tag);
  return [...all].sort();
}

export function TagsDialog({ conv }: { conv: Summary }) {
  const tags = useSignal<string[]>([...(conv.tags ?? [])]);
  const text = useSignal("");
  const flip = (tag: string) => (tags.value = tags.value.includes(tag) ? tags.value.filter((other) => other !== tag) : [...tags.value, tag]);
  const add = (event: Event) => {
    event.preventDefault();
    const tag = tagOf(text.value);
    if (!tag) return save();
    if (!tags.value.includes(tag)) flip(tag);
    text.value = "";
  };
  const save = () => {
    closeDialog();
    void setTags(conv.id, tags.value);
  };
  const wanted = tagOf(text.value);
  const offered = [...new Set([...tags.value, ...tagsInUse()])].filter((tag) => tag.includes(wanted));
  return (
    <Dialog
      title={t("tags.title")}
      footer={
        <Button kind="primary" onClick={save}>
          {t("save")}
        </Button>
      }
    >
      <form onSubmit={add}>
        <input class="input" autoFocus aria-label={t("tags.add")} placeholder={t("tags.add")} value={text.value} onInput={(event) => (text.value = event.currentTarget.value)} />
      </form>
      <div class="tag-cloud">
        {offered.map((tag) => (
          <button key={tag} type="button" class="chip chip-button" aria-pressed={tags.value.includes(tag)} onClick={() => flip(tag)}>
            {tag}
          </button>
        ))}
        {!offered.length && <p class="hint">{t("tags.hint")}</p>}
      </div>
    </Dialog>
  );
}
