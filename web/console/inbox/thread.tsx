/** The thread: the conversation itself, oldest first, kept at the end while the reader is there. */
import { useComputed, useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { Thread } from "../../shared/store";
import type { ChatEvent, Summary } from "../../shared/wire";
import { place } from "../router";
import { loadOlder, outbox, send } from "../store/live";
import { me } from "../store/session";
import { settings } from "../store/settings";
import { t } from "../text";
import { clock, dayName, full } from "../time";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";
import { Skeleton } from "../ui/state";
import { arrange, type Item } from "./items";
import { describe } from "./lines";
import { Message, Pending } from "./message";
import { nameOf } from "./open";

/** Nearer to the end than this, in px, the reader is at the end. */
const nearEnd = 48;
/** Nearer to the start than this, in px, older entries are loaded. */
const nearStart = 400;

interface ThreadProps {
  thread: Thread;
  conv: Summary;
}

/** Where reading stopped: the entry before the oldest of the last n visitor messages. */
function readUpTo(events: readonly ChatEvent[], unread: number): number {
  if (!unread) return 0;
  const visitors = events.filter((e) => e.kind === "message" && e.from.kind === "visitor");
  const first = visitors.at(-unread) ?? visitors[0];
  return first ? first.seq - 1 : 0;
}

export function ThreadView({ thread, conv }: ThreadProps) {
  const events = thread.events.value;
  const unread = useMemo(() => conv.unread, [thread]);
  const loaded = events.length > 0;
  const unreadAfter = useMemo(() => readUpTo(events, unread), [thread, loaded]);
  const items = useComputed(() =>
    arrange({
      events: thread.events.value,
      entries: outbox.value?.entries.value.filter((entry) => entry.conv === thread.id) ?? [],
      streams: thread.streams.value,
      unreadAfter,
    }),
  ).value;
  useReading(thread, conv);
  const scroll = useScroll(thread, items);
  useTarget(thread, scroll.box);
  if (!loaded && !items.length) {
    return (
      <div class="thread">
        <Skeleton kind="bubble" rows={6} />
      </div>
    );
  }
  return (
    <div class="thread-wrap">
      <div
        class="thread"
        ref={scroll.box}
        onScroll={scroll.onScroll}
        tabIndex={0}
        role="region"
        aria-label={t("thread.label", { name: nameOf(conv) })}
      >
        <div
          class="thread-body"
          ref={scroll.body}
          role="log"
          aria-live={scroll.quiet ? "off" : "polite"}
          aria-relevant="additions"
          aria-busy={thread.loading.value}
        >
          {items.map((item) => draw(item, conv, thread))}
          <Writers thread={thread} name={nameOf(conv)} />
        </div>
      </div>
      {thread.loading.value && loaded && <p class="thread-loading">{t("loading")}</p>}
      {scroll.below > 0 && (
        <Button class="pill thread-pill" small icon="down" onClick={scroll.toEnd}>
          {t("thread.new", { n: scroll.below })}
        </Button>
      )}
    </div>
  );
}

function draw(item: Item, conv: Summary, thread: Thread): VNode {
  switch (item.type) {
    case "day":
      return (
        <h3 class="day" key={item.key}>
          <span>{dayName(item.midnight)}</span>
        </h3>
      );
    case "unread":
      return (
        <p class="unread-line" key={item.key}>
          <span>{t("thread.unread")}</span>
        </p>
      );
    case "line":
      return <Line key={item.key} event={item.event} />;
    case "steps":
      return (
        <details class="steps" key={item.key}>
          <summary>{t("thread.steps", { n: item.events.length })}</summary>
          {item.events.map((event) => (
            <Line key={event.seq} event={event} />
          ))}
        </details>
      );
    case "pending":
      return <Pending key={item.key} entry={item.entry} />;
    case "stream":
      return (
        <article class="message message-ours message-first" key={item.key}>
          <div class="bubble bubble-mine" dir="auto">
            {item.text}
          </div>
        </article>
      );
    case "message":
      return (
        <Message
          key={item.key}
          item={item}
          visitor={nameOf(conv)}
          contact={conv.contact}
          receipt={<Receipt event={item.event} thread={thread} />}
        />
      );
  }
}

function Line({ event }: { event: ChatEvent }) {
  const { icon, text, detail } = describe(event);
  return (
    <p class={`line${event.kind === "bot" ? " line-bot" : ""}`}>
      <Icon name={icon} size={14} />
      <span>
        <bdi>{text}</bdi>{" "}
        <time dateTime={event.at} title={full(event.at)}>
          {clock(event.at)}
        </time>
        {detail && (
          <span class="line-detail" dir="auto">
            {detail}
          </span>
        )}
      </span>
    </p>
  );
}

/** Under the last message of ours: whether the visitor has seen it. */
function Receipt({ event, thread }: { event: ChatEvent; thread: Thread }) {
  const last = useComputed(
    () => thread.events.value.findLast((e) => e.kind === "message" && e.from.kind === "agent" && !e.note)?.seq,
  ).value;
  const seen = useComputed(() => (thread.seen.value.visitor ?? 0) >= event.seq).value;
  if (event.seq !== last) return null;
  return (
    <p class="receipt">
      <Icon name={seen ? "checks" : "check"} size={14} />
      {seen ? t("message.seen") : t("message.sent")}
    </p>
  );
}

/** Who is writing now; the visitor's words, when the settings say so. */
function Writers({ thread, name }: { thread: Thread; name: string }) {
  const visitor = [...thread.typing.value.values()].find((writer) => writer.from.kind === "visitor" || writer.from.kind === "bot");
  return (
    <>
      {visitor && (
        <div class="message message-theirs message-first typing" aria-hidden="true">
          <div class="bubble bubble-theirs bubble-last" dir="auto">
            {settings.value.previews && visitor.preview ? (
              <span class="typing-text">{visitor.preview}</span>
            ) : (
              <span class="dots">
                <i />
                <i />
                <i />
              </span>
            )}
          </div>
        </div>
      )}
      <span class="sr" role="status" aria-live="polite">
        {visitor ? t("thread.typing", { name: visitor.from.kind === "bot" ? t("bot") : name }) : ""}
      </span>
    </>
  );
}

/** Tells the server what this agent has seen, while the page is looked at. Only of the agent's own conversations: others are merely watched. */
function useReading(thread: Thread, conv: Summary): void {
  const told = useRef(0);
  const last = thread.last;
  const own = conv.agent === me.value?.id;
  useEffect(() => {
    told.current = 0;
  }, [thread]);
  useEffect(() => {
    const tell = () => {
      if (!own || document.visibilityState !== "visible" || !document.hasFocus()) return;
      if (last > told.current && send({ type: "read", conv: thread.id, seq: last })) told.current = last;
    };
    tell();
    addEventListener("focus", tell);
    return () => removeEventListener("focus", tell);
  }, [thread, last, own]);
}

/** Pages are loaded this far back to find a message that a search has found. */
const targetPages = 10;

/** Goes to the message that the address names, loading older pages until it is there. */
function useTarget(thread: Thread, box: { current: HTMLElement | null }): void {
  const seq = Number(place.value.query.get("seq")) || 0;
  const state = useRef({ done: 0, pages: 0 });
  const first = thread.events.value[0]?.seq ?? 0;
  const loading = thread.loading.value;
  useEffect(() => {
    if (!seq || !first || state.current.done === seq) return;
    const found = box.current?.querySelector(`[data-seq="${seq}"]`);
    if (found) {
      state.current.done = seq;
      found.scrollIntoView({ block: "center" });
      found.classList.add("message-found");
    } else if (first > seq && !loading && state.current.pages++ < targetPages) loadOlder(thread, 200);
  }, [thread, seq, first, loading]);
}

/** Keeps the end in view while the reader is there, and the place when older entries come in above. */
function useScroll(thread: Thread, items: readonly Item[]) {
  const box = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const state = useRef({ atEnd: true, first: "", seen: 0 });
  const below = useSignal(0);
  const first = items.find((item) => item.type === "message" || item.type === "line" || item.type === "steps")?.key ?? "";
  const last = thread.last;
  // Measured before this drawing changes the document: since the last drawing
  // pictures may have come in, and the window may have got another size.
  const before = first === state.current.first ? undefined : box.current?.scrollHeight;

  useEffect(() => {
    state.current = { atEnd: true, first: "", seen: 0 };
    below.value = 0;
  }, [thread]);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const { current } = state;
    if (current.atEnd) {
      element.scrollTop = element.scrollHeight;
      current.seen = last;
    } else if (current.first && before !== undefined) {
      element.scrollTop += element.scrollHeight - before;
    }
    current.first = first;
    below.value = current.atEnd ? 0 : thread.events.peek().filter((e) => e.kind === "message" && e.seq > current.seen).length;
  });

  useEffect(() => {
    if (!body.current) return;
    // Pictures arrive late and make the thread grow; a banner makes it shorter.
    const observer = new ResizeObserver(() => {
      if (box.current && state.current.atEnd) box.current.scrollTop = box.current.scrollHeight;
    });
    observer.observe(body.current);
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, [thread, items.length > 0]);

  const toEnd = () => {
    box.current?.scrollTo({ top: box.current.scrollHeight, behavior: "smooth" });
  };
  const onScroll = () => {
    const element = box.current;
    if (!element) return;
    const { current } = state;
    current.atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < nearEnd;
    if (current.atEnd) {
      current.seen = thread.last;
      below.value = 0;
    }
    if (element.scrollTop < nearStart) loadOlder(thread);
  };
  return { box, body, below: below.value, toEnd, onScroll, quiet: thread.loading.value };
}
