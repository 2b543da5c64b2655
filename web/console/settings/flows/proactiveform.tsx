/** When the widget speaks first on a customer's page, and starts the flow. */
import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { t } from "../../text";
import { Field, Line, Switch, ties } from "../../ui/form";
import type { Proactive } from "./flow";
import { wholeRule } from "./wire";

interface Props {
  value: Proactive | null;
  onChange: (value: Proactive | null) => void;
}

export function ProactiveForm({ value, onChange }: Props) {
  const last = useSignal<Proactive>(value ?? wholeRule({ seconds: 30, visits: 1, every_hours: 24, max_queue: 5 }));
  const set = (part: Partial<Proactive>) => {
    last.value = { ...(value ?? last.peek()), ...part };
    onChange(last.peek());
  };
  return (
    <>
      <Switch
        label={t("flows.proactive")}
        hint={t("flows.proactive.hint")}
        checked={!!value}
        onChange={(on) => onChange(on ? last.peek() : null)}
      />
      {value && (
        <div class="flow-inner">
          <Line
            label={t("flows.proactive.message")}
            value={value.message}
            error={value.message.trim() ? undefined : t("flows.lack.text")}
            onInput={(message) => set({ message })}
          />
          <Line
            label={t("flows.proactive.reply")}
            hint={t("flows.proactive.reply.hint")}
            value={value.reply}
            error={value.reply.trim() ? undefined : t("flows.lack.option")}
            maxLength={80}
            onInput={(reply) => set({ reply })}
          />
          <Pages pages={value.pages} onChange={(pages) => set({ pages })} />
          <div class="form-columns">
            <Count label={t("flows.proactive.seconds")} max={3600} value={value.seconds} onInput={(seconds) => set({ seconds })} />
            <Count label={t("flows.proactive.visits")} max={1000} value={value.visits} onInput={(visits) => set({ visits })} />
            <Count label={t("flows.proactive.hours")} max={8760} value={value.every_hours} onInput={(every_hours) => set({ every_hours })} />
            <Count label={t("flows.proactive.queue")} max={1000} value={value.max_queue} onInput={(max_queue) => set({ max_queue })} />
          </div>
          <Switch label={t("flows.proactive.anytime")} checked={value.any_time} onChange={(any_time) => set({ any_time })} />
        </div>
      )}
    </>
  );
}

function Pages({ pages, onChange }: { pages: string[]; onChange: (pages: string[]) => void }) {
  const id = useId();
  const hint = t("flows.proactive.pages.hint");
  return (
    <Field id={id} label={t("flows.proactive.pages")} hint={hint}>
      <textarea
        {...ties(id, hint)}
        class="input"
        rows={2}
        spellcheck={false}
        defaultValue={pages.join("\n")}
        onChange={(event) =>
          onChange(
            event.currentTarget.value
              .split("\n")
              .map((line) => line.trim())
              .filter(Boolean),
          )
        }
      />
    </Field>
  );
}

function Count({ label, value, max, onInput }: { label: string; value: number; max: number; onInput: (value: number) => void }) {
  const id = useId();
  return (
    <Field id={id} label={label}>
      <input
        {...ties(id)}
        class="input"
        type="number"
        min={0}
        max={max}
        value={String(value)}
        onInput={(event) => onInput(Math.min(max, Math.max(0, Math.round(Number(event.currentTarget.value) || 0))))}
      />
    </Field>
  );
}
