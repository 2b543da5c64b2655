/** Where an agent writes: a reply or a note, each with its own draft. */
import { signal, useComputed } from "@preact/signals";
import { useEffect, useId, useMemo, useRef } from "preact/hooks";
import { newCID } from "../../shared/outbox";
import type { Thread } from "../../shared/store";
import type { ChatEvent, Send, Summary } from "../../shared/wire";
import { useCommands } from "../commands";
import { reopen } from "../store/act";
import { acknowledge, draft, type Mode, setDraft } from "../store/drafts";
import { outbox, send, stale } from "../store/live";
import { me } from "../store/session";
import { t } from "../text";
import { toast } from "../ui/toast";
import { Button, IconButton } from "../ui/button";
import { Icon } from "../ui/icon";
import { Menu } from "../ui/menu";
import { resolveAndNext } from "./header";
import { type Suggestion, Suggester, SuggestionList } from "./suggest";
import { addFiles, takeUploads, uploadsOf } from "./uploads";
import { UploadList } from "./uploadlist";

/** ms between two signs of life while writing. */
const typingEvery = 3000;

/** Reply or note: kept while going from one conversation to the next, so that a run of notes stays one. */
export const mode = signal<Mode>("reply");

interface ComposerProps {
  conv: Summary;
  thread: Thread;
}

export function Composer({ conv, thread }: ComposerProps) {
  useEffect(() => {
    mode.value = "reply";
  }, [conv.id]);
  if (conv.state === "resolved") return <Closed conv={conv} />;
  return <Writing conv={conv} thread={thread} />;
}

function Closed({ conv }: { conv: Summary }) {
  return (
    <footer class="composer composer-closed">
      <p>{t("composer.closed")}</p>
      <Button icon="undo" disabled={stale.value} onClick={() => void reopen(conv.id)}>
        {t("cmd.reopen")}
      </Button>
    </footer>
  );
}

/** What a reply does besides being sent. */
function consequence(conv: Summary): string {
  if (conv.state === "bot") return t("composer.takeover");
  if (conv.state === "queued") return t("composer.claims");
  if (conv.agent && conv.agent !== me.value?.id) return t("composer.foreign", { name: conv.agent_name ?? "" });
  return "";
}

/** A message of somebody else of our side that came after the writing began. */
function overtaken(events: readonly ChatEvent[], since: number): ChatEvent | undefined {
  if (!since) return undefined;
  return events.findLast((e) => e.seq > since && e.kind === "message" && !e.note && e.from.kind === "agent" && e.from.id !== me.value?.id);
}

/** Sends signs of writing, at most one in three seconds, and one when it ends. */
function useTyping(conv: string) {
  const state = useRef({ at: 0, timer: 0 });
  const stop = () => {
    clearTimeout(state.current.timer);
    if (state.current.at) send({ type: "typing", conv, on: false });
    state.current.at = 0;
  };
  useEffect(() => stop, [conv]);
  const beat = () => {
    clearTimeout(state.current.timer);
    state.current.timer = setTimeout(stop, typingEvery + 1000);
    if (Date.now() - state.current.at < typingEvery) return;
    state.current.at = Date.now();
    send({ type: "typing", conv, on: true });
  };
  return { beat, stop };
}

