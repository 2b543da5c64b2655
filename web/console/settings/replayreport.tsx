/** One report of shadow mode: what a version of the bot would say, beside what was said. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { api, reason, sentence } from "../api";
import { href } from "../router";
import { inboxName } from "../store/staff";
import { t, tOr } from "../text";
import { moment, span } from "../time";
import { Button } from "../ui/button";
import { useFresh, useLoad } from "../ui/load";
import { Empty } from "../ui/state";
import { toast } from "../ui/toast";
import { Frame, Ready, RemoveButton } from "./frame";

const verdicts = ["different", "would_answer", "would_hand_over", "unanswered", "same"] as const;
type Verdict = (typeof verdicts)[number];

export interface Replay {
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

export const open = (replay: Replay) => replay.state === "waiting" || replay.state === "running";
const total = (replay: Replay) => verdicts.reduce((sum, verdict) => sum + (replay.counts[verdict] ?? 0), 0);

/** What the list says of a report. */
export function standing(replay: Replay): string {
  if (open(replay)) return t("replay.busy");
  return replay.state === "failed" ? t("replay.failed") : t("replay.messages", { n: total(replay) });
}

/** How often the server is asked while a report is being made, in ms: notices are for one person, and several may look at a report. */
export const lookEvery = 2000;

export function Report({ id }: { id: string }) {
  const verdict = useSignal<Verdict | "">("");
  const loaded = useLoad(async () => (await api.get<Detail>(`/bot/replays/${id}`, { limit: 1 })).replay, [id]);
  useFresh(loaded.reload, lookEvery, loaded.value.value ? open(loaded.value.value) : false);
  return (
    <Frame title={t("replay.report")} up="/settings/replay" upTitle={t("settings.replay")} wide>
      <Ready of={loaded}>
        {(replay) => (
          <>
            <p class="muted">
              {span(replay.from, replay.to)} · {replay.bot} · {replay.inbox_ids.map(inboxName).join(", ") || t("scope.all")}
            </p>
            <p role="status" class="replay-state">
              {open(replay) && t("replay.busy.n", { n: replay.conversations })}
              {replay.state === "failed" && <span class="error-text">{t("replay.failed.why", { reason: sentence(replay.error ?? "") })}</span>}
              {replay.truncated && t("replay.truncated")}
            </p>
            <div class="replay-filters" role="group" aria-label={t("replay.filter")}>
              {(["", ...verdicts] as const).map((one) => (
                <button key={one} type="button" class="chip" aria-pressed={verdict.value === one} onClick={() => (verdict.value = one)}>
                  {t(`replay.${one || "all"}`)} <span class="tabular">{one ? (replay.counts[one] ?? 0) : total(replay)}</span>
                </button>
              ))}
            </div>
            <Rows key={verdict.value} replay={replay} verdict={verdict.value} />
            <p class="actions">
              <RemoveButton path={`/bot/replays/${id}`} name={t("replay.report")} text={t("replay.remove")} then="/settings/replay" />
            </p>
          </>
        )}
      </Ready>
    </Frame>
  );
}

/** The messages of a verdict, a page at a time; they come in while the report is made. */
function Rows({ replay, verdict }: { replay: Replay; verdict: Verdict | "" }) {
  const busy = useSignal(false);
  const ask = (after = 0) => api.get<Detail>(`/bot/replays/${replay.id}`, { verdict, after });
  const loaded = useLoad(() => ask());
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) void loaded.reload();
    first.current = false;
  }, [replay.conversations, replay.state]);
  const more = async (page: Detail) => {
    busy.value = true;
    try {
      const next = await ask(page.next);
      loaded.value.value = { ...next, rows: [...page.rows, ...next.rows] };
    } catch (error) {
      toast(reason(error), { bad: true });
    }
    busy.value = false;
  };
  return (
    <Ready of={loaded}>
      {(page) => (
        <>
          {page.rows.length > 0 && (
            <ol class="replay-rows">
              {page.rows.map((row) => (
                <Compared key={row.position} row={row} />
              ))}
            </ol>
          )}
          {page.rows.length === 0 && !open(replay) && (
            <Empty icon="search" title={t("replay.none")}>
              {t(verdict ? "replay.none.verdict" : "replay.none.text")}
            </Empty>
          )}
          {page.next > 0 && !open(replay) && (
            <Button busy={busy.value} onClick={() => void more(page)}>
              {t("replay.more")}
            </Button>
          )}
        </>
      )}
    </Ready>
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
      <h2>
        {title}
        <span class="muted">
          {side.by === "bot" ? `${tOr(`bot.${side.action}`, side.action ?? "")} · ${Math.round(side.confidence * 100)} %` : t(`replay.by.${side.by}`)}
        </span>
      </h2>
      {side.text && <p dir="auto">{side.text}</p>}
      {side.reason && <p class="muted">{t("line.handoff", { reason: tOr(`handoff.${side.reason}`, side.reason) })}</p>}
      {side.sources && <p class="muted">{side.sources.join(" · ")}</p>}
    </section>
  );
}
