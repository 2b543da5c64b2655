/** Inboxes: the entrances to the desk, each with its look, hours and rules. */
import { useSignal } from "@preact/signals";
import { api, reason } from "../api";
import { go } from "../router";
import { loadInboxes, teams } from "../store/staff";
import { t } from "../text";
import type { Inbox } from "../types";
import { Button } from "../ui/button";
import { confirmFirst } from "../ui/dialog";
import { ChecksField, type Form, FormView, LinesField, SelectField, SwitchField, TextField, useForm } from "../ui/form";
import { useLoad } from "../ui/load";
import { Empty } from "../ui/state";
import { toast } from "../ui/toast";
import { CopyField, Found, Frame, ItemRow, New, Part, Ready, RemoveButton, saved } from "./frame";
import { HoursField } from "./hours";
import { Look } from "./look";
import { Offline } from "./offline";
import { PreChatEditor } from "./prechat";
import { WidgetPreview } from "./preview";
import { Privacy } from "./privacy";

export function InboxesPage({ id }: { id: string }) {
  const loaded = useLoad(loadInboxes);
  return <Ready of={loaded}>{(all) => (id ? <Found id={id} all={all} section="inboxes">{(inbox) => <InboxForm inbox={inbox} />}</Found> : <InboxList all={all} />)}</Ready>;
}

function InboxList({ all }: { all: Inbox[] }) {
  return (
    <Frame title={t("settings.inboxes")} lead={t("inboxes.lead")} action={<New path="/settings/inboxes/new" />}>
      {all.length ? (
        <ul class="items">
          {all.map((inbox) => (
            <ItemRow
              key={inbox.id}
              href={`/settings/inboxes/${inbox.id}`}
              icon={<span class="swatch" style={{ background: inbox.look.accent }} aria-hidden="true" />}
              title={inbox.name}
              detail={inbox.origins.join(", ") || t("inboxes.nowhere")}
              end={
                <>
                  {inbox.bot && <span class="badge">{t("bot.label")}</span>}
                  {inbox.archived && <span class="badge badge-bad">{t("inboxes.archived")}</span>}
                </>
              }
            />
          ))}
        </ul>
      ) : (
        <Empty icon="inbox" title={t("inboxes.empty.title")}>
          {t("inboxes.empty.text")}
        </Empty>
      )}
    </Frame>
  );
}

export type Values = Omit<Inbox, "id" | "key" | "archived">;

function blank(inbox: Inbox | undefined): Values {
  if (inbox) {
    const { id: _id, key: _key, archived: _archived, ...values } = inbox;
    return { ...values, look: { ...values.look, radius: values.look.radius || "soft" } };
  }
  return {
    name: "",
    origins: [],
    languages: ["en"],
    bot: true,
    bot_name: "Parley",
    assign: "direct",
    offer_secs: 30,
    teams: [],
    hours: { zone: "", days: [] },
    pre_chat: [],
    privacy: { url: "", text: "", required: false },
    offline: { collect_email: true, message: "" },
    contact_url: "",
    look: { accent: "#1d5bd6", position: "right", radius: "soft", launcher: "", greeting: "" },
    identity: "off",
  };
}

function InboxForm({ inbox }: { inbox: Inbox | undefined }) {
  const form = useForm(blank(inbox), inbox?.id);
  const save = async (values: Values) => {
    if (inbox) {
      await api.patch(`/inboxes/${inbox.id}`, values);
      return;
    }
    const made = await api.post<Inbox>("/inboxes", values);
    go(`/settings/inboxes/${made.id}`, "replace");
  };
  const done = () => {
    saved();
    void loadInboxes();
  };
  return (
    <Frame wide title={inbox?.name ?? t("inboxes.new")} up="/settings/inboxes" upTitle={t("settings.inboxes")}>
      <div class="with-preview">
        <FormView
          long
          form={form}
          save={save}
          onSaved={done}
          verb={inbox ? t("save") : t("inboxes.create")}
          extra={inbox && <Archive inbox={inbox} />}
        >
          {inbox && <Snippet inbox={inbox} />}
          <General form={form} />
          <Answering form={form} />
          <Look form={form} />
          <Part title={t("inboxes.hours")} lead={t("inboxes.hours.lead")}>
            <HoursField hours={form.values.value.hours} onChange={(hours) => form.set("hours", hours)} />
          </Part>
          <Part title={t("inboxes.prechat")} lead={t("inboxes.prechat.lead")}>
            <PreChatEditor fields={form.values.value.pre_chat} onChange={(fields) => form.set("pre_chat", fields)} />
          </Part>
          <Privacy form={form} />
          <Offline form={form} />
          <Identity form={form} inbox={inbox} />
        </FormView>
        <WidgetPreview inbox={form.values.value} />
      </div>
    </Frame>
  );
}

