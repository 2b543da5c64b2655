/** Where an article stands, what may be done with it now, and what was said on the way. */
import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { api } from "../api";
import { me } from "../store/session";
import { agents } from "../store/staff";
import { t, tOr } from "../text";
import { full, moment } from "../time";
import { Button } from "../ui/button";
import { closeDialog, Dialog, openDialog } from "../ui/dialog";
import { useLoad } from "../ui/load";
import { Field, ties } from "../ui/form";
import { Menu, type MenuItem } from "../ui/menu";
import { toast } from "../ui/toast";
import { Part, Ready } from "../settings/frame";
import type { Editing } from "./editing";
import { type Step, stepsOf } from "./steps";
import { type Article, type Remark, type Status, written } from "./types";

const tones: Record<Status, string> = {
  in_progress: "badge-warn",
  awaiting_review: "badge-accent",
  approved: "badge-accent",
  published: "badge-ok",
  archived: "",
};

export function StatusBadge({ status }: { status: Status }) {
  return <span class={`badge ${tones[status]}`}>{t(`articles.${status}`)}</span>;
}

/** Both states of an article that is live and written anew. */
export function Standing({ article }: { article: Article }) {
  const { publish_at } = article.work;
  return (
    <span class="standing">
      <StatusBadge status={article.status} />
      {article.staged && (
        <span class={`badge ${tones[article.staged.status]}`}>{t("articles.new_version", { status: t(`articles.${article.staged.status}`) })}</span>
      )}
      {publish_at && (
        <span class="badge" title={full(publish_at)}>
          {t("articles.scheduled", { when: moment(publish_at) })}
        </span>
      )}
    </span>
  );
}

function nameOf(id: string): string {
  return agents.value.find((agent) => agent.id === id)?.name ?? "";
}

/** Steps that need a word or a time first. */
const asking = new Set<Step>(["ask", "return", "approve", "schedule", "archive", "reopen", "discard"]);

/** The name that the server has for a step. */
function actionOf(step: Step): string {
  return step === "take-back" ? "return" : step;
}

export function StepButtons({ editing, strict }: { editing: Editing; strict: boolean }) {
  const article = editing.article.value;
  const who = me.value;
  if (!article || !who) return null;
  const steps = stepsOf(article, who, strict);
  const run = async (step: Step, more: Record<string, unknown> = {}) => {
    if (await editing.take(actionOf(step), more)) toast(t(`articles.done.${step}`));
  };
  const start = (step: Step) => (asking.has(step) ? openDialog(<StepDialog step={step} article={article} run={run} />) : void run(step));
  const [first, ...rest] = steps;
  const items = rest.map((step): MenuItem => ({ label: t(`articles.step.${step}`), danger: step === "discard" || step === "archive", run: () => start(step) }));
  return (
    <>
      {first && (
        <Button small kind={first === "archive" ? "plain" : "primary"} onClick={() => start(first)}>
          {t(`articles.step.${first}`)}
        </Button>
      )}
      {items.length > 0 && (
        <Menu label={t("articles.steps")} class="icon-button" align="end" items={items}>
          <span class="dots-icon" aria-hidden="true">
            ⋯
          </span>
        </Menu>
      )}
    </>
  );
}

interface StepDialogProps {
  step: Step;
  article: Article;
  run: (step: Step, more: Record<string, unknown>) => Promise<void>;
}

