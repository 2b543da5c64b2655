/** Canned responses: what agents insert with a slash. */
import { api } from "../api";
import { go } from "../router";
import { loadCanned } from "../inbox/suggest";
import { variables } from "../inbox/trigger";
import { may } from "../store/session";
import { t } from "../text";
import type { Canned } from "../types";
import { AreaField, FormView, SwitchField, TextField, useForm } from "../ui/form";
import { useLoad } from "../ui/load";
import { Empty } from "../ui/state";
import { Found, Frame, ItemRow, New, Ready, RemoveButton, saved } from "./frame";

export function CannedPage({ id }: { id: string }) {
  const loaded = useLoad(loadCanned);
  return <Ready of={loaded}>{(all) => (id ? <Found id={id} all={all} section="canned">{(canned) => <CannedForm canned={canned} />}</Found> : <CannedList all={all} />)}</Ready>;
}

function CannedList({ all }: { all: Canned[] }) {
  return (
    <Frame title={t("settings.canned")} lead={t("canned.lead")} action={<New path="/settings/canned/new" />}>
      {all.length ? (
        <ul class="items">
          {all.map((one) => (
            <ItemRow
              key={one.id}
              href={`/settings/canned/${one.id}`}
              title={one.title || one.shortcut}
              detail={one.text}
              end={
                <>
                  {!one.shared && <span class="badge">{t("canned.own")}</span>}
                  <code class="code">/{one.shortcut}</code>
                </>
              }
            />
          ))}
        </ul>
      ) : (
        <Empty icon="spark" title={t("canned.empty.title")}>
          {t("canned.empty.text")}
        </Empty>
      )}
    </Frame>
  );
}

function CannedForm({ canned }: { canned: Canned | undefined }) {
  const form = useForm(
    { shortcut: canned?.shortcut ?? "", title: canned?.title ?? "", text: canned?.text ?? "", shared: canned?.shared ?? may("supervisor") },
    canned?.id,
  );
  const editable = !canned?.shared || may("supervisor");
  const done = () => {
    saved();
    void loadCanned();
    go("/settings/canned", "replace");
  };
  return (
    <Frame title={canned ? canned.title || canned.shortcut : t("canned.new")} up="/settings/canned" upTitle={t("settings.canned")}>
      {!editable && <p class="notice">{t("canned.readonly")}</p>}
      <fieldset disabled={!editable}>
        <FormView
          form={form}
          save={(values) => (canned ? api.patch(`/canned/${canned.id}`, values) : api.post("/canned", values))}
          onSaved={done}
          extra={
            canned && (
              <RemoveButton
                path={`/canned/${canned.id}`}
                name={canned.shortcut}
                text={t("canned.remove")}
                then="/settings/canned"
                onRemoved={loadCanned}
              />
            )
          }
        >
          <div class="form-columns">
            <TextField form={form} name="shortcut" label={t("canned.shortcut")} hint={t("canned.shortcut.hint")} />
            <TextField form={form} name="title" label={t("field.title")} />
          </div>
          <AreaField
            form={form}
            name="text"
            label={t("canned.text")}
            rows={8}
            hint={t("canned.text.hint", { variables: variables.map((name) => `{{${name}}}`).join(" ") })}
          />
          {may("supervisor") && <SwitchField form={form} name="shared" label={t("canned.shared")} hint={t("canned.shared.hint")} />}
        </FormView>
      </fieldset>
    </Frame>
  );
}
