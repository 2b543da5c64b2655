/** Teams: groups of agents that inboxes, transfers and handoffs may name. */
import { api } from "../api";
import { go } from "../router";
import { agents, loadTeams } from "../store/staff";
import { t } from "../text";
import type { Team } from "../types";
import { ChecksField, FormView, TextField, useForm } from "../ui/form";
import { useLoad } from "../ui/load";
import { Empty } from "../ui/state";
import { Found, Frame, ItemRow, New, Ready, RemoveButton, saved } from "./frame";

export function TeamsPage({ id }: { id: string }) {
  const loaded = useLoad(loadTeams);
  return (
    <Ready of={loaded}>{(teams) => (id ? <Found id={id} all={teams} section="teams">{(team) => <TeamForm team={team} />}</Found> : <TeamList teams={teams} />)}</Ready>
  );
}

function TeamList({ teams }: { teams: Team[] }) {
  return (
    <Frame title={t("settings.teams")} lead={t("teams.lead")} action={<New path="/settings/teams/new" />}>
      {teams.length ? (
        <ul class="items">
          {teams.map((team) => (
            <ItemRow
              key={team.id}
              href={`/settings/teams/${team.id}`}
              title={team.name}
              detail={t("teams.members", { n: team.members.length })}
            />
          ))}
        </ul>
      ) : (
        <Empty icon="layers" title={t("teams.empty.title")}>
          {t("teams.empty.text")}
        </Empty>
      )}
    </Frame>
  );
}

function TeamForm({ team }: { team: Team | undefined }) {
  const form = useForm({ name: team?.name ?? "", members: team?.members ?? [] }, team?.id);
  const done = async () => {
    await loadTeams();
    saved();
    go("/settings/teams", "replace");
  };
  return (
    <Frame title={team?.name ?? t("teams.new")} up="/settings/teams" upTitle={t("settings.teams")}>
      <FormView
        form={form}
        save={(values) => (team ? api.patch(`/teams/${team.id}`, values) : api.post("/teams", values))}
        onSaved={() => void done()}
        extra={
          team && (
            <RemoveButton
              path={`/teams/${team.id}`}
              name={team.name}
              text={t("teams.remove")}
              then="/settings/teams"
              onRemoved={loadTeams}
            />
          )
        }
      >
        <TextField form={form} name="name" label={t("field.name")} />
        <ChecksField
          form={form}
          name="members"
          label={t("teams.who")}
          options={agents.value.filter((agent) => !agent.disabled).map((agent) => ({ value: agent.id, label: agent.name }))}
        />
      </FormView>
    </Frame>
  );
}
