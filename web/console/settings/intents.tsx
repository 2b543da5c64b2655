/** Intents: what the bot recognises by examples and what it does then, with a box to try it. */
import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { safeHTML } from "../../shared/html";
import type { Choice, Source } from "../../shared/wire";
import { api, reason } from "../api";
import { go } from "../router";
import { may } from "../store/session";
import { inboxes } from "../store/staff";
import { t, tOr } from "../text";
import type { Intent } from "../types";
import { Button } from "../ui/button";
import { AreaField, FormView, LinesField, SwitchField, TextField, useForm } from "../ui/form";
import { useLoad } from "../ui/load";
import { Empty } from "../ui/state";
import { settle, takeProposal } from "./draft";
import { Found, Frame, ItemRow, New, Ready, RemoveButton, saved } from "./frame";
import { IntentFiles, IntentVersions } from "./intentfiles";
import { LevelsField } from "./levels";
import { idsOf, ScopeField, scopeOf, scopeText } from "./scope";

const loadIntents = async () => (await api.get<{ intents: Intent[] }>("/intents")).intents;

export function IntentsPage({ id }: { id: string }) {
  const loaded = useLoad(loadIntents);
  if (id === "versions") return <IntentVersions />;
  return (
    <Ready of={loaded}>
      {(all) =>
        id ? <Found id={id} all={all} section="intents">{(intent) => <IntentForm intent={intent} />}</Found> : <IntentList all={all} reload={() => void loaded.reload()} />
      }
    </Ready>
  );
}

function IntentList({ all, reload }: { all: Intent[]; reload: () => void }) {
  return (
    <Frame title={t("settings.intents")} lead={t("intents.lead")} action={may("supervisor") && <New path="/settings/intents/new" />}>
      <Try />
      {all.length ? (
        <ul class="items">
          {all.map((intent) => (
            <ItemRow
              key={intent.id}
              href={`/settings/intents/${intent.id}`}
              title={intent.name.replaceAll("_", " ")}
              detail={intent.description || intent.examples[0]}
              end={
                <>
                  {intent.inbox_ids.length > 0 && <span class="badge">{scopeText(intent.inbox_ids)}</span>}
                  {!intent.enabled && <span class="badge">{t("off")}</span>}
                  <span class="muted tabular">{t("intents.examples.n", { n: intent.examples.length })}</span>
                </>
              }
            />
          ))}
        </ul>
      ) : (
        <Empty icon="bot" title={t("intents.empty.title")}>
          {t("intents.empty.text")}
        </Empty>
      )}
      <IntentFiles reload={reload} />
    </Frame>
  );
}

/** Choices as lines: one label each; the id is made from the label. */
function toChoices(lines: string[], old: readonly Choice[]): Choice[] {
  return lines.map(
    (label) =>
      old.find((choice) => choice.label === label) ?? {
        id: label
          .toLowerCase()
          .replace(/[^\p{L}\p{N}]+/gu, "-")
          .slice(0, 40),
        label,
      },
  );
}

function IntentForm({ intent }: { intent: Intent | undefined }) {
  const proposal = useMemo(() => (intent ? null : takeProposal()), [intent?.id]);
  const form = useForm(
    {
      name: intent?.name ?? "",
      description: intent?.description ?? "",
      examples: intent?.examples ?? proposal?.texts ?? [],
      answer: intent?.answer ?? "",
      choices: intent?.choices.map((choice) => choice.label) ?? [],
      skills: intent?.skills ?? {},
      scope: scopeOf(intent?.inbox_ids),
      enabled: intent?.enabled ?? true,
    },
    intent?.id,
  );
  const editable = may("supervisor");
  const save = async ({ scope, ...values }: typeof form.values.value) => {
    const body = { ...values, choices: toChoices(values.choices, intent?.choices ?? []), inbox_ids: idsOf(scope) };
    return intent ? api.patch(`/intents/${intent.id}`, body) : api.post("/intents", body);
  };
  const done = async () => {
    saved();
    if (proposal) await settle(proposal);
    go(proposal ? "/settings/insights" : "/settings/intents", "replace");
  };
  return (
    <Frame title={intent ? intent.name.replaceAll("_", " ") : t("intents.new")} up="/settings/intents" upTitle={t("settings.intents")}>
      {!editable && <p class="notice">{t("intents.readonly")}</p>}
      <fieldset disabled={!editable}>
        <FormView
          form={form}
          save={save}
          onSaved={() => void done()}
          extra={
            intent && <RemoveButton path={`/intents/${intent.id}`} name={intent.name} text={t("intents.remove")} then="/settings/intents" />
          }
        >
          <TextField form={form} name="name" label={t("field.name")} hint={t("intents.name.hint")} />
          <TextField form={form} name="description" label={t("field.description")} hint={t("intents.description.hint")} />
          <LinesField form={form} name="examples" label={t("intents.examples")} hint={t("intents.examples.hint")} rows={8} />
          <AreaField form={form} name="answer" label={t("intents.answer")} hint={t("intents.answer.hint")} rows={5} />
          <LinesField form={form} name="choices" label={t("intents.choices")} hint={t("intents.choices.hint")} rows={3} />
          <LevelsField form={form} name="skills" label={t("intents.skills")} hint={t("intents.skills.hint")} />
          <ScopeField form={form} hint={t("intents.inboxes.hint")} />
          <SwitchField form={form} name="enabled" label={t("intents.enabled")} />
        </FormView>
      </fieldset>
    </Frame>
  );
}

