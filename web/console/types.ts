/** What the REST API answers, where the socket's types do not already say it. */
import type { Choice, PresenceState, Summary } from "../shared/wire";

export type Role = "agent" | "supervisor" | "admin";

/** A member of staff with the present state. */
export interface Agent {
  id: string;
  name: string;
  email: string;
  role: Role;
  teams: string[];
  /** skill → level 1 … 5 */
  skills: Record<string, number>;
  languages: string[];
  /** conversations at once */
  capacity: number;
  /** the only inboxes they may see; null means all */
  inboxes: string[] | null;
  disabled?: boolean;
  state?: PresenceState;
}

export interface Team {
  id: string;
  name: string;
  members: string[];
}

export interface Skill {
  name: string;
  /** how many agents have it */
  agents?: number;
}

export interface Contact {
  id: string;
  name: string;
  email: string;
  phone?: string;
  locale?: string;
  verified?: boolean;
  attributes: Record<string, Attribute>;
  created_at?: string;
  last_seen_at?: string;
}

/** null removes an attribute. */
export type Attribute = string | number | boolean | null;

/** A conversation with what surrounds it, for the panel. */
export interface Detail {
  conversation: Summary;
  page?: { url: string; title?: string };
  fields?: Record<string, string>;
  locale?: string;
  /** up to where each side has seen it */
  reads?: { agent: number; visitor: number };
}

export interface Canned {
  id: string;
  shortcut: string;
  title: string;
  text: string;
  /** everybody's, not only the agent's own */
  shared: boolean;
}

/** An opening interval; minutes from local midnight, 0 is Sunday. */
export interface Day {
  weekday: number;
  from: number;
  to: number;
}

export interface PreChatField {
  name: string;
  label: string;
  type: "text" | "email" | "select" | "textarea";
  options?: string[];
  required: boolean;
}

export interface Inbox {
  id: string;
  key: string;
  name: string;
  origins: string[];
  languages: string[];
  bot: boolean;
  bot_name: string;
  assign: "direct" | "offer";
  offer_secs: number;
  teams: string[];
  hours: { zone: string; days: Day[]; holidays?: string[] };
  pre_chat: PreChatField[];
  /** what forms say about the data they ask for */
  privacy: { url: string; text: string; required: boolean };
  offline: { collect_email: boolean; message: string };
  /** where visitors go while the chat cannot be reached */
  contact_url: string;
  look: { accent: string; position: "right" | "left"; radius: "none" | "soft" | "round"; launcher: string; greeting: string };
  identity: "off" | "optional" | "required";
  archived?: boolean;
}

export interface Intent {
  id: string;
  name: string;
  description: string;
  examples: string[];
  answer: string;
  choices: Choice[];
  skills: Record<string, number>;
  enabled: boolean;
  /** where it answers; none named means everywhere */
  inbox_ids: string[];
}

/** How far the search of the help centre is. */
export interface IndexState {
  /** passages of published articles */
  chunks: number;
  /** of them, those that can be found by their meaning; by the model being made, when one is */
  embedded: number;
  model: string;
  /** the model that replaces it when all passages are done */
  making?: string;
  note?: string;
  /** why the last attempt failed; the server tries again by itself */
  trouble?: string;
}

export interface Collection {
  id: string;
  slug: string;
  /** locale → title */
  titles: Record<string, string>;
  position: number;
  /** published ones, in all languages */
  articles: number;
}