export type PartProps = { form: Form<Values> };

/** The line that a site's owner puts into their pages. */
export function snippet(origin: string, key: string): string {
  return `<script async src="${origin}/widget.js?inbox=${key}"></script>`;
}

function Snippet({ inbox }: { inbox: Inbox }) {
  return (
    <Part title={t("inboxes.snippet")} lead={t("inboxes.snippet.lead")}>
      <CopyField label={t("inboxes.snippet")} text={snippet(location.origin, inbox.key)} />
    </Part>
  );
}

function General({ form }: PartProps) {
  return (
    <Part title={t("inboxes.general")}>
      <TextField form={form} name="name" label={t("field.name")} hint={t("inboxes.name.hint")} />
      <LinesField
        form={form}
        name="origins"
        label={t("inboxes.origins")}
        hint={t("inboxes.origins.hint")}
        placeholder="https://www.example.com"
      />
      <LinesField form={form} name="languages" label={t("inboxes.languages")} hint={t("inboxes.languages.hint")} rows={2} />
      <ChecksField
        form={form}
        name="teams"
        label={t("inboxes.teams")}
        hint={t("inboxes.teams.hint")}
        options={teams.value.map((team) => ({ value: team.id, label: team.name }))}
      />
    </Part>
  );
}

function Answering({ form }: PartProps) {
  const { bot, assign } = form.values.value;
  return (
    <Part title={t("inboxes.answering")}>
      <SwitchField form={form} name="bot" label={t("inboxes.bot")} hint={t("inboxes.bot.hint")} />
      <div class="form-columns">
        {bot && <TextField form={form} name="bot_name" label={t("inboxes.bot_name")} hint={t("inboxes.bot_name.hint")} />}
        <SelectField
          form={form}
          name="assign"
          label={t("inboxes.assign")}
          hint={t(`inboxes.assign.${assign}.hint`)}
          options={(["direct", "offer"] as const).map((value) => ({ value, label: t(`inboxes.assign.${value}`) }))}
        />
        {assign === "offer" && <TextField form={form} name="offer_secs" label={t("inboxes.offer_secs")} type="number" min={5} max={600} />}
      </div>
    </Part>
  );
}

function Identity({ form, inbox }: PartProps & { inbox: Inbox | undefined }) {
  const secret = useSignal("");
  const rotate = () =>
    confirmFirst({
      title: t("inboxes.rotate"),
      text: t("inboxes.rotate.text"),
      verb: t("inboxes.rotate.verb"),
      run: async () => {
        try {
          secret.value = (await api.post<{ secret: string }>(`/inboxes/${inbox?.id}/secret`)).secret;
        } catch (error) {
          toast(reason(error), { bad: true });
        }
      },
    });
  return (
    <Part title={t("inboxes.identity")} lead={t("inboxes.identity.lead")}>
      <SelectField
        form={form}
        name="identity"
        label={t("inboxes.identity.field")}
        options={(["off", "optional", "required"] as const).map((value) => ({ value, label: t(`inboxes.identity.${value}`) }))}
      />
      {inbox && (
        <div>
          <Button small icon="refresh" onClick={rotate}>
            {t("inboxes.rotate")}
          </Button>
        </div>
      )}
      {secret.value && <CopyField label={t("inboxes.secret")} text={secret.value} secret />}
    </Part>
  );
}

function Archive({ inbox }: { inbox: Inbox }) {
  const { id, name } = inbox;
  return (
    <RemoveButton
      path={`/inboxes/${id}`}
      name={name}
      title={t("inboxes.archive.title", { name })}
      text={t("inboxes.archive.text")}
      verb={t("inboxes.archive")}
      then="/settings/inboxes"
      onRemoved={loadInboxes}
    />
  );
}
