/** How blocks and exits are called on the page. */
import { t, tOr } from "../../text";
import type { IconName } from "../../ui/icon";
import { alone, type Block, blockOf, type Condition, type Exit, type Flow, gist, type Kind, nowhere, TRIGGER } from "./flow";

export const icons: Record<Kind, IconName> = {
  say: "chat",
  ask: "reply",
  choose: "layers",
  branch: "branch",
  set: "tag",
  tool: "webhook",
  search: "search",
  handoff: "users",
  ticket: "note",
  rate: "star",
  end: "flag",
};

export const typeName = (type: Kind): string => t(`flows.type.${type}`);

/** A block's kind and what it says, for lists and for screen readers. */
export function blockName(block: Block): string {
  const text = gist(block);
  return text ? t("flows.block.name", { type: typeName(block.type), text: shorten(text) }) : typeName(block.type);
}

/** The name of the block with an id, "" without one. */
export function nameOf(flow: Flow, id: string): string {
  if (id === TRIGGER) return t("flows.trigger");
  const block = blockOf(flow, id);
  return block ? blockName(block) : id;
}

function shorten(text: string): string {
  const most = 48;
  const letters = [...text];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text;
}

export function conditionText({ attribute, is, value }: Condition): string {
  const name = attribute || "…";
  return alone.includes(is) ? `${name} ${t(`flows.is.${is}`)}` : `${name} ${t(`flows.is.${is}`)} ${value || "…"}`;
}

/** What an exit is called: an option's label, a case's condition, else what it stands for in its block. */
export function exitName(exit: Exit, type: Kind | undefined): string {
  if (exit.condition) return conditionText(exit.condition);
  if (exit.label !== undefined) return exit.label || t("flows.option.unnamed");
  if (exit.key === "start") return t("flows.exit.start");
  return tOr(`flows.exit.${exit.key}.${type ?? ""}`, exit.key === "next" ? t("flows.exit.next") : t("flows.exit.else"));
}

/** What happens at an exit that leads to no block. */
export function nowhereText(block: Block | undefined, exit: Exit): string {
  return block ? t(`flows.exit.none.${nowhere(block, exit.key)}`) : t("flows.exit.none");
}
