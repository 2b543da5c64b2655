/** The head of the open conversation: who, how it stands, and what can be done with it. */
import { Avatar } from "../../shared/ui/avatar";
import type { Summary } from "../../shared/wire";
import { useCommands, type Command } from "../commands";
import { go, href } from "../router";
import { assignToMe, reopen, resolve } from "../store/act";
import { list } from "../store/lists";
import { stale } from "../store/live";
import { me } from "../store/session";
import { inboxName, teamName } from "../store/staff";
import { t } from "../text";
import { moment } from "../time";
import { Button, IconButton } from "../ui/button";
import { openDialog } from "../ui/dialog";
import { Menu, type MenuItem } from "../ui/menu";
import { SnoozeDialog, TagsDialog } from "./dialogs";
import { neighbour } from "./list";
import { nameOf, openConversation, openInbox, openView, pathTo } from "./open";
import { panelShown, togglePanel } from "./panelstate";
import { TransferDialog } from "./transfer";

/** Closes the conversation and goes on to the next one of the list. */
export function resolveAndNext(conv: Summary): void {
  const ids = list(openView.peek(), openInbox.peek()).ids.peek();
  const next = matchMedia("(max-width: 719px)").matches ? undefined : (neighbour(ids, 1) ?? neighbour(ids, -1));
  void resolve(conv.id);
  if (openView.peek() === "closed") return;
  go(pathTo(next === conv.id ? "" : next), "replace");
}

/** How it stands, in words. */
export function stateText(c: Summary): string {
  if (c.state === "assigned") return c.agent === me.value?.id ? t("state.mine") : t("state.with", { name: c.agent_name ?? "" });
  if (c.state === "queued" && c.team) return t("state.team", { team: teamName(c.team) });
  if (c.state === "snoozed" && c.snoozed_until) return t("state.until", { time: moment(c.snoozed_until) });
  return t(`state.${c.state}`);
}

const tones: Record<Summary["state"], string> = {
  bot: "",
  queued: " badge-warn",
  assigned: " badge-accent",
  snoozed: "",
  resolved: " badge-ok",
};

/** What can be done with a conversation, for keys, palette and menu. */
export function conversationCommands(c: Summary): Command[] {
  if (stale.value) return [];
  const open = c.state !== "resolved";
  const all: (Command | false)[] = [
    open &&
      c.agent !== me.value?.id && {
        id: "mine",
        title: t("cmd.mine"),
        group: "conversation",
        keys: ["i"],
        run: () => void assignToMe(c.id),
      },
    open && {
      id: "assign",
      title: t("cmd.assign"),
      group: "conversation",
      keys: ["a"],
      run: () => openDialog(<TransferDialog conv={c} />),
    },
    open && { id: "resolve", title: t("cmd.resolve"), group: "conversation", keys: ["e"], run: () => resolveAndNext(c) },
    open && { id: "snooze", title: t("cmd.snooze"), group: "conversation", keys: ["s"], run: () => openDialog(<SnoozeDialog conv={c} />) },
    (c.state === "resolved" || c.state === "snoozed") && {
      id: "reopen",
      title: t("cmd.reopen"),
      group: "conversation",
      keys: ["o"],
      run: () => void reopen(c.id),
    },
    { id: "tags", title: t("cmd.tags"), group: "conversation", keys: ["t"], run: () => openDialog(<TagsDialog conv={c} />) },
    {
      id: "copy-link",
      title: t("cmd.link"),
      group: "conversation",
      run: () => void navigator.clipboard.writeText(location.origin + href(`/inbox/all/${c.id}`)),
    },
  ];
  return all.filter((command) => command !== false);
}

export function ThreadHeader({ conv }: { conv: Summary }) {
  useCommands(() => {
    const c = openConversation.value;
    return c ? conversationCommands(c) : [];
  });
  useCommands(() => [{ id: "panel", title: t("cmd.panel"), group: "general", keys: ["]"], run: togglePanel }]);
  const menu: MenuItem[] = conversationCommands(conv).map(({ title, keys, run }) => ({
    label: title,
    run,
    ...(keys?.[0] ? { keys: keys[0] } : {}),
  }));
  const closed = conv.state === "resolved";
  return (
    <header class="thread-head">
      <IconButton class="only-phone" icon="back" label={t("back")} onClick={() => go(pathTo())} />
      <Avatar id={conv.contact} name={conv.name} kind="visitor" />
      <div class="thread-title">
        <h2 tabIndex={-1} id="thread-title">
          <bdi>{nameOf(conv)}</bdi>
        </h2>
        <p>
          <span class={`badge${tones[conv.state]}`}>{stateText(conv)}</span>
          <span class="thread-inbox">{inboxName(conv.inbox)}</span>
        </p>
      </div>
      <div class="thread-actions">
        {!closed && conv.agent !== me.value?.id && (
          <Button small disabled={stale.value} onClick={() => void assignToMe(conv.id)} class="hide-phone">
            {t("cmd.mine.short")}
          </Button>
        )}
        {!closed && (
          <>
            <IconButton
              class="hide-phone"
              icon="transfer"
              label={t("cmd.assign")}
              keys="a"
              disabled={stale.value}
              onClick={() => openDialog(<TransferDialog conv={conv} />)}
            />
            <IconButton
              class="hide-phone"
              icon="snooze"
              label={t("cmd.snooze")}
              keys="s"
              disabled={stale.value}
              onClick={() => openDialog(<SnoozeDialog conv={conv} />)}
            />
          </>
        )}
        {closed ? (
          <Button small icon="undo" disabled={stale.value} onClick={() => void reopen(conv.id)}>
            {t("cmd.reopen.short")}
          </Button>
        ) : (
          <Button small kind="primary" icon="check" disabled={stale.value} onClick={() => resolveAndNext(conv)}>
            {t("cmd.resolve.short")}
          </Button>
        )}
        <Menu label={t("more")} class="icon-button" align="end" items={menu}>
          <span class="dots-icon" aria-hidden="true">
            ⋯
          </span>
        </Menu>
        <IconButton icon="panel" label={t("cmd.panel")} keys="]" pressed={panelShown.value} tip="end" onClick={togglePanel} />
      </div>
    </header>
  );
}
