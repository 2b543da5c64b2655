/** The head of the open conversation: who, how it stands, and what can be done with it. */
import { Avatar, tintOf } from "../../shared/ui/avatar";
import type { Summary } from "../../shared/wire";
import { useCommands } from "../commands";
import { go } from "../router";
import { assignToMe, reopen } from "../store/act";
import { inboxName } from "../store/staff";
import { t } from "../text";
import { Button, IconButton } from "../ui/button";
import { Menu, type MenuItem } from "../ui/menu";
import { allowedNow, conversationCommands, openSnooze, openTransfer, resolveAndNext } from "./actions";
import { nameOf, openConversation, pathTo } from "./open";
import { panelShown, togglePanel } from "./panelstate";
import { stateText } from "./standing";

const tones: Record<Summary["state"], string> = {
  bot: "",
  queued: " badge-warn",
  assigned: " badge-accent",
  snoozed: "",
  resolved: " badge-ok",
};

export function ThreadHeader({ conv }: { conv: Summary }) {
  useCommands(() => {
    const c = openConversation.value;
    return c ? conversationCommands(c) : [];
  });
  useCommands(() => [{ id: "panel", title: t("cmd.panel"), group: "general", keys: ["]"], run: togglePanel }]);
  const menu = conversationCommands(conv).map(({ title, keys, run }): MenuItem => {
    const item: MenuItem = { label: title, run };
    return keys?.[0] ? { ...item, keys: keys[0] } : item;
  });
  return (
    <header class="thread-head">
      <IconButton class="only-phone" icon="back" label={t("back")} onClick={() => go(pathTo())} />
      <Avatar tint={tintOf(conv.contact)} name={conv.name} kind="visitor" />
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
        <Buttons conv={conv} />
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

function Buttons({ conv }: { conv: Summary }) {
  const can = allowedNow(conv);
  return (
    <>
      {can.take && (
        <Button small onClick={() => void assignToMe(conv.id)} class="hide-phone">
          {t("cmd.mine.short")}
        </Button>
      )}
      {can.hand && <IconButton class="hide-phone" icon="transfer" label={t("cmd.assign")} keys="a" onClick={() => openTransfer(conv)} />}
      {can.snooze && <IconButton class="hide-phone" icon="snooze" label={t("cmd.snooze")} keys="s" onClick={() => openSnooze(conv)} />}
      {conv.state === "resolved" ? (
        <Button small icon="undo" disabled={!can.reopen} onClick={() => void reopen(conv.id)}>
          {t("cmd.reopen.short")}
        </Button>
      ) : (
        <Button small kind="primary" icon="check" disabled={!can.resolve} onClick={() => resolveAndNext(conv)}>
          {t("cmd.resolve.short")}
        </Button>
      )}
    </>
  );
}
