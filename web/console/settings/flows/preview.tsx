/** The preview that talks: looks like the widget, and runs the draft as it stands. */
import { useEffect, useMemo, useRef } from "preact/hooks";
import { safeHTML } from "../../../shared/html";
import { Bubble } from "../../../shared/ui/bubble";
import { t, tOr } from "../../text";
import { Button, IconButton } from "../../ui/button";
import { Switch } from "../../ui/form";
import { Icon } from "../../ui/icon";
import type { Editor } from "./model";
import { type Said, Talk } from "./talk";

export function Preview({ editor }: { editor: Editor }) {
  const talk = useMemo(() => new Talk(editor), [editor]);
  const log = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    void talk.restart();
    return () => {
      editor.trace.value = [];
    };
  }, [talk]);
  useEffect(() => {
    log.current?.scrollTo({ top: log.current.scrollHeight });
  }, [talk.lines.value, talk.ended.value]);
  const say = (text: string, choice: string) => {
    void talk.say(text, choice);
    // The buttons are gone with the answer; the focus goes to where the next one is written.
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(".flow-say .input, .flow-say .button")?.focus());
  };
  const lines = talk.lines.value;
  const stale = talk.about.value !== null && talk.about.value !== editor.flow.value;
  return (
    <section class="flow-preview" ref={box} aria-label={t("flows.preview")}>
      <div class="flow-widget">
        <header>
          <Icon name="bot" />
          <strong>{t("bot")}</strong>
          <IconButton icon="refresh" label={t("flows.preview.restart")} tip="start" onClick={() => void talk.restart()} />
        </header>
        <div class="flow-log" role="log" aria-label={t("flows.preview.log")} tabIndex={0} ref={log}>
          {lines.map((line, i) => (
            <Line key={i} line={line} live={i === lines.length - 1 && !talk.ended.value && !talk.busy.value} say={say} />
          ))}
          {talk.busy.value && (
            <span class="dots" aria-hidden="true">
              <i />
              <i />
              <i />
            </span>
          )}
          {talk.failure.value && <p class="error-text">{talk.failure.value}</p>}
          {talk.ended.value && <p class="flow-ended">{tOr(`flows.ended.${talk.ended.value}`, talk.ended.value)}</p>}
        </div>
        {talk.ended.value ? (
          <div class="flow-say">
            <Button icon="refresh" onClick={() => void talk.restart()}>
              {t("flows.preview.again")}
            </Button>
          </div>
        ) : (
          <Say talk={talk} />
        )}
      </div>
      {stale && (
        <p class="flow-stale">
          {t("flows.preview.stale")}
          <button type="button" class="link" onClick={() => void talk.restart()}>
            {t("flows.preview.again")}
          </button>
        </p>
      )}
      <Switch
        label={t("flows.preview.tools")}
        hint={t(talk.real.value ? "flows.preview.tools.on" : "flows.preview.tools.off")}
        checked={talk.real.value}
        onChange={(on) => (talk.real.value = on)}
      />
    </section>
  );
}

function Line({ line, live, say }: { line: Said; live: boolean; say: (text: string, choice: string) => void }) {
  return (
    <>
      {line.text && (
        <Bubble side={line.mine ? "mine" : "theirs"} author={t(line.mine ? "flows.preview.you" : "bot")} last>
          {line.html ? <div class="rich">{safeHTML(line.html)}</div> : line.text}
        </Bubble>
      )}
      {line.choices.length > 0 && (
        <div class="flow-replies" role="group" aria-label={t("flows.preview.replies")}>
          {line.choices.map((choice) => (
            <button key={choice.id} type="button" class="flow-reply" dir="auto" disabled={!live} onClick={() => say(choice.label, choice.id)}>
              {choice.label}
            </button>
          ))}
        </div>
      )}
    </>
  );
}

function Say({ talk }: { talk: Talk }) {
  const send = (event: Event) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const text = String(new FormData(form).get("text")).trim();
    if (!text || talk.busy.peek()) return;
    form.reset();
    void talk.say(text);
  };
  return (
    <form class="flow-say" onSubmit={send}>
      <input class="input" name="text" dir="auto" autoComplete="off" aria-label={t("flows.preview.write")} placeholder={t("flows.preview.write")} />
      <button type="submit" class="icon-button flow-send" aria-label={t("flows.preview.send")} disabled={talk.busy.value}>
        <Icon name="send" />
      </button>
    </form>
  );
}
