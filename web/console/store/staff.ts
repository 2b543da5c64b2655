/** Who works here: agents with their state, teams, inboxes, skills. Loaded once, kept live by presence. */
import { computed, signal } from "@preact/signals";
import type { PresenceState } from "../../shared/wire";
import { api } from "../api";
import type { Agent, Inbox, Team } from "../types";

export const agents = signal<Agent[]>([]);
export const teams = signal<Team[]>([]);
export const inboxes = signal<Inbox[]>([]);

interface Presence {
  state: PresenceState;
  capacity?: number;
}

/** What the socket has said about agents' states; it is newer than the lists. */
export const presences = signal<ReadonlyMap<string, Presence>>(new Map());

export function presenceOf(agent: string, state: PresenceState, capacity?: number): void {
  const presence: Presence = { state };
  if (capacity !== undefined) presence.capacity = capacity;
  presences.value = new Map(presences.peek()).set(agent, presence);
}

export function stateOf(agent: Agent): PresenceState {
  return presences.value.get(agent.id)?.state ?? agent.state ?? "offline";
}

const byId = computed(() => new Map(agents.value.map((agent) => [agent.id, agent])));

export function agentName(id: string): string {
  return byId.value.get(id)?.name ?? "";
}

export function teamName(id: string): string {
  return teams.value.find((team) => team.id === id)?.name ?? "";
}

export function inboxName(id: string): string {
  return inboxes.value.find((inbox) => inbox.id === id)?.name ?? "";
}

export async function loadAgents(): Promise<Agent[]> {
  agents.value = (await api.get<{ agents: Agent[] }>("/agents")).agents;
  return agents.value;
}

export async function loadTeams(): Promise<Team[]> {
  teams.value = (await api.get<{ teams: Team[] }>("/teams")).teams;
  return teams.value;
}

export async function loadInboxes(): Promise<Inbox[]> {
  inboxes.value = (await api.get<{ inboxes: Inbox[] }>("/inboxes")).inboxes;
  return inboxes.value;
}

export async function loadStaff(): Promise<void> {
  await Promise.all([loadAgents(), loadTeams(), loadInboxes()]);
}
