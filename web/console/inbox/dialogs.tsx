/** What is asked before a conversation goes to sleep or gets tags. */
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Summary } from "../../shared/wire";
import { setTags, snooze } from "../store/act";
import { everyConversation } from "../store/conversations";
import { t } from "../text";
import { moment } from "../time";
import { Button } from "../ui/button";
import { closeDialog, Dialog } from "../ui/dialog";
import { naps } from "./naps";
import { tagOf } from "./tag";

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
          <input
            class="input"
            type="datetime-local"
            id="snooze-own"
            ref={own}
            min={localValue(now)}
            defaultValue={localValue(new Date(now.getTime() + 86_400_000))}
          />
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
  const flip = (tag: string) =>
    (tags.value = tags.value.includes(tag) ? tags.value.filter((other) => other !== tag) : [...tags.value, tag]);
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
        <input
          class="input"
          autoFocus
          aria-label={t("tags.add")}
          placeholder={t("tags.add")}
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
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
