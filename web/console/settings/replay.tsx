/** Shadow mode: what a version of the bot would say to messages of the past, beside what was said. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api, reason } from "../api";
import { go, href } from "../router";
import { inboxes, inboxName } from "../store/staff";
import { t, tOr } from "../text";
import { moment } from "../time";
import { Button } from "../ui/button";
import { useLoad } from "../ui/load";
import { Empty } from "../ui/state";
import { Frame, ItemRow, Part, Ready, RemoveButton } from "./frame";

const verdicts = ["different", "would_answer", "would_hand_over", "unanswered", "same"] as const;
type Verdict = (typeof verdicts)[number];

interface Replay {
  id: string;
  created_at: string;
  created_by: string;
  from: string;
  to: string;
  inbox_ids: string[];
  people: boolean;
  bot: string;
  state: "waiting" | "running" | "done" | "failed";
  error?: string;
  conversations: number;
  truncated: boolean;
  counts: Partial<Record<Verdict, number>>;
}

interface Side {
  by: "bot" | "person" | "nobody";
  action?: string;
  intent?: string;
  confidence: number;
  text: string;
  sources?: string[];
  reason?: string;
}

interface Row {
  position: number;
  conversation: string;
  at: string;
  said: string;
  verdict: Verdict;
  recorded: Side;
  shadow: Side;
}

interface Detail {
  replay: Replay;
  rows: Row[];
  next: number;
}

const open = (replay: Replay) => replay.state === "waiting" || replay.state === "running";
const total = (replay: Replay) => verdicts.reduce((sum, verdict) => sum + (replay.counts[verdict] ?? 0), 0);
const span = (replay: Replay) => `${moment(replay.from)} – ${moment(replay.to)}`;

export function ReplayPage({ id }: { id: string }) {
  return id ? <Report key={id} id={id} /> : <Reports />;
}

/** Looks again while a report is being made: nothing tells the console of it. */
function useAgain(waits: boolean, reload: () => Promise<void>): void {
  useEffect(() => {
    if (!waits) return;
    const timer = setInterval(() => void reload(), 2000);
    return () => clearInterval(timer);
  }, [waits]);
}

function Reports() {
  const loaded = useLoad(async () => (await api.get<{ replays: Replay[] }>("/bot/replays")).replays);
  useAgain(loaded.value.value?.some(open) ?? false, loaded.reload);
  return (
    <Frame title={t("settings.replay")} lead={t("replay.lead")}>
      <Start />
      <Ready of={loaded}>
        {(all) =>
          all.length ? (
            <ul class="items">
              {all.map((replay) => (
                <ItemRow
                  key={replay.id}
                  href={`/settings/replay/${replay.id}`}
                  title={span(replay)}
                  detail={`${replay.bot} · ${replay.created_by}`}
                  end={<span class="muted tabular">{open(replay) ? t("replay.busy") : t("replay.messages", { n: total(replay) })}</span>}
                />
              ))}
            </ul>
          ) : (
            <Empty icon="refresh" title={t("replay.empty.title")}>
              {t("replay.empty.text")}
            </Empty>
          )
        }
      </Ready>
    </Frame>
  );
}

