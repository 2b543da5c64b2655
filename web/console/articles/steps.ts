/** What may be done with an article now, in the order in which it is offered. The server has the last word. */
import type { Role } from "../types";
import { type Article, written } from "./types";

export type Step = "ask" | "return" | "take-back" | "approve" | "publish" | "schedule" | "unschedule" | "archive" | "reopen" | "discard";

export interface Who {
  id: string;
  role: Role;
}

export function stepsOf(article: Article, who: Who, strict: boolean): Step[] {
  const { work, staged } = article;
  const status = written(article);
  const supervisor = who.role !== "agent";
  const asked = work.asked_by === who.id;
  const steps: Step[] = [];
  const offer = (when: boolean, ...offered: Step[]) => when && steps.push(...offered);
  const ready = status === "approved" || (!strict && (status === "in_progress" || status === "awaiting_review"));
  offer(supervisor && ready && status !== "awaiting_review", "publish");
  offer(supervisor && status === "awaiting_review" && (!strict || work.written_by !== who.id), "approve");
  offer(status === "awaiting_review" && !asked && (supervisor || work.reviewer === who.id), "return");
  offer(status === "in_progress", "ask");
  offer(supervisor && ready && status === "awaiting_review", "publish");
  offer(supervisor && ready && !work.publish_at, "schedule");
  offer(supervisor && !!work.publish_at, "unschedule");
  offer(status === "awaiting_review" && asked, "take-back");
  offer(status === "approved" && (supervisor || asked), "return");
  offer(!!staged && (supervisor || status === "in_progress"), "discard");
  offer(supervisor && article.status === "published" && !staged, "archive", "reopen");
  offer(supervisor && article.status === "archived", "reopen");
  return steps;
}

/** Whether the text may be written on by this person. */
export function writable(article: Article | undefined, who: Who): boolean {
  return !article || article.status !== "archived" || who.role !== "agent";
}
