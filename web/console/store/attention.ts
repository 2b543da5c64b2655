/** Calling the agent: sound, desktop notification, the number in the title, words for screen readers. */
import { computed, effect } from "@preact/signals";
import { badged, chime, notify } from "../../shared/notify";
import type { Summary } from "../../shared/wire";
import { nameOf, openId } from "../inbox/open";
import { holds } from "../inbox/views";
import { go } from "../router";
import { t, tOr } from "../text";
import { announce, toast } from "../ui/toast";
import { watchConversations } from "./conversations";
import { unreadMine } from "./lists";
import { me } from "./session";
import { settings } from "./settings";

/** Why somebody is called. */
export type Cause = "offer" | "assigned" | "message" | "waiting";

/** Calls the agent to a conversation, as far as the settings allow. */
export function attract(cause: Cause, c: Summary): void {
  const text = t(`attention.${cause}`, { name: nameOf(c) });
  announce(text);
  if (settings.peek().sound) void chime();
  if (settings.peek().desktop)
    notify(text, c.preview ?? "", `${cause}:${c.id}`, () => go(`/inbox/${cause === "waiting" ? "unassigned" : "mine"}/${c.id}`));
}

/** Tells of an article that needs the agent or goes on; the list of articles has it too. */
export function attractToArticle(id: string, name: string, reason: string): void {
  const text = tOr(`attention.article.${reason}`, name, { name });
  const open = () => go(`/settings/articles/${id}`);
  toast(text, { action: { label: t("open"), run: open } });
  if (settings.peek().desktop) notify(text, "", `article:${id}`, open);
}

function looking(id: string): boolean {
  return document.visibilityState === "visible" && document.hasFocus() && openId.peek() === id;
}

function changed(now: Summary, before: Summary | undefined): void {
  const agent = me.peek()?.id ?? "";
  if (!before) return;
  if (holds("mine", now, agent)) {
    if (now.unread > before.unread && !looking(now.id)) attract("message", now);
  } else if (now.state === "queued" && before.state !== "queued" && settings.peek().waiting) attract("waiting", now);
}

/** The page's own part of the title. */
export const heading = computed(() => t("app.title"));

export function start(): void {
  watchConversations(changed);
  effect(() => {
    document.title = badged(heading.value, unreadMine.value);
  });
}