/** The next full hour in local time, as the field wants it. */
function soon(): string {
  const at = new Date(Date.now() + 3_600_000);
  at.setMinutes(0, 0, 0);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function StepDialog({ step, article, run }: StepDialogProps) {
  const comment = useSignal("");
  const reviewer = useSignal(article.work.reviewer);
  const at = useSignal(soon());
  const error = useSignal("");
  const id = useId();
  const needsWord = step === "return";
  const zoned = t("articles.publish_at.hint", { zone: Intl.DateTimeFormat().resolvedOptions().timeZone });
  const go = (event: Event) => {
    event.preventDefault();
    if (needsWord && !comment.value.trim()) {
      error.value = t("articles.comment.needed");
      return;
    }
    if (step === "schedule" && !(Date.parse(at.value) > Date.now())) {
      error.value = t("articles.publish_at.past");
      document.getElementById(`${id}-at`)?.focus();
      return;
    }
    closeDialog();
    const when = step === "schedule" && { publish_at: new Date(at.value).toISOString() };
    const asked = step === "ask" && { reviewer: reviewer.value };
    void run(step, { ...(comment.value.trim() && { comment: comment.value.trim() }), ...when, ...asked });
  };
  return (
    <Dialog
      title={t(`articles.step.${step}`)}
      footer={
        <>
          <Button onClick={closeDialog}>{t("cancel")}</Button>
          <button type="submit" form={id} class={`button ${step === "discard" ? "button-danger" : "button-primary"}`}>
            {t(`articles.step.${step}`)}
          </button>
        </>
      }
    >
      <form id={id} class="form" onSubmit={go}>
        <p class="muted">{t(`articles.about.${step}`)}</p>
        {step === "ask" && <Reviewer value={reviewer.value} onChange={(next) => (reviewer.value = next)} />}
        {step === "schedule" && (
          <Field id={`${id}-at`} label={t("articles.publish_at")} hint={zoned} error={error.value}>
            <input
              {...ties(`${id}-at`, zoned, error.value)}
              class="input"
              type="datetime-local"
              required
              value={at.value}
              onInput={(event) => (at.value = event.currentTarget.value)}
            />
          </Field>
        )}
        {step !== "schedule" && step !== "discard" && (
          <div class="field">
            <label for={`${id}-comment`}>{t(needsWord ? "articles.comment.left" : "articles.comment")}</label>
            <textarea
              class="input"
              id={`${id}-comment`}
              rows={3}
              dir="auto"
              maxLength={1000}
              value={comment.value}
              aria-invalid={error.value ? true : undefined}
              aria-describedby={error.value ? `${id}-error` : undefined}
              onInput={(event) => (comment.value = event.currentTarget.value)}
            />
            {error.value && (
              <p class="error-text" id={`${id}-error`} role="alert">
                {error.value}
              </p>
            )}
          </div>
        )}
      </form>
    </Dialog>
  );
}

function Reviewer({ value, onChange }: { value: string; onChange: (id: string) => void }) {
  const id = useId();
  const able = agents.value.filter((agent) => agent.role !== "agent" && agent.id !== me.value?.id);
  return (
    <div class="field">
      <label for={id}>{t("articles.reviewer")}</label>
      <select class="input" id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">{t("articles.reviewer.any")}</option>
        {able.map((agent) => (
          <option key={agent.id} value={agent.id}>
            {agent.name}
          </option>
        ))}
      </select>
    </div>
  );
}

/** What happened and what was said, and a place to say more. */
export function Remarks({ editing }: { editing: Editing }) {
  const article = editing.article.value;
  const text = useSignal("");
  const id = useId();
  const loaded = useLoad(
    () => api.get<{ remarks: Remark[] }>(`/articles/${article?.id}/remarks`),
    [article?.updated_at, article?.status, article?.staged?.status, article?.staged?.revision, article?.work.publish_at],
  );
  if (!article) return null;
  const say = async (event: Event) => {
    event.preventDefault();
    const comment = text.value.trim();
    if (!comment) return;
    try {
      await api.post(`/articles/${article.id}/workflow`, { action: "comment", comment });
      text.value = "";
      await loaded.reload();
    } catch {
      toast(t("articles.comment.failed"), { bad: true });
    }
  };
  const reviewer = nameOf(article.work.reviewer);
  return (
    <Part title={t("articles.remarks")}>
      {reviewer && written(article) !== "in_progress" && <p class="muted">{t("articles.asked", { name: reviewer })}</p>}
      <form class="search-form" onSubmit={say}>
        <label class="sr" for={id}>
          {t("articles.comment")}
        </label>
        <input
          class="input"
          id={id}
          dir="auto"
          maxLength={1000}
          placeholder={t("articles.comment.write")}
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
        <Button type="submit">{t("articles.comment.send")}</Button>
      </form>
      <Ready of={loaded}>
        {({ remarks }) =>
          remarks.length ? (
            <ol class="remarks">
              {remarks.map((remark) => (
                <li key={remark.id}>
                  <p class="remark-head">
                    <strong>{tOr(`articles.remark.${remark.kind}`, remark.kind)}</strong>
                    <span class="muted">
                      {remark.author && <bdi>{remark.author}</bdi>} <time title={full(remark.at)}>{moment(remark.at)}</time>
                    </span>
                  </p>
                  {remark.text && <p dir="auto">{remark.text}</p>}
                </li>
              ))}
            </ol>
          ) : (
            <p class="muted">{t("articles.remarks.none")}</p>
          )
        }
      </Ready>
    </Part>
  );
}
