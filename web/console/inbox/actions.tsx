/** What can be done with the open conversation, once for keys, palette, menu and buttons. */
import type { Summary } from "../../shared/wire";
import type { Command } from "../commands";
import { go, href } from "../router";
import { assignToMe, reopen, resolve } from "../store/act";
import { list } from "../store/lists";
import { stale } from "../store/live";
import { may, me } from "../store/session";
import { t } from "../text";
import { openDialog } from "../ui/dialog";
import { type Allowed, allowed } from "./allowed";
import { articleOf } from "./article";
import { SnoozeDialog, TagsDialog } from "./dialogs";
import { neighbour } from "./list";
import { openInbox, openView, pathTo } from "./open";
import { TransferDialog } from "./transfer";

/** What the agent may do now; nothing while what is shown may be out of date. */
export function allowedNow(c: Summary): Allowed {
  if (stale.value) return { take: false, give: false, hand: false, snooze: false, resolve: false, reopen: false };
  return allowed(c, me.value?.id ?? "", may("supervisor"));
}

/** Closes the conversation and goes on to the next one of the list. */
export function resolveAndNext(conv: Summary): void {
  const ids = list(openView.peek(), openInbox.peek()).ids.peek();
  const next = matchMedia("(max-width: 719px)").matches ? undefined : (neighbour(ids, 1) ?? neighbour(ids, -1));
  void resolve(conv.id);
  if (openView.peek() === "closed") return;
  go(pathTo(next === conv.id ? "" : next), "replace");
}

export const openTransfer = (c: Summary): void => openDialog(<TransferDialog conv={c} />);

export const openSnooze = (c: Summary): void => openDialog(<SnoozeDialog conv={c} />);

export const openTags = (c: Summary): void => openDialog(<TagsDialog conv={c} />);

export function conversationCommands(c: Summary): Command[] {
  const can = allowedNow(c);
  const offer = (condition: boolean, id: string, title: string, key: string, run: () => unknown): Command[] =>
    condition ? [{ id, title, group: "conversation", keys: [key], run: () => void run() }] : [];
  const link = () => navigator.clipboard.writeText(location.origin + href(`/inbox/all/${c.id}`));
  return [
    ...offer(can.take, "mine", t("cmd.mine"), "i", () => assignToMe(c.id)),
    ...offer(can.hand, "assign", t("cmd.assign"), "a", () => openTransfer(c)),
    ...offer(can.resolve, "resolve", t("cmd.resolve"), "e", () => resolveAndNext(c)),
    ...offer(can.snooze, "snooze", t("cmd.snooze"), "s", () => openSnooze(c)),
    ...offer(can.reopen, "reopen", t("cmd.reopen"), "o", () => reopen(c.id)),
    ...(c.state === "resolved" && !stale.value
      ? [{ id: "article", title: t("cmd.article"), group: "conversation" as const, run: () => void articleOf(c.id) }]
      : []),
    ...offer(!stale.value, "tags", t("cmd.tags"), "t", () => openTags(c)),
    { id: "copy-link", title: t("cmd.link"), group: "conversation", run: () => void link() },
  ];
}
