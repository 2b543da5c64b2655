/** Inboxes: the entrances to the desk, each with its look, hours and rules. */
import { useSignal } from "@preact/signals";
import { api, reason } from "../api";
import { go } from "../router";
import { loadInboxes, teams } from "../store/staff";
import { t } from "../text";
import type { Inbox } from "../types";
import { Button } from "../ui/button";
import { confirmFirst } from "../ui/dialog";
import { ChecksField, type Form, FormView, LinesField, SelectField, Switch, SwitchField, TextField, useForm } from "../ui/form";
import { useLoad } from "../ui/load";
import { Empty } from "../ui/state";
import { toast } from "../ui/toast";
import { CopyField, Frame, ItemRow, New, Part, Ready, RemoveButton, saved } from "./frame";
import { HoursField } from "./hours";
import { PreChatEditor } from "./prechat";
import { WidgetPreview } from "./preview";

export function InboxesPage({ id }: { id: string }) {
  const loaded = useLoad(loadInboxes);
  return <Ready of={loaded}>{(all) => (id ? <InboxForm inbox={all.find((inbox) => inbox.id === id)} /> : <InboxList all={all} />)}</Ready>;
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

type Values = Omit<Inbox, "id" | "key" | "archived">;

function blank(inbox: Inbox | undefined): Values {
  if (inbox) {
    const { id: _id, key: _key, archived: _archived, ...values } = inbox;
    return values;
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
    offline: { collect_email: true, message: "" },
    look: { accent: "#1d5bd6", position: "right", greeting: "" },
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
          <Part title={t("inboxes.look")}>
            <Look form={form} />
          </Part>
          <Part title={t("inboxes.hours")} lead={t("inboxes.hours.lead")}>
            <HoursField hours={form.values.value.hours} onChange={(hours) => form.set("hours", hours)} />
          </Part>
          <Part title={t("inboxes.prechat")} lead={t("inboxes.prechat.lead")}>
            <PreChatEditor fields={form.values.value.pre_chat} onChange={(fields) => form.set("pre_chat", fields)} />
          </Part>
          <Offline form={form} />
          <Identity form={form} inbox={inbox} />
        </FormView>
        <WidgetPreview inbox={form.values.value} />
      </div>
    </Frame>
  );
}

type PartProps = { form: Form<Values> };

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

function Look({ form }: PartProps) {
  const { look } = form.values.value;
  const set = (part: Partial<Inbox["look"]>) => form.set("look", { ...look, ...part });
  return (
    <>
      <div class="form-columns">
        <div class="field">
          <label for="accent">{t("inboxes.accent")}</label>
          <span class="field-row">
            <input
              class="input"
              type="color"
              id="accent"
              value={look.accent}
              onInput={(event) => set({ accent: event.currentTarget.value })}
            />
            <input
              class="input"
              aria-label={t("inboxes.accent.code")}
              value={look.accent}
              pattern="#[0-9a-fA-F]{6}"
              onChange={(event) =>
                /^#[0-9a-f]{6}$/i.test(event.currentTarget.value) && set({ accent: event.currentTarget.value.toLowerCase() })
              }
            />
          </span>
          <p class="hint">{t("inboxes.accent.hint")}</p>
        </div>
        <fieldset class="field">
          <legend>{t("inboxes.position")}</legend>
          <div class="segments">
            {(["left", "right"] as const).map((side) => (
              <label key={side} class="segment">
                <input type="radio" name="position" checked={look.position === side} onChange={() => set({ position: side })} />
                {t(`inboxes.position.${side}`)}
              </label>
            ))}
          </div>
        </fieldset>
      </div>
      <div class="field">
        <label for="greeting">{t("inboxes.greeting")}</label>
        <textarea
          class="input"
          id="greeting"
          rows={2}
          dir="auto"
          value={look.greeting}
          onInput={(event) => set({ greeting: event.currentTarget.value })}
        />
      </div>
    </>
  );
}

function Offline({ form }: PartProps) {
  const { offline } = form.values.value;
  const set = (part: Partial<Inbox["offline"]>) => form.set("offline", { ...offline, ...part });
  return (
    <Part title={t("inboxes.offline")} lead={t("inboxes.offline.lead")}>
      <Switch
        label={t("inboxes.collect")}
        hint={t("inboxes.collect.hint")}
        checked={offline.collect_email}
        onChange={(on) => set({ collect_email: on })}
      />
      <div class="field">
        <label for="offline">{t("inboxes.message")}</label>
        <textarea
          class="input"
          id="offline"
          rows={2}
          dir="auto"
          value={offline.message}
          onInput={(event) => set({ message: event.currentTarget.value })}
        />
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
