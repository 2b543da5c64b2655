/** The staff: who works here, what they may do and what they can do. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { Avatar, tintOf } from "../../shared/ui/avatar";
import { api, reason } from "../api";
import { go } from "../router";
import { me } from "../store/session";
import { inboxes, loadAgents, stateOf, teams } from "../store/staff";
import { t } from "../text";
import type { Agent, Role } from "../types";
import { Button } from "../ui/button";
import { ChecksField, type Form, FormView, LinesField, SelectField, SwitchField, TextField, useForm } from "../ui/form";
import { useLoad } from "../ui/load";
import { Presence } from "../ui/presence";
import { toast } from "../ui/toast";
import { CopyField, Found, Frame, ItemRow, New, Part, Ready, RemoveButton, saved } from "./frame";
import { LevelsField } from "./levels";

const roles: Role[] = ["agent", "supervisor", "admin"];

export function AgentsPage({ id }: { id: string }) {
  const loaded = useLoad(loadAgents);
  return (
    <Ready of={loaded}>
      {(agents) => (id ? <Found id={id} all={agents} section="agents">{(agent) => <AgentForm agent={agent} />}</Found> : <AgentList agents={agents} />)}
    </Ready>
  );
}

function AgentList({ agents }: { agents: Agent[] }) {
  return (
    <Frame title={t("settings.agents")} lead={t("agents.lead")} action={<New path="/settings/agents/new" />}>
      <ul class="items">
        {agents.map((agent) => (
          <ItemRow
            key={agent.id}
            href={`/settings/agents/${agent.id}`}
            icon={<Avatar tint={tintOf(agent.id)} name={agent.name} kind="agent" />}
            title={agent.name}
            detail={agent.email}
            end={
              <>
                {agent.disabled ? <span class="badge badge-bad">{t("agents.disabled")}</span> : <Presence state={stateOf(agent)} />}
                <span class="badge">{t(`role.${agent.role}`)}</span>
              </>
            }
          />
        ))}
      </ul>
    </Frame>
  );
}

interface Invitation {
  /** Signs in once; then a password can be chosen. */
  link?: string;
}

type Values = Omit<Agent, "id" | "state" | "disabled"> & { disabled: boolean };

function blank(agent: Agent | undefined): Values {
  return {
    name: agent?.name ?? "",
    email: agent?.email ?? "",
    role: agent?.role ?? "agent",
    teams: agent?.teams ?? [],
    skills: agent?.skills ?? {},
    languages: agent?.languages ?? ["en"],
    capacity: agent?.capacity ?? 5,
    inboxes: agent?.inboxes ?? null,
    disabled: agent?.disabled ?? false,
  };
}

function AgentForm({ agent }: { agent: Agent | undefined }) {
  const form = useForm(blank(agent), agent?.id);
  const link = useSignal("");
  const self = agent?.id === me.value?.id;
  const save = async (values: Values) => {
    // No box ticked means every inbox.
    const body = { ...values, inboxes: values.inboxes?.length ? values.inboxes : null };
    if (agent) {
      await api.patch(`/agents/${agent.id}`, body);
      return;
    }
    const { disabled: _, ...invited } = body;
    link.value = (await api.post<Invitation>("/agents", invited)).link ?? "";
  };
  const done = async () => {
    await loadAgents();
    saved();
    if (!link.peek()) go("/settings/agents", "replace");
  };
  const makeLink = async () => {
    try {
      link.value = (await api.post<Invitation>(`/agents/${agent?.id}/link`)).link ?? "";
    } catch (error) {
      toast(reason(error), { bad: true });
    }
  };
  if (link.value) return <SignInLink name={form.values.value.name} link={link.value} />;
  return (
    <Frame
      title={agent?.name ?? t("agents.new")}
      lead={agent ? "" : t("agents.new.lead")}
      up="/settings/agents"
      upTitle={t("settings.agents")}
    >
      <FormView
        long
        form={form}
        save={save}
        onSaved={() => void done()}
        verb={agent ? t("save") : t("agents.invite")}
        extra={
          agent &&
          !self && (
            <RemoveButton
              path={`/agents/${agent.id}`}
              name={agent.name}
              text={t("agents.remove")}
              then="/settings/agents"
              onRemoved={loadAgents}
            />
          )
        }
      >
        <Who form={form}>
          {agent && !self && <SwitchField form={form} name="disabled" label={t("agents.disable")} hint={t("agents.disable.hint")} />}
          {agent && !agent.disabled && (
            <div>
              <Button small icon="link" onClick={() => void makeLink()}>
                {t("agents.newlink")}
              </Button>
            </div>
          )}
        </Who>
        <Work form={form} />
      </FormView>
    </Frame>
  );
}

function Who({ form, children }: { form: Form<Values>; children: ComponentChildren }) {
  return (
    <Part title={t("agents.who")}>
      <div class="form-columns">
        <TextField form={form} name="name" label={t("setup.name")} hint={t("setup.name.hint")} />
        <TextField form={form} name="email" label={t("contact.email")} type="email" />
        <SelectField
          form={form}
          name="role"
          label={t("agents.role")}
          hint={t(`role.${form.values.value.role}.hint`)}
          options={roles.map((role) => ({ value: role, label: t(`role.${role}`) }))}
        />
      </div>
      {children}
    </Part>
  );
}

function Work({ form }: { form: Form<Values> }) {
  const named = (list: readonly { id: string; name: string }[]) => list.map(({ id, name }) => ({ value: id, label: name }));
  return (
    <Part title={t("agents.work")} lead={t("agents.work.lead")}>
      <div class="form-columns">
        <TextField
          form={form}
          name="capacity"
          label={t("agents.capacity")}
          hint={t("agents.capacity.hint")}
          type="number"
          min={1}
          max={100}
        />
        <LinesField form={form} name="languages" label={t("agents.languages")} hint={t("agents.languages.hint")} rows={2} />
      </div>
      <LevelsField form={form} name="skills" label={t("settings.skills")} />
      <ChecksField form={form} name="teams" label={t("settings.teams")} options={named(teams.value)} />
      <ChecksField
        form={form}
        name="inboxes"
        label={t("settings.inboxes")}
        hint={t("agents.inboxes.hint")}
        options={named(inboxes.value)}
      />
    </Part>
  );
}

function SignInLink({ name, link }: { name: string; link: string }) {
  return (
    <Frame title={t("agents.link.for", { name })} lead={t("agents.link.lead")} up="/settings/agents" upTitle={t("settings.agents")}>
      <CopyField label={t("agents.link")} text={link} secret />
    </Frame>
  );
}
