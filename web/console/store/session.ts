/** Who sits at the console. */
import { computed, signal } from "@preact/signals";
import { api } from "../api";
import { go, place } from "../router";
import type { Agent, Role } from "../types";

/** undefined: not known yet; null: signed out. */
export const me = signal<Agent | null | undefined>(undefined);

const ranks: Role[] = ["agent", "supervisor", "admin"];

/** Whether the signed-in person has at least the role. */
export function may(role: Role): boolean {
  const own = me.value?.role;
  return own !== undefined && ranks.indexOf(own) >= ranks.indexOf(role);
}

export const signedIn = computed(() => !!me.value);

/** Why it could not be learnt who is signed in, null while all is well. */
export const startError = signal<unknown>(null);

/** Asks who is signed in; the answer that nobody is has already become the sign-in page. */
export async function begin(): Promise<void> {
  startError.value = null;
  try {
    me.value = await api.get<Agent>("/agents/me");
  } catch (error) {
    if (me.peek() === undefined) startError.value = error;
  }
}

interface Grant {
  agent: Agent;
}

export async function signIn(email: string, password: string): Promise<void> {
  enter(await api.post<Grant>("/agents/login", { email, password }));
}

/** Signs in with a one-time link. */
export async function redeem(token: string): Promise<void> {
  enter(await api.post<Grant>("/agents/signin", { token }));
}

/** Makes the first admin. */
export async function setUp(account: { token: string; name: string; email: string; password: string }): Promise<void> {
  enter(await api.post<Grant>("/setup", account));
}

function enter(grant: Grant): void {
  me.value = grant.agent;
}

/** Where to go after signing in. Only paths of the console: the address comes from outside. */
export function returnPath(): string {
  const path = place.peek().query.get("next") ?? "";
  return /^\/(?!\/)/.test(path) && !path.startsWith("/signin") ? path : "/";
}

/** The session has ended: to the sign-in page, and back afterwards. */
export function ended(): void {
  me.value = null;
  const { path, query } = place.peek();
  if (path === "/signin" || path === "/setup") return;
  const text = query.toString();
  const next = path + (text ? `?${text}` : "");
  go(next === "/" ? "/signin" : `/signin?${new URLSearchParams({ next })}`, "replace");
}

export async function signOut(): Promise<void> {
  try {
    await api.post("/agents/logout");
  } finally {
    // A full load drops everything that belonged to the session.
    location.assign("/console/signin");
  }
}
