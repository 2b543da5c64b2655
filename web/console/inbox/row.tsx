/** A row of the conversation list. It draws itself again only when its conversation changes. */
import { type Signal, useComputed } from "@preact/signals";
import { Avatar, tintOf } from "../../shared/ui/avatar";
import type { Summary } from "../../shared/wire";
import { href } from "../router";
import { draft } from "../store/drafts";
import { me } from "../store/session";
import { inboxName } from "../store/staff";
import { t } from "../text";
import { age, moment, now, stamp } from "../time";
import { Icon } from "../ui/icon";
import { openId, nameOf } from "./open";

/** px; the list is windowed, so every row has this height. */
export const rowHeight = 76;

interface RowProps {
  conv: Signal<Summary>;
  /** Path and query of the list that the row is in. */
  path: string;
  query: string;
  index: number;
  size: number;
  /** The row that Tab reaches. */
  current: boolean;
}

export function Row({ conv, path, query, index, size, current }: RowProps) {
  const c = conv.value;
  const begun = useComputed(() => draft(c.id, "reply").text).value;
  const ours = c.preview_from === "agent" || c.preview_from === "bot";
  const open = useComputed(() => openId.value === c.id).value;
  return (
    <li class="row-item" aria-posinset={index + 1} aria-setsize={size}>
      <a
        class={`row${open ? " row-open" : ""}${c.unread ? " row-unread" : ""}`}
        href={href(`${path}/${c.id}${query}`)}
        data-id={c.id}
        tabIndex={current ? 0 : -1}
        aria-current={open || undefined}
      >
        <Avatar name={c.name} tint={tintOf(c.contact)} kind="visitor" />
        <span class="row-head">
          <bdi class="row-name">{nameOf(c)}</bdi>
          <time class="row-age" dateTime={c.last_at}>
            {stamp(c.last_at)}
          </time>
        </span>
        <span class="row-line">
          <span class="row-preview">
            {begun ? <span class="row-draft">{t("row.draft")} </span> : ours && <Icon name="reply" size={13} />}
            <bdi>{begun || c.preview || t("row.empty")}</bdi>
          </span>
          {c.unread > 0 && (
            <span class="badge" aria-label={t("row.unread", { n: c.unread })}>
              {c.unread}
            </span>
          )}
        </span>
        <Meta c={c} />
      </a>
    </li>
  );
}

/** The third line: what the conversation waits for, who has it, where it came in. */
function Meta({ c }: { c: Summary }) {
  return (
    <span class="row-meta">
      <Standing c={c} />
      <span class="row-inbox">{inboxName(c.inbox)}</span>
      {c.tags?.slice(0, 2).map((tag) => (
        <span key={tag} class="chip chip-small">
          {tag}
        </span>
      ))}
    </span>
  );
}

function Standing({ c }: { c: Summary }) {
  if (c.state === "queued") {
    const since = c.waiting_since ?? c.opened_at;
    const waited = now.value - Date.parse(since);
    return (
      <span class={`standing ${waited > 300_000 ? "standing-bad" : "standing-warn"}`}>
        <Icon name="clock" />
        <span class="sr">{t("row.waits")} </span>
        {age(since)}
      </span>
    );
  }
  if (c.state === "bot") {
    return (
      <span class="standing">
        <Icon name="bot" />
        {t("state.bot")}
      </span>
    );
  }
  if (c.state === "snoozed" && c.snoozed_until) {
    return (
      <span class="standing">
        <Icon name="snooze" />
        {moment(c.snoozed_until)}
      </span>
    );
  }
  if (c.agent && c.agent !== me.value?.id) return <span class="standing">{c.agent_name}</span>;
  return null;
}
