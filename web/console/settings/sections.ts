/** The pages of the settings and who may open them. */
import type { Role } from "../types";
import type { IconName } from "../ui/icon";

export interface Section {
  id: SectionId;
  icon: IconName;
  role: Role;
  group: "own" | "desk" | "answers" | "connect";
}

export type SectionId =
  | "account"
  | "notifications"
  | "inboxes"
  | "agents"
  | "teams"
  | "skills"
  | "canned"
  | "intents"
  | "flows"
  | "products"
  | "tools"
  | "insights"
  | "replay"
  | "articles"
  | "collections"
  | "tokens"
  | "webhooks";

export const sections: readonly Section[] = [
  { id: "account", icon: "person", role: "agent", group: "own" },
  { id: "notifications", icon: "bell", role: "agent", group: "own" },
  { id: "inboxes", icon: "inbox", role: "admin", group: "desk" },
  { id: "agents", icon: "users", role: "admin", group: "desk" },
  { id: "teams", icon: "layers", role: "admin", group: "desk" },
  { id: "skills", icon: "star", role: "admin", group: "desk" },
  { id: "canned", icon: "spark", role: "agent", group: "answers" },
  { id: "intents", icon: "bot", role: "agent", group: "answers" },
  { id: "flows", icon: "flow", role: "agent", group: "answers" },
  { id: "products", icon: "tag", role: "agent", group: "answers" },
  { id: "tools", icon: "wrench", role: "supervisor", group: "answers" },
  { id: "insights", icon: "eye", role: "supervisor", group: "answers" },
  { id: "replay", icon: "refresh", role: "supervisor", group: "answers" },
  { id: "articles", icon: "book", role: "agent", group: "answers" },
  { id: "collections", icon: "archive", role: "supervisor", group: "answers" },
  { id: "tokens", icon: "key", role: "admin", group: "connect" },
  { id: "webhooks", icon: "webhook", role: "admin", group: "connect" },
];
