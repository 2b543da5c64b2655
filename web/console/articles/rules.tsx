/** What the team has agreed on: whether reviews are required, when articles are read again, which folder is followed. */
import { api } from "../api";
import { may } from "../store/session";
import { t } from "../text";
import { ago } from "../time";
import { FormView, SwitchField, TextField, useForm } from "../ui/form";
import { useLoad } from "../ui/load";
import { Frame, Part, Ready, saved } from "../settings/frame";
import { Tabs } from "./tabs";
import type { Rules } from "./types";

interface Sync {
  dir: string;
  at?: string;
  report: { created: number; updated: number; unchanged: number; archived: number; skipped: { path: string; reason: string }[] | null };
  trouble?: string;
}

export function RulesPage() {
  const rules = useLoad(() => api.get<Rules>("/kb/settings"));
  const sync = useLoad(() => api.get<Sync>("/kb/sync"));
  return (
    <Frame title={t("articles.page.rules")} lead={t("articles.rules.lead")}>
      <Tabs current="rules" />
      <Ready of={rules}>{(value) => <RulesForm rules={value} />}</Ready>
      <Ready of={sync}>{(value) => <Folder sync={value} />}</Ready>
    </Frame>
  );
}

function RulesForm({ rules }: { rules: Rules }) {
  const form = useForm(rules, rules);
  if (!may("admin")) {
    return <p>{t(rules.review_required ? "articles.rules.required" : "articles.rules.optional")}</p>;
  }
  return (
    <FormView form={form} save={(values) => api.patch("/kb/settings", values)} onSaved={saved}>
      <SwitchField form={form} name="review_required" label={t("articles.rules.review")} hint={t("articles.rules.review.hint")} />
      <TextField form={form} name="review_days" label={t("articles.rules.days")} hint={t("articles.rules.days.hint")} type="number" min={0} max={3650} />
    </FormView>
  );
}

function Folder({ sync }: { sync: Sync }) {
  const { report } = sync;
  const skipped = report.skipped ?? [];
  return (
    <Part title={t("articles.folder")} lead={t(sync.dir ? "articles.folder.lead" : "articles.folder.none")}>
      {sync.dir && (
        <>
          <p>
            <code class="code">{sync.dir}</code> {sync.at && <span class="muted">{ago(sync.at)}</span>}
          </p>
          {sync.trouble && (
            <p class="form-failure" role="alert">
              {sync.trouble}
            </p>
          )}
          <p>{t("articles.folder.report", { created: report.created, updated: report.updated, unchanged: report.unchanged, archived: report.archived })}</p>
          {skipped.length > 0 && (
            <ul class="bullets">
              {skipped.map(({ path, reason }) => (
                <li key={path}>
                  <code class="code">{path}</code> {reason}
                </li>
              ))}
            </ul>
          )}
        </>
      )}
    </Part>
  );
}