/** A time as the field for it writes it, in the reader's zone. */
function fieldTime(at: number): string {
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

const day = 86_400_000;

function Start() {
  const failure = useSignal("");
  const busy = useSignal(false);
  const offered = inboxes.value.filter((inbox) => !inbox.archived);
  const start = async (event: Event) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    const inbox = String(data.get("inbox") ?? "");
    const file = data.get("intents");
    busy.value = true;
    failure.value = "";
    try {
      const made = await api.post<Replay>("/bot/replays", {
        from: new Date(String(data.get("from"))).toISOString(),
        to: new Date(String(data.get("to"))).toISOString(),
        inbox_ids: inbox ? [inbox] : [],
        people: data.get("people") === "on",
        ...(file instanceof File && file.size ? { intents: await file.text(), bot: file.name.slice(0, 80) } : {}),
      });
      go(`/settings/replay/${made.id}`);
    } catch (error) {
      failure.value = error instanceof RangeError ? t("replay.times") : reason(error);
    }
    busy.value = false;
  };
  return (
    <Part title={t("replay.start")} lead={t("replay.start.lead")}>
      <form class="replay-form" onSubmit={(event) => void start(event)}>
        <label class="field">
          <span class="label">{t("replay.from")}</span>
          <input class="input" type="datetime-local" name="from" required defaultValue={fieldTime(Date.now() - 7 * day)} />
        </label>
        <label class="field">
          <span class="label">{t("replay.to")}</span>
          <input class="input" type="datetime-local" name="to" required defaultValue={fieldTime(Date.now() + 60_000)} />
        </label>
        <label class="field">
          <span class="label">{t("replay.inbox")}</span>
          <select class="input" name="inbox">
            <option value="">{t("scope.all")}</option>
            {offered.map((inbox) => (
              <option key={inbox.id} value={inbox.id}>
                {inbox.name}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span class="label">{t("replay.intents")}</span>
          <input class="input" type="file" name="intents" accept=".yaml,.yml" />
        </label>
        <label class="replay-check">
          <input type="checkbox" name="people" /> {t("replay.people")}
        </label>
        <Button kind="primary" type="submit" busy={busy.value}>
          {t("replay.go")}
        </Button>
        <p role="status" class="error-text">
          {failure.value}
        </p>
      </form>
    </Part>
  );
}

function Report({ id }: { id: string }) {
  const verdict = useSignal<Verdict | "">("");
  const more = useSignal<Row[]>([]);
  const next = useSignal<number | null>(null);
  const loaded = useLoad(() => api.get<Detail>(`/bot/replays/${id}`, { verdict: verdict.value }), [verdict.value]);
  useEffect(() => {
    more.value = [];
    next.value = null;
  }, [verdict.value]);
  useAgain(loaded.value.value ? open(loaded.value.value.replay) : false, loaded.reload);
  const load = async (after: number) => {
    const page = await api.get<Detail>(`/bot/replays/${id}`, { verdict: verdict.value, after });
    more.value = [...more.value, ...page.rows];
    next.value = page.next;
  };
  return (
    <Frame title={t("replay.report")} up="/settings/replay" upTitle={t("settings.replay")} wide>
      <Ready of={loaded}>
        {({ replay, rows, next: first }) => {
          const after = next.value ?? first;
          return (
            <>
              <p class="muted">
                {span(replay)} · {replay.bot} · {replay.inbox_ids.map(inboxName).join(", ") || t("scope.all")}
              </p>
              <p role="status">
                {open(replay) && t("replay.busy.n", { n: replay.conversations })}
                {replay.state === "failed" && <span class="error-text">{replay.error}</span>}
                {replay.truncated && t("replay.truncated")}
              </p>
              <div class="replay-filters" role="group" aria-label={t("replay.filter")}>
                <Filter chosen={verdict.value === ""} label={t("replay.all")} n={total(replay)} run={() => (verdict.value = "")} />
                {verdicts.map((one) => (
                  <Filter
                    key={one}
                    chosen={verdict.value === one}
                    label={t(`replay.${one}`)}
                    n={replay.counts[one] ?? 0}
                    run={() => (verdict.value = one)}
                  />
                ))}
              </div>
              {rows.length ? (
                <ol class="replay-rows">
                  {[...rows, ...more.value].map((row) => (
                    <Compared key={row.position} row={row} />
                  ))}
                </ol>
              ) : (
                !open(replay) && <p class="muted">{t("replay.none")}</p>
              )}
              {after > 0 && <Button onClick={() => void load(after)}>{t("replay.more")}</Button>}
              <RemoveButton path={`/bot/replays/${id}`} name={t("replay.report")} text={t("replay.remove")} then="/settings/replay" />
            </>
          );
        }}
      </Ready>
    </Frame>
  );
}

function Filter({ chosen, label, n, run }: { chosen: boolean; label: string; n: number; run: () => void }) {
  return (
    <button type="button" class="chip" aria-pressed={chosen} onClick={run}>
      {label} <span class="tabular">{n}</span>
    </button>
  );
}

function Compared({ row }: { row: Row }) {
  return (
    <li class="replay-row">
      <div class="replay-said">
        <span class={`badge${row.verdict === "same" ? "" : " badge-accent"}`}>{t(`replay.${row.verdict}`)}</span>
        <q dir="auto">{row.said || t("replay.files")}</q>
        <a href={href(`/inbox/all/${row.conversation}`)}>{moment(row.at)}</a>
      </div>
      <SideView title={t("replay.recorded")} side={row.recorded} />
      <SideView title={t("replay.shadow")} side={row.shadow} />
    </li>
  );
}

function SideView({ title, side }: { title: string; side: Side }) {
  return (
    <section class="replay-side">
      <h3>
        {title}
        <span class="muted">
          {side.by === "bot" ? `${tOr(`bot.${side.action}`, side.action ?? "")} · ${Math.round(side.confidence * 100)} %` : t(`replay.by.${side.by}`)}
        </span>
      </h3>
      {side.text && <p dir="auto">{side.text}</p>}
      {side.reason && <p class="muted">{t("line.handoff", { reason: tOr(`handoff.${side.reason}`, side.reason) })}</p>}
      {side.sources && <p class="muted">{side.sources.join(" · ")}</p>}
    </section>
  );
}
