/**
 * The conversation list: only the rows near the viewport exist. While the
 * pointer is over it the order stands still, so that the row under the cursor
 * is the row that is clicked; what moved waits behind a button.
 */
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { useCommands } from "../commands";
import { go } from "../router";
import { conversation } from "../store/conversations";
import { list } from "../store/lists";
import { t } from "../text";
import { Button } from "../ui/button";
import { Empty, Failed, Skeleton } from "../ui/state";
import { moved } from "./moved";
import { openId, openInbox, openView, pathTo } from "./open";
import { Row, rowHeight } from "./row";
import type { View } from "./views";

/** Rows that exist at once. */
const windowRows = 60;

export function ConversationList() {
  const view = openView.value;
  const inbox = openInbox.value;
  const source = list(view, inbox);
  const box = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const frozen = useSignal<readonly string[] | null>(null);
  const ids = frozen.value ?? source.ids.value;
  const changed = useComputed(() => (frozen.value ? moved(frozen.value, list(openView.value, openInbox.value).ids.value) : 0)).value;

  const release = () => (frozen.value = null);
  useEffect(() => {
    release();
    box.current?.scrollTo(0, 0);
  }, [view, inbox]);

  const at = ids.indexOf(openId.value);
  useLayoutEffect(() => reveal(box.current, at), [at >= 0 && openId.value]);
  useListCommands(() => frozen.peek() ?? list(openView.peek(), openInbox.peek()).ids.peek());

  if (!source.loaded.value) {
    return source.error.value ? <Failed error={source.error.value} retry={() => void source.load()} /> : <Skeleton rows={8} />;
  }
  if (!ids.length) {
    return (
      <Empty icon={view === "mine" ? "check" : "inbox"} title={t(`empty.${view}.title`)}>
        {t(`empty.${view}.text`)}
      </Empty>
    );
  }

  const onScroll = (event: { currentTarget: HTMLElement }) => {
    const { scrollTop, clientHeight, scrollHeight } = event.currentTarget;
    // The window moves in steps, so that most scrolling draws nothing.
    const step = Math.floor(scrollTop / rowHeight / 10) * 10 * rowHeight;
    if (step !== top.peek()) top.value = step;
    if (source.more && scrollHeight - scrollTop - clientHeight < 10 * rowHeight) void source.loadMore();
  };

  return (
    <div
      class="list-wrap"
      onPointerEnter={(event) => event.pointerType === "mouse" && (frozen.value = source.ids.peek())}
      onPointerLeave={release}
    >
      {changed > 0 && (
        <Button class="pill list-pill" small icon="up" onClick={release}>
          {t("list.updated", { n: changed })}
        </Button>
      )}
      <div class="list-scroll" ref={box} onScroll={onScroll}>
        <Rows ids={ids} top={top.value} view={view} inbox={inbox} />
        {source.loading.value && source.more && <Skeleton rows={2} />}
      </div>
    </div>
  );
}

interface RowsProps {
  ids: readonly string[];
  /** How far the list is scrolled, px. */
  top: number;
  view: View;
  inbox: string;
}

/** The rows near the viewport, with the room of the others above and below. */
function Rows({ ids, top, view, inbox }: RowsProps) {
  const first = Math.max(0, Math.min(Math.floor(top / rowHeight) - 20, ids.length - windowRows));
  const rows = ids.slice(first, first + windowRows);
  const below = Math.max(0, ids.length - first - rows.length);
  // Tab reaches the open row, or the first one.
  const reachable = ids.includes(openId.value) ? openId.value : ids[0];
  const room = { paddingBlockStart: `${first * rowHeight}px`, paddingBlockEnd: `${below * rowHeight}px` };
  return (
    <ul class="list" aria-label={t(`view.${view}`)} style={room} onKeyDown={roam}>
      {rows.map((id, i) => {
        const conv = conversation(id);
        if (!conv) return null;
        const query = inbox && `?inbox=${inbox}`;
        return (
          <Row key={id} conv={conv} path={`/inbox/${view}`} query={query} index={first + i} size={ids.length} current={id === reachable} />
        );
      })}
    </ul>
  );
}

/** Arrow keys move the focus from row to row. */
function roam(event: KeyboardEvent): void {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key] as "nextElementSibling" | undefined;
  const item = (event.target as Element).closest("li");
  if (!step || !item) return;
  event.preventDefault();
  item[step]?.querySelector("a")?.focus();
}

/** Scrolls just so far that the open row is on the page. */
function reveal(box: HTMLElement | null, index: number): void {
  if (!box || index < 0) return;
  const start = index * rowHeight;
  if (start < box.scrollTop) box.scrollTop = start;
  else if (start + rowHeight > box.scrollTop + box.clientHeight) box.scrollTop = start + rowHeight - box.clientHeight;
}

/** The neighbour of the open conversation, or the first one. */
export function neighbour(ids: readonly string[], step: 1 | -1): string | undefined {
  const at = ids.indexOf(openId.peek());
  return at < 0 ? ids[0] : ids[at + step];
}

function useListCommands(ids: () => readonly string[]): void {
  const move = (step: 1 | -1) => {
    const id = neighbour(ids(), step);
    if (id) go(pathTo(id), openId.peek() ? "replace" : "push");
  };
  useCommands(() => [
    { id: "next", title: t("cmd.next"), group: "go", keys: ["j"], run: () => move(1) },
    { id: "previous", title: t("cmd.previous"), group: "go", keys: ["k"], run: () => move(-1) },
  ]);
}
