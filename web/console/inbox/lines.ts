/** What happened, in a sentence: the muted lines between messages. */
import type { ChatEvent } from "../../shared/wire";
import { me } from "../store/session";
import { agentName, teamName } from "../store/staff";
import { t, tOr } from "../text";
import { moment } from "../time";
import type { IconName } from "../ui/icon";

interface Line {
  icon: IconName;
  text: string;
  detail?: string;
}

function who(id: string | undefined, name: string | undefined): string {
  if (id && id === me.value?.id) return t("you");
  return name || agentName(id ?? "") || t("somebody");
}

function target(e: ChatEvent): string {
  const to = e.assigned;
  if (to?.agent) return who(to.agent, to.name);
  if (to?.team) return teamName(to.team) || to.name || t("line.team");
  return t("line.queue");
}

/** Somebody at the beginning of a sentence. */
function subject(id: string | undefined, name: string | undefined): string {
  return id && id === me.value?.id ? t("you.title") : who(id, name);
}

const actor = (e: ChatEvent): string => subject(e.from.id, e.from.name);

/** What the bot does without having to be sure of anything. */
const certain = new Set(["greeting", "smalltalk", "handoff", "verify"]);

/** What the bot understood and did, for agents. */
function botLine(e: ChatEvent): Line {
  const { intent, confidence = 0, action = "", model } = e.bot ?? {};
  const sure = Math.round(confidence * 100);
  const did = tOr(`bot.${action}`, action);
  if (!intent && certain.has(action)) return { icon: "bot", text: t("line.did", { did }) };
  const text = intent ? t("line.understood", { intent: intent.replaceAll("_", " "), sure, did }) : t("line.unsure", { sure, did });
  return { icon: "bot", text: model ? t("line.model", { text, version: model }) : text };
}

function queuedLine(e: ChatEvent): Line {
  const q = e.queued;
  if (q?.offline === "outside_hours") return { icon: "clock", text: t("line.outside") };
  if (q?.offline) return { icon: "clock", text: t("line.nobody") };
  return { icon: "clock", text: q?.position ? t("line.position", { n: q.position }) : t("line.waits") };
}

function handoffLine(e: ChatEvent): Line {
  const { reason = "", summary, skills = {} } = e.handoff ?? {};
  const wanted = Object.entries(skills)
    .map(([skill, level]) => `${skill} ${level}`)
    .join(", ");
  const line: Line = { icon: "hand", text: t("line.handoff", { reason: tOr(`handoff.${reason}`, reason) }) };
  const detail = [summary, wanted && t("line.skills", { skills: wanted })].filter(Boolean).join(" · ");
  return detail ? { ...line, detail } : line;
}

function assignedLine(e: ChatEvent): Line {
  const name = target(e);
  const own = e.assigned?.agent === e.from.id;
  if (own) return { icon: "person", text: t("line.took", { name: actor(e) }) };
  return {
    icon: "person",
    text: e.assigned?.auto || e.from.kind === "system" ? t("line.assigned", { name }) : t("line.gave", { name, by: actor(e) }),
  };
}

function withReason(line: Line, e: ChatEvent): Line {
  return e.reason ? { ...line, detail: tOr(`reason.${e.reason}`, e.reason) } : line;
}

export function describe(e: ChatEvent): Line {
  switch (e.kind) {
    case "opened":
      return {
        icon: "chat",
        text: e.opened?.page ? t("line.opened", { page: e.opened.page.title || e.opened.page.url }) : t("line.began"),
      };
    case "bot":
      return botLine(e);
    case "handoff":
      return handoffLine(e);
    case "queued":
      return queuedLine(e);
    case "offered":
      return { icon: "bell", text: t("line.offered", { name: target(e) }) };
    case "assigned":
      return assignedLine(e);
    case "declined":
      return {
        icon: "close",
        text: e.assigned?.auto
          ? t("line.expired", { name: target(e) })
          : t("line.declined", { name: subject(e.assigned?.agent, e.assigned?.name) }),
      };
    case "transferred":
      return withReason({ icon: "transfer", text: t("line.transferred", { name: target(e), by: actor(e) }) }, e);
    case "resolved":
      return withReason({ icon: "check", text: e.from.kind === "agent" ? t("line.resolved", { by: actor(e) }) : t("line.closed") }, e);
    case "reopened":
      return withReason({ icon: "undo", text: e.from.kind === "agent" ? t("line.reopened", { by: actor(e) }) : t("line.again") }, e);
    case "snoozed":
      return { icon: "snooze", text: t("line.snoozed", { by: actor(e), until: e.until ? moment(e.until) : "" }) };
    case "tagged":
      return {
        icon: "tag",
        text: e.tags?.length ? t("line.tagged", { by: actor(e), tags: e.tags.join(", ") }) : t("line.untagged", { by: actor(e) }),
      };
    case "rated": {
      const line: Line = { icon: "star", text: t("line.rated", { score: e.rating?.score ?? 0 }) };
      return e.rating?.comment ? { ...line, detail: e.rating.comment } : line;
    }
    case "escalated":
      return { icon: "layers", text: t("line.escalated", { ticket: e.ticket ?? "" }) };
    default:
      return { icon: "more", text: tOr(`kind.${e.kind}`, e.kind) };
  }
}