function Writing({ conv, thread }: ComposerProps) {
  const now = mode.value;
  const { text } = draft(conv.id, now);
  const area = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const listId = useId();
  const latest = useRef(conv);
  latest.current = conv;
  const suggester = useMemo(() => new Suggester(() => latest.current), []);
  const typing = useTyping(conv.id);
  const files = uploadsOf(conv.id);
  const newer = useComputed(() => overtaken(thread.events.value, draft(thread.id, "reply").since)).value;
  const colleague = [...thread.typing.value.values()].find(({ from }) => from.kind === "agent" && from.id !== me.value?.id);
  const uploading = files.some((file) => !file.file);
  const blocked = stale.value || uploading || (!text.trim() && !files.length);

  const write = (value: string) => {
    setDraft(conv.id, now, value, thread.last);
    if (now === "reply" && value) typing.beat();
    else typing.stop();
  };
  const submit = (after?: () => void) => {
    if (blocked) return;
    if (now === "reply" && newer) {
      area.current?.focus();
      document.getElementById("overtaken")?.focus();
      return;
    }
    const sent = takeUploads(conv.id);
    const message: Send = { cid: newCID(), conv: conv.id };
    if (text.trim()) message.text = text.trim();
    if (sent.length) message.attachments = sent.map((file) => file.id);
    if (now === "note") message.note = true;
    if (!outbox.peek()?.add({ type: "send", ...message }, sent)) {
      toast(t("composer.full"), { bad: true });
      return;
    }
    setDraft(conv.id, now, "", 0);
    typing.stop();
    suggester.close();
    area.current?.focus();
    after?.();
  };
  const sendAndResolve = () => submit(() => resolveAndNext(conv));
  const choose = ({ text: insert }: Suggestion) => {
    const trigger = suggester.trigger.peek();
    const field = area.current;
    if (!trigger || !field) return;
    const value = text.slice(0, trigger.start) + insert + text.slice(field.selectionStart);
    write(value);
    suggester.close();
    // The caret goes behind what was put in, once it is drawn.
    requestAnimationFrame(() => field.setSelectionRange(trigger.start + insert.length, trigger.start + insert.length));
    field.focus();
  };
  const keys = (event: KeyboardEvent) => {
    const options = suggester.list.peek();
    if (suggester.trigger.peek() && options.length) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") suggester.move(event.key === "ArrowDown" ? 1 : -1);
      else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") choose(options[suggester.active.peek()] as Suggestion);
      else if (event.key === "Escape") suggester.close();
      else return shortcuts(event);
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    shortcuts(event);
  };
  const shortcuts = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.stopPropagation();
      if (event.shiftKey) sendAndResolve();
      else submit();
    } else if (event.key === "Escape") {
      event.preventDefault();
      area.current?.blur();
    }
  };
  useComposerCommands(area);
  useEffect(() => fit(area.current), [text, now, conv.id]);

  return (
    <footer
      class={`composer composer-${now}`}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        addFiles(conv.id, event.dataTransfer?.files ?? []);
      }}
    >
      {newer && now === "reply" && <Overtaken by={newer} go={() => acknowledge(conv.id, "reply", thread.last)} />}
      {colleague && !newer && (
        <p class="composer-notice" role="status">
          <Icon name="pencil" size={14} />
          {t("composer.colleague", { name: colleague.from.name })}
        </p>
      )}
      <div class="composer-box">
        <div class="composer-tabs" role="group" aria-label={t("composer.mode")}>
          <ModeButton value="reply" label={t("composer.reply")} keys="r" />
          <ModeButton value="note" label={t("composer.note")} keys="n" />
          <span class="composer-consequence">{now === "note" ? t("composer.note.hint") : consequence(conv)}</span>
        </div>
        <SuggestionList suggester={suggester} id={listId} choose={choose} />
        <textarea
          ref={area}
          class="composer-text"
          dir="auto"
          rows={2}
          aria-label={now === "note" ? t("composer.note.label") : t("composer.reply.label")}
          placeholder={stale.value ? t("composer.offline") : now === "note" ? t("composer.note.placeholder") : t("composer.reply.placeholder")}
          aria-autocomplete="list"
          aria-controls={suggester.list.value.length ? listId : undefined}
          aria-activedescendant={suggester.list.value.length ? `${listId}-${suggester.active.value}` : undefined}
          readOnly={stale.value}
          maxLength={16_000}
          value={text}
          onInput={(event) => {
            write(event.currentTarget.value);
            suggester.look(event.currentTarget.value, event.currentTarget.selectionStart);
          }}
          onKeyDown={keys}
          onBlur={() => {
            typing.stop();
            suggester.close();
          }}
          onPaste={(event) => {
            const pasted = event.clipboardData?.files;
            if (pasted?.length) {
              event.preventDefault();
              addFiles(conv.id, pasted);
            }
          }}
        />
        <UploadList files={files} />
        <div class="composer-bar">
          <IconButton icon="clip" label={t("composer.attach")} tip="above" onClick={() => picker.current?.click()} />
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            onChange={(event) => {
              addFiles(conv.id, event.currentTarget.files ?? []);
              event.currentTarget.value = "";
            }}
          />
          <IconButton icon="spark" label={t("composer.canned")} tip="above" onClick={() => insertSign("/")} />
          <IconButton icon="book" label={t("composer.article")} tip="above" onClick={() => insertSign("#")} />
          <span class="composer-hint">{t("composer.keys")}</span>
          <div class="split">
            <Button kind={now === "note" ? "plain" : "primary"} class={now === "note" ? "button-note" : ""} small disabled={blocked} keys="mod+enter" onClick={() => submit()}>
              {now === "note" ? t("composer.note.send") : t("composer.send")}
            </Button>
            {now === "reply" && (
              <Menu
                label={t("composer.more")}
                class="button button-primary button-small split-more"
                disabled={blocked}
                align="end"
                up
                items={[
                  { label: t("composer.send"), icon: "send", keys: "mod+enter", run: () => submit() },
                  { label: t("composer.resolve"), icon: "check", keys: "mod+shift+enter", run: sendAndResolve },
                ]}
              >
                <Icon name="down" size={14} />
              </Menu>
            )}
          </div>
        </div>
      </div>
    </footer>
  );

  function insertSign(sign: "/" | "#") {
    const field = area.current;
    if (!field) return;
    const at = field.selectionStart;
    const space = at > 0 && !/\s$/.test(text.slice(0, at)) ? " " : "";
    const value = text.slice(0, at) + space + sign + text.slice(at);
    write(value);
    field.focus();
    const caret = at + space.length + 1;
    requestAnimationFrame(() => {
      field.setSelectionRange(caret, caret);
      suggester.look(value, caret);
    });
  }
}

/** Makes the field as high as its text; the style sheet sets the most. */
function fit(field: HTMLTextAreaElement | null): void {
  if (!field) return;
  field.style.blockSize = "auto";
  field.style.blockSize = `${field.scrollHeight}px`;
}

function useComposerCommands(area: { current: HTMLTextAreaElement | null }): void {
  const start = (next: Mode) => {
    mode.value = next;
    area.current?.focus();
  };
  useCommands(() => [
    { id: "reply", title: t("cmd.reply"), group: "composer", keys: ["r"], run: () => start("reply") },
    { id: "note", title: t("cmd.note"), group: "composer", keys: ["n"], run: () => start("note") },
  ]);
}

function ModeButton({ value, label, keys }: { value: Mode; label: string; keys: string }) {
  return (
    <button type="button" class="composer-tab" aria-pressed={mode.value === value} aria-keyshortcuts={keys} onClick={() => (mode.value = value)}>
      {value === "note" && <Icon name="lock" size={13} />}
      {label}
    </button>
  );
}

/** Stands in the way of sending until the newer message has been taken note of. */
function Overtaken({ by, go }: { by: ChatEvent; go: () => void }) {
  return (
    <div class="composer-notice composer-warning" role="alert">
      <Icon name="alert" size={16} />
      <span>
        {t("composer.newer", { name: by.from.name })} <q dir="auto">{(by.text ?? "").slice(0, 120)}</q>
      </span>
      <button type="button" class="button button-small" id="overtaken" onClick={go}>
        {t("composer.anyway")}
      </button>
    </div>
  );
}
