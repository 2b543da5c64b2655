/** The form of the flow as a whole: its name, what starts it, and where. */
import { useId } from "preact/hooks";
import { api } from "../../api";
import { t } from "../../text";
import type { Intent } from "../../types";
import { Field, Line, Switch, ties } from "../../ui/form";
import { useLoad } from "../../ui/load";
import { idsOf, ScopeChoice, scopeOf, type Scope } from "../scope";
import { useSignal } from "@preact/signals";
import { ExitField } from "./fields";
import { type Flow, TRIGGER } from "./flow";
import type { Editor } from "./model";
import { ProblemLine } from "./problems";
import { ProactiveForm } from "./proactiveform";

export function TriggerForm({ editor }: { editor: Editor }) {
  const flow = editor.flow.value;
  const id = useId();
  const set = (part: Partial<Flow>) => editor.set({ ...flow, ...part }, `flow ${Object.keys(part).join(" ")}`);
  const trigger = (part: Partial<Flow["trigger"]>) =>
    editor.set({ ...flow, trigger: { ...flow.trigger, ...part } }, `trigger ${Object.keys(part).join(" ")}`);
  const problems = editor.problems.value.filter((problem) => !problem.block);
  return (
    <section class="flow-form" aria-labelledby={id}>
      <header class="flow-form-head">
        <h2 id={id} tabIndex={-1}>
          {t("flows.trigger.title")}
        </h2>
      </header>
      {problems.length > 0 && (
        <ul class="flow-block-problems">
          {problems.map((problem) => (
            <li key={problem.code + problem.message}>
              <ProblemLine problem={problem} />
            </li>
          ))}
        </ul>
      )}
      <Line
        label={t("field.name")}
        value={flow.name}
        error={flow.name.trim() ? undefined : t("flows.lack.name")}
        maxLength={80}
        onInput={(name) => set({ name })}
      />
      <Line label={t("field.description")} value={flow.description} error={undefined} onInput={(description) => set({ description })} />
      <Intents chosen={flow.trigger.intents} onChange={(intents) => trigger({ intents })} />
      <Phrases phrases={flow.trigger.phrases} onChange={(phrases) => trigger({ phrases })} />
      <ProactiveForm value={flow.trigger.proactive} onChange={(proactive) => trigger({ proactive })} />
      <Inboxes key={flow.id} flow={flow} set={set} />
      <ExitField editor={editor} block={TRIGGER} exit={{ key: "start", target: flow.start }} />
      <Switch label={t("flows.enabled")} hint={t("flows.enabled.hint")} checked={flow.enabled} onChange={(enabled) => set({ enabled })} />
    </section>
  );
}

function Intents({ chosen, onChange }: { chosen: string[]; onChange: (intents: string[]) => void }) {
  const loaded = useLoad(() => api.get<{ intents: Intent[] }>("/intents"));
  const known = loaded.value.value?.intents.map((intent) => intent.name) ?? [];
  const all = [...new Set([...known, ...chosen])].sort();
  const flip = (name: string, on: boolean) => onChange(on ? [...chosen, name] : chosen.filter((other) => other !== name));
  return (
    <fieldset class="field checks">
      <legend>{t("flows.trigger.intents")}</legend>
      <div class="flow-intents">
        {all.map((name) => (
          <label key={name} class="check">
            <input type="checkbox" checked={chosen.includes(name)} onChange={(event) => flip(name, event.currentTarget.checked)} />
            {name.replaceAll("_", " ")}
          </label>
        ))}
      </div>
      {!all.length && <p class="hint">{t("flows.trigger.intents.none")}</p>}
      <p class="hint">{t("flows.trigger.intents.hint")}</p>
    </fieldset>
  );
}

/** One a line. The text is the field's own while it is written, so that empty lines can be made. */
function Phrases({ phrases, onChange }: { phrases: string[]; onChange: (phrases: string[]) => void }) {
  const id = useId();
  const text = useSignal(phrases.join("\n"));
  const lines = (value: string) => value.split("\n").map((line) => line.trim()).filter(Boolean);
  if (lines(text.peek()).join("\n") !== phrases.join("\n")) text.value = phrases.join("\n");
  return (
    <Field id={id} label={t("flows.trigger.phrases")} hint={t("flows.trigger.phrases.hint")}>
      <textarea
        {...ties(id, t("flows.trigger.phrases.hint"))}
        class="input"
        rows={4}
        dir="auto"
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          onChange(lines(event.currentTarget.value));
        }}
      />
    </Field>
  );
}

function Inboxes({ flow, set }: { flow: Flow; set: (part: Partial<Flow>) => void }) {
  const scope = useSignal<Scope>(scopeOf(flow.inbox_ids));
  const error = useSignal("");
  const change = (next: Scope) => {
    scope.value = next;
    try {
      set({ inbox_ids: idsOf(next) });
      error.value = "";
    } catch (reason) {
      error.value = (reason as Error).message;
    }
  };
  return <ScopeChoice scope={scope.value} hint={t("flows.inboxes.hint")} error={error.value} onChange={change} />;
}