interface Trial {
  intent?: string;
  confidence: number;
  action: string;
  text?: string;
  html?: string;
  sources?: Source[];
  candidates?: { intent: string; confidence: number }[];
  choices?: Choice[];
  language?: string;
  handoff?: { reason: string };
  micros?: number;
}

const percent = (part: number) => Math.round(part * 100);

/** Asks the bot without a conversation. */
function Try() {
  const trial = useSignal<Trial | null>(null);
  const failure = useSignal("");
  const busy = useSignal(false);
  const offered = inboxes.value.filter((inbox) => !inbox.archived);
  const ask = async (event: Event) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const text = String(data.get("text")).trim();
    if (!text) return;
    busy.value = true;
    failure.value = "";
    try {
      trial.value = await api.post<Trial>("/bot/try", { text, inbox_id: String(data.get("inbox") ?? "") });
    } catch (error) {
      failure.value = reason(error);
    }
    busy.value = false;
  };
  return (
    <section class="try" aria-label={t("try.title")}>
      <form class="search-form" onSubmit={ask}>
        <input class="input" name="text" dir="auto" aria-label={t("try.title")} placeholder={t("try.placeholder")} />
        {offered.length > 1 && (
          <select class="input try-inbox" name="inbox" aria-label={t("try.inbox")}>
            <option value="">{t("scope.all")}</option>
            {offered.map((inbox) => (
              <option key={inbox.id} value={inbox.id}>
                {inbox.name}
              </option>
            ))}
          </select>
        )}
        <Button type="submit" busy={busy.value}>
          {t("try.verb")}
        </Button>
      </form>
      <div role="status">
        {failure.value && <p class="error-text">{failure.value}</p>}
        {trial.value && <Outcome trial={trial.value} />}
      </div>
    </section>
  );
}

function Outcome({ trial }: { trial: Trial }) {
  const others = trial.candidates?.slice(0, 4).filter((other) => other.intent !== trial.intent && percent(other.confidence) > 0) ?? [];
  return (
    <div class="try-outcome">
      <p class="try-line">
        <span class="badge badge-accent">{trial.intent?.replaceAll("_", " ") || t("try.none")}</span>
        <meter class="try-meter" min={0} max={1} value={trial.confidence} aria-label={t("try.confidence")} />
        <span class="tabular">{t("try.sure", { n: percent(trial.confidence) })}</span>
        <span class="muted">{tOr(`bot.${trial.action}`, trial.action)}</span>
        {trial.micros !== undefined && (
          <span class="muted tabular">{t("try.took", { ms: Math.max(1, Math.round(trial.micros / 1000)) })}</span>
        )}
      </p>
      {(trial.html || trial.text) && (
        <div class="bubble bubble-theirs rich" dir="auto">
          {trial.html ? safeHTML(trial.html) : trial.text}
        </div>
      )}
      {trial.sources && trial.sources.length > 0 && (
        <ul class="sources">
          {trial.sources.map((source) => (
            <li key={source.url}>
              <a class="source" href={source.url} target="_blank" rel="noopener">
                {source.title}
              </a>
            </li>
          ))}
        </ul>
      )}
      {trial.choices && trial.choices.length > 0 && (
        <ul class="choices">
          {trial.choices.map((choice) => (
            <li key={choice.id} class="choice">
              {choice.label}
            </li>
          ))}
        </ul>
      )}
      {trial.handoff && <p>{t("line.handoff", { reason: tOr(`handoff.${trial.handoff.reason}`, trial.handoff.reason) })}</p>}
      {others.length > 0 && (
        <p class="muted">
          {t("try.others", {
            list: others.map((other) => `${other.intent.replaceAll("_", " ")} ${percent(other.confidence)} %`).join(", "),
          })}
        </p>
      )}
    </div>
  );
}
