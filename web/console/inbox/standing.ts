/** How a conversation stands, in words. */
import type { Summary } from "../../shared/wire";
import { me } from "../store/session";
import { teamName } from "../store/staff";
import { t } from "../text";
import { moment } from "../time";

export function stateText(c: Summary): string {
  if (c.state === "assigned") return c.agent === me.value?.id ? t("state.mine") : t("state.with", { name: c.agent_name ?? "" });
  if (c.state === "queued" && c.team) return t("state.team", { team: teamName(c.team) });
  if (c.state === "snoozed" && c.snoozed_until) return t("state.until", { time: moment(c.snoozed_until) });
  return t(`state.${c.state}`);
}
