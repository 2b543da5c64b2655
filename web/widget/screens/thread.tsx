import type { ComponentChildren } from "preact";
import { Avatar } from "../../shared/ui/avatar";
import { Bubble } from "../../shared/ui/bubble";
import { Icon } from "../../shared/ui/icon";
import type { Entry } from "../../shared/outbox";
import type { Actor, ChatEvent } from "../../shared/wire";
import { clock } from "../../shared/time";
import { boot, locale, t } from "../boot";
import { act, config, conv, mark, pending, thread, unread, where } from "../chat";
import { signal } from "../signals";
import { later } from "../view";
import { Composer } from "./composer";
import * as icons from "../../shared/ui/icons";


const TOGETHER = 5 * 60_000; // ms between messages of one group

/** The reader is at the end, so new messages may scroll. */
export let following = true;
const below = signal(0);

/** The conversation and the way to write into it. */
export function Thread() {
  const standing = where();
  const After = later("After");
  const Between = later("Between");
  const Loading = later("Loading");
  return (
    <>
      <div class="log" role="log" aria-label={t("messages")} aria-live={thread()?.loading.value ? "off" : "polite"} aria-relevant="additions" tabIndex={0} onScroll={scrolled}>
        <Loading />
        {!thread() && !pending().length && <p class="hello" dir="auto">{config.value?.look.greeting || t("greeting")}</p>}
        <Messages />
        <After standing={standing} />
      </div>
      <Between standing={standing} n={following ? 0 : below.value} show={toEnd} />
      {standing.state === "bot" && (
        <button class="person" onClick={() => act("handoff")}>
          <Icon d={icons.person} size={16} />
          {t("person")}
        </button>
      )}
      <Composer ended={standing.state === "resolved"} />
    </>
  );
}

function scrolled(e: Event): void {
  const log = e.currentTarget as HTMLElement;
  following = log.scrollHeight - log.scrollTop - log.clientHeight < 48;
  if (following) below.value = 0;
  if (log.scrollTop < 80) later("older")();
}

function toEnd(): void {
  following = true;
  below.value = 0;
  keepPlace()();
}

/** Remembers where the log is scrolled; call the result after drawing. */
export function keepPlace(): () => void {
  const log = document.querySelector<HTMLElement>(".log");
  const height = log?.scrollHeight ?? 0;
  const first = thread()?.events.value[0]?.seq;
  return () => {
    const now = document.querySelector<HTMLElement>(".log");
    if (!now) return void (following = true);
    if (following) now.scrollTop = now.scrollHeight;
    else if (drawnFirst !== first && log === now) now.scrollTop += now.scrollHeight - height;
    drawnFirst = first;
    if (!following) below.value = unread().length;
  };
}
let drawnFirst: number | undefined;

function Messages() {
  const here = thread();
  const Above = later("Above");
  const Line = later("Line");
  const stored = (here?.events.value ?? []).filter(shown);
  const unsent = pending().filter((e) => e.command.type !== "act" && (e.command.text || e.files));
  const streams = [...(here?.streams.value ?? [])];
  const rows: ComponentChildren[] = [];
  const answered = stored.findLast((e) => e.kind === "message" && e.from.kind === "visitor")?.seq ?? 0;
  const firstNew = stored.find((e) => e.seq > mark.value && e.from.kind !== "visitor" && e.kind === "message")?.seq;
  const events = [...stored, ...streams.map(([cid, text]) => message(cid, "bot", text)), ...unsent.map(draft)];
  events.forEach((e, i) => {
    const before = events[i - 1];
    const after = events[i + 1];
    const entry = unsent[i - events.length + unsent.length];
    rows.push(
      <Above e={e} before={before} fresh={!!mark.value && e.seq === firstNew} />,
      e.kind !== "message" ? <Line key={e.seq} e={e} /> : <Message
        key={e.cid ?? e.seq} e={e} entry={entry} first={!before || !together(before, e)} last={!after || !together(e, after)}
        mark={e.seq === answered && !unsent.length} live={e.seq > answered && !unsent.length}
      />,
    );
  });
  return <>{rows}</>;
}

// What is not stored yet, in the shape of what is.
function message(cid: string, kind: Actor["kind"], text?: string): ChatEvent {
  return { conv: conv.value, seq: 0, prev: 0, cid, at: new Date().toISOString(), from: { kind, id: kind, name: "" }, kind: "message", text };
}

function draft({ command, at, files }: Entry): ChatEvent {
  const e = message(command.cid, "visitor", (command as { text?: string }).text);
  return { ...e, at: new Date(at).toISOString(), attachments: files };
}

const SHOWN = ["message", "handoff", "assigned", "transferred", "resolved", "reopened", "rated"];

function shown(e: ChatEvent): boolean {
  return SHOWN.includes(e.kind) && (e.kind !== "transferred" || !e.assigned?.agent) && !e.note;
}

function together(a: ChatEvent, b: ChatEvent): boolean {
  return a.kind === "message" && b.kind === "message" && a.from.id === b.from.id && Date.parse(b.at) - Date.parse(a.at) < TOGETHER;
}

/** The name of an author, and always an honest word for a bot. */
export function author(from: Actor): string {
  if (from.kind === "visitor") return t("you");
  const name = from.name || (from.kind === "bot" ? config.value?.inbox.bot_name || boot.name : t("team"));
  return from.kind === "bot" ? `${name} (${t("bot")})` : name;
}

interface MessageProps {
  e: ChatEvent;
  /** its place in the outbox, while it is there */
  entry?: Entry | undefined;
  /** first and last of a run by one author */
  first: boolean;
  last: boolean;
  /** says whether it was seen */
  mark: boolean;
  /** nothing was answered since: its quick replies still work */
  live: boolean;
}

function Message({ e, entry, first, last, mark, live }: MessageProps) {
  const mine = e.from.kind === "visitor";
  const Rich = later("Rich", ({ text }: { text: string }) => text);
  const Extras = later("Extras");
  const Failed = later("Failed");
  const seen = thread()?.seen.value;
  const failed = entry?.state === "failed";
  const state = entry ? "sending" : mark && (Math.max(seen?.agent ?? 0, seen?.bot ?? 0) >= e.seq ? "seen" : "sent");
  return (
    <div class={`message${first ? " first" : ""}${mine ? " mine" : ""}`}>
      {!mine && (first ? <Avatar name={e.from.name} kind={e.from.kind} size={24} /> : <span class="gap" />)}
      <div class="said">
        {e.text && (
          <Bubble side={mine ? "mine" : "theirs"} author={author(e.from)} last={mine && last} state={failed ? "failed" : entry && "waiting"}>
            {e.html ? <Rich html={e.html} text={e.text} /> : e.text}
          </Bubble>
        )}
        {(e.attachments || e.sources || e.choices) && <Extras e={e} live={live} />}
        {failed ? (
          <Failed entry={entry} />
        ) : last && (
          <p class="meta">
            {!mine && <><bdi>{author(e.from)}</bdi>{" · "}</>}
            <time dateTime={e.at}>{clock(e.at, locale)}</time>
            {state && <span role="status">{" · " + t(state)}</span>}
          </p>
        )}
      </div>
    </div>
  );
}
