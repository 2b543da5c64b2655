/** Which conversation is open, and how a conversation is called. */
import { computed } from "@preact/signals";
import type { Summary } from "../../shared/wire";
import { match, place } from "../router";
import { conversation } from "../store/conversations";
import { t } from "../text";
import { isView, type View } from "./views";

const found = computed(() => match("/inbox/:view/:conv", place.value.path) ?? match("/inbox/:view", place.value.path));

export const openView = computed<View>(() => (isView(found.value?.["view"]) ? (found.value["view"] as View) : "mine"));

/** The inbox that the list is narrowed to, "" for all. */
export const openInbox = computed(() => place.value.query.get("inbox") ?? "");

/** The open conversation's id, "" when none is open. */
export const openId = computed(() => found.value?.["conv"] ?? "");

/** The path of the list, and with an id of a conversation in it. */
export function pathTo(id = "", view: View = openView.peek()): string {
  const inbox = openInbox.peek();
  return `/inbox/${view}${id && `/${id}`}${inbox && `?inbox=${inbox}`}`;
}

/** A visitor without a name is called by the end of the id. */
export function nameOf(c: Pick<Summary, "name" | "visitor">): string {
  return c.name || t("visitor", { id: c.visitor.slice(-4) });
}

/** The open conversation as it is now. */
export const openConversation = computed(() => conversation(openId.value)?.value);
