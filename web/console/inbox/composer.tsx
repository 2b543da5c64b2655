/** Where an agent writes: a reply or a note, each with its own draft. */
import { useSignal } from "@preact/signals";
import { useEffect, useId, useMemo, useRef } from "preact/hooks";
import type { Thread } from "../../shared/store";
import type { ChatEvent, Summary } from "../../shared/wire";
import { useCommands } from "../commands";
import { reopen } from "../store/act";
import type { Mode } from "../store/drafts";
import { stale } from "../store/live";
import { me } from "../store/session";
import { t } from "../text";
import { Button, IconButton } from "../ui/button";
import { Icon } from "../ui/icon";
import { Menu } from "../ui/menu";
import { Copilot, learnModel } from "./copilot";
import { Editor } from "./editor";
import { CopilotMenu, menuID, ProposalBox } from "./proposal";
import { SuggestionList } from "./suggest";
import { UploadList } from "./uploadlist";
import { addFiles, uploadsOf } from "./uploads";

interface ComposerProps {
  conv: Summary;
  thread: Thread;
}

export function Composer({ conv, thread }: ComposerProps) {
  return conv.state === "resolved" ? <Closed conv={conv} /> : <Writing conv={conv} thread={thread} />;
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

function Writing({ conv, thread }: ComposerProps) {
  const latest = useRef(conv);
  latest.current = conv;
  const editor = useMemo(() => new Editor(thread, () => latest.current), [thread]);
  const copilot = useMemo(() => new Copilot(thread.id, editor), [editor]);
  const over = useSignal(false);
  useEffect(() => () => editor.leave(), [editor]);
  useEffect(() => {
    void learnModel();
    return () => copilot.discard();
  }, [copilot]);
  useCommands(() => [
    { id: "reply", title: t("cmd.reply"), group: "composer", keys: ["r"], run: () => editor.start("reply") },
    { id: "note", title: t("cmd.note"), group: "composer", keys: ["n"], run: () => editor.start("note") },
    { id: "copilot", title: t("cmd.copilot"), group: "composer", keys: ["mod+j"], run: () => document.getElementById(menuID)?.click() },
  ]);
  const mode = editor.mode.value;
  return (
    <footer
      class={`composer composer-${mode}${over.value ? " composer-over" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => (over.value = false)}
      onDrop={(event) => {
        event.preventDefault();
        over.value = false;
        addFiles(conv.id, event.dataTransfer?.files ?? []);
      }}
    >
      <Notices editor={editor} thread={thread} />
      <div class="composer-box">
        <div class="composer-tabs" role="group" aria-label={t("composer.mode")}>
          <ModeButton editor={editor} value="reply" label={t("composer.reply")} keys="r" />
          <ModeButton editor={editor} value="note" label={t("composer.note")} keys="n" />
          <span class="composer-consequence">{mode === "note" ? t("composer.note.hint") : consequence(conv)}</span>
        </div>
        <ProposalBox copilot={copilot} />
        <Field editor={editor} conv={conv.id} />
        <UploadList files={uploadsOf(conv.id)} />
        <Bar editor={editor} conv={conv.id} copilot={copilot} />
      </div>
    </footer>
  );
}

/** Other agents at the same conversation: who writes, and what came before the own reply. */
function Notices({ editor, thread }: { editor: Editor; thread: Thread }) {
  const newer = editor.newer.value;
  if (newer) return <Overtaken by={newer} go={() => editor.goOn()} />;
  const colleague = [...thread.typing.value.values()].find(({ from }) => from.kind === "agent" && from.id !== me.value?.id);
  if (!colleague) return null;
  return (
    <p class="composer-notice" role="status">
      <Icon name="pencil" size={14} />
      {t("composer.colleague", { name: colleague.from.name })}
    </p>
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

function placeholder(mode: Mode): string {
  if (stale.value) return t("composer.offline");
  return mode === "note" ? t("composer.note.placeholder") : t("composer.reply.placeholder");
}

/** Makes the field as high as its text; the style sheet sets the most. */
function fit(field: HTMLTextAreaElement | null): void {
  if (!field) return;
  field.style.blockSize = "auto";
  field.style.blockSize = `${field.scrollHeight}px`;
}

function Field({ editor, conv }: { editor: Editor; conv: string }) {
  const id = useId();
  const { suggester } = editor;
  const mode = editor.mode.value;
  const text = editor.text.value;
  const suggested = suggester.list.value.length > 0;
  useEffect(() => fit(editor.field), [text, mode]);
  return (
    <>
      <SuggestionList suggester={suggester} id={id} choose={(one) => editor.choose(one)} />
      <textarea
        ref={(field) => {
          editor.field = field;
        }}
        class="composer-text"
        dir="auto"
        rows={2}
        aria-label={mode === "note" ? t("composer.note.label") : t("composer.reply.label")}
        placeholder={placeholder(mode)}
        aria-autocomplete="list"
        aria-controls={suggested ? id : undefined}
        aria-activedescendant={suggested ? `${id}-${suggester.active.value}` : undefined}
        readOnly={stale.value}
        maxLength={16_000}
        value={text}
        onInput={() => editor.input()}
        onKeyDown={(event) => editor.key(event)}
        onBlur={() => editor.leave()}
        onPaste={(event) => {
          const pasted = event.clipboardData?.files;
          if (!pasted?.length) return;
          event.preventDefault();
          addFiles(conv, pasted);
        }}
      />
    </>
  );
}

function Bar({ editor, conv, copilot }: { editor: Editor; conv: string; copilot: Copilot }) {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <div class="composer-bar">
      <IconButton icon="clip" label={t("composer.attach")} tip="above" onClick={() => picker.current?.click()} />
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          addFiles(conv, event.currentTarget.files ?? []);
          event.currentTarget.value = "";
        }}
      />
      <IconButton icon="spark" label={t("composer.canned")} tip="above" onClick={() => editor.ask("/")} />
      <IconButton icon="book" label={t("composer.article")} tip="above" onClick={() => editor.ask("#")} />
      <CopilotMenu copilot={copilot} />
      <span class="composer-hint">{t("composer.keys")}</span>
      <SendButtons editor={editor} />
    </div>
  );
}

function SendButtons({ editor }: { editor: Editor }) {
  const blocked = editor.blocked.value;
  if (editor.mode.value === "note") {
    return (
      <Button class="button-note" small disabled={blocked} keys="mod+enter" onClick={() => editor.submit()}>
        {t("composer.note.send")}
      </Button>
    );
  }
  return (
    <div class="split">
      <Button kind="primary" small disabled={blocked} keys="mod+enter" onClick={() => editor.submit()}>
        {t("composer.send")}
      </Button>
      <Menu
        label={t("composer.more")}
        class="button button-primary button-small split-more"
        disabled={blocked}
        align="end"
        up
        items={[
          { label: t("composer.send"), icon: "send", keys: "mod+enter", run: () => editor.submit() },
          { label: t("composer.resolve"), icon: "check", keys: "mod+shift+enter", run: () => editor.submit(true) },
        ]}
      >
        <Icon name="down" size={14} />
      </Menu>
    </div>
  );
}

interface ModeProps {
  editor: Editor;
  value: Mode;
  label: string;
  keys: string;
}

function ModeButton({ editor, value, label, keys }: ModeProps) {
  return (
    <button
      type="button"
      class="composer-tab"
      aria-pressed={editor.mode.value === value}
      aria-keyshortcuts={keys}
      onClick={() => editor.start(value)}
    >
      {value === "note" && <Icon name="lock" size={13} />}
      {label}
    </button>
  );
}
