/** The agent's own menu: presence, capacity, theme, account. */
import { Avatar, tintOf } from "../../shared/ui/avatar";
import type { PresenceState } from "../../shared/wire";
import { useCommands } from "../commands";
import { go } from "../router";
import { send } from "../store/live";
import { me, signOut } from "../store/session";
import { change, settings } from "../store/settings";
import { presences, presenceOf, stateOf } from "../store/staff";
import { t } from "../text";
import { Menu, type MenuItem } from "../ui/menu";
import { Presence } from "../ui/presence";
import { toast } from "../ui/toast";
import { openShortcuts } from "./shortcuts";

const states: PresenceState[] = ["online", "away", "busy", "offline"];

/** The agent's capacity now: the account's own unless another was set for this day. */
function capacity(): number {
  const own = me.value;
  return (own && presences.value.get(own.id)?.capacity) || own?.capacity || 1;
}

function setPresence(state: PresenceState, most = 0): void {
  const own = me.peek();
  if (!own) return;
  const amount = most || capacity();
  if (!send({ type: "presence", state, capacity: amount })) {
    toast(t("presence.offline.error"), { bad: true });
    return;
  }
  presenceOf(own.id, state, amount);
}

export function Me() {
  const own = me.value;
  useCommands(() => [
    ...states.map((state) => ({
      id: `presence.${state}`,
      title: t(`cmd.presence.${state}`),
      group: "general" as const,
      run: () => setPresence(state),
    })),
    {
      id: "theme",
      title: t("cmd.theme"),
      group: "general",
      run: () => change({ theme: settings.peek().theme === "dark" ? "light" : "dark" }),
    },
    { id: "signout", title: t("cmd.signout"), group: "general", run: () => void signOut() },
  ]);
  if (!own) return null;
  const state = stateOf(own);
  const items: (MenuItem | "line")[] = [
    ...states.map((each) => ({
      label: t(`presence.${each}`),
      hint: t(`presence.${each}.hint`),
      mark: <Presence state={each} bare />,
      checked: each === state,
      run: () => setPresence(each),
    })),
    "line",
    { label: t("me.more", { n: capacity() + 1 }), icon: "plus", run: () => setPresence(state, Math.min(100, capacity() + 1)) },
    ...(capacity() > 1
      ? [{ label: t("me.less", { n: capacity() - 1 }), icon: "minus" as const, run: () => setPresence(state, capacity() - 1) }]
      : []),
    "line",
    { label: t("me.account"), icon: "person", run: () => go("/settings/account") },
    {
      label: t("cmd.theme"),
      icon: settings.value.theme === "dark" ? "sun" : "moon",
      run: () => change({ theme: settings.peek().theme === "dark" ? "light" : "dark" }),
    },
    { label: t("cmd.shortcuts"), icon: "keyboard", keys: "?", run: openShortcuts },
    "line",
    { label: t("cmd.signout"), icon: "out", run: () => void signOut() },
  ];
  return (
    <div class="me">
      <Menu label={t("me.label", { name: own.name, state: t(`presence.${state}`) })} class="me-button" up items={items}>
        <span class="me-face">
          <Avatar tint={tintOf(own.id)} name={own.name} kind="agent" />
          <Presence state={state} bare />
        </span>
        <span class="nav-label me-name">
          <bdi>{own.name}</bdi>
          <span class="muted">{t(`presence.${state}`)}</span>
        </span>
      </Menu>
    </div>
  );
}
