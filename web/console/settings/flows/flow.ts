/** A guided flow as the API has it, and what all parts of the editor ask of one. */
import type { Choice } from "../../../shared/wire";

export const kinds = ["say", "ask", "choose", "branch", "set", "tool", "search", "handoff", "ticket", "rate", "end"] as const;
export type Kind = (typeof kinds)[number];

/** What an answer must be. A pattern is a regular expression (RE2). */
export const expectations = [
  "text",
  "email",
  "number",
  "date",
  "amount",
  "phone",
  "order_number",
  "version",
  "yes_no",
  "product",
] as const;
export type Expect = (typeof expectations)[number] | { pattern: string };

export const comparisons = ["equals", "not_equals", "contains", "exists", "missing", "greater", "less", "matches"] as const;
export type Comparison = (typeof comparisons)[number];

/** Comparisons that need no value to compare with. */
export const alone: readonly Comparison[] = ["exists", "missing"];

export interface Condition {
  attribute: string;
  is: Comparison;
  value?: string;
}

export interface Option extends Choice {
  /** "" is the block's next */
  next?: string;
}

export interface Case {
  if: Condition;
  next?: string;
}

interface Base {
  /** unique in the flow, without spaces */
  id: string;
  /** where it goes on; "" ends the flow */
  next?: string;
  /** where it goes when it does not work out; "" mostly leads to a person */
  else?: string;
}

export type Say = Base & { type: "say"; text: string };
export type Ask = Base & { type: "ask"; text: string; attribute: string; expect: Expect; invalid?: string; attempts?: number };
export type Choose = Base & { type: "choose"; text: string; options: Option[]; invalid?: string; attempts?: number };
export type Branch = Base & { type: "branch"; cases: Case[] };
export type SetBlock = Base & { type: "set"; attribute: string; value: string };
/** save maps fields of what the tool answers to attributes. */
export type ToolBlock = Base & { type: "tool"; tool: string; input: Record<string, unknown>; save: Record<string, string> };
export type Search = Base & { type: "search"; query: string };
export type Handoff = Base & { type: "handoff"; text: string; reason: string; skills: Record<string, number> };
export type Ticket = Base & { type: "ticket"; subject: string; priority: Priority };
export type Rate = Base & { type: "rate"; text: string; attribute: string };
export type End = Base & { type: "end"; outcome: Outcome };

export const priorities = ["low", "normal", "high", "urgent"] as const;
export type Priority = (typeof priorities)[number];
export const outcomes = ["resolved", "abandoned", ""] as const;
export type Outcome = (typeof outcomes)[number];

export type Block = Say | Ask | Choose | Branch | SetBlock | ToolBlock | Search | Handoff | Ticket | Rate | End;

export interface Trigger {
  /** names of intents */
  intents: string[];
  phrases: string[];
  proactive: Proactive | null;
}

/** When the widget speaks first on a customer's page. */
export interface Proactive {
  /** patterns of paths or addresses, * is any text; none means all pages */
  pages: string[];
  /** on the page before it speaks */
  seconds: number;
  /** from which visit of the site on */
  visits: number;
  /** until the same browser hears it again, 0 means 24 */
  every_hours: number;
  /** it is silent while more conversations wait, 0 means 5 */
  max_queue: number;
  /** also outside business hours */
  any_time: boolean;
  message: string;
  /** on the button */
  reply: string;
}

export interface Flow {
  id: string;
  name: string;
  description: string;
  enabled: boolean;
  inbox_ids: string[];
  /** of the draft, for optimistic locking */
  version: number;
  trigger: Trigger;
  /** id of the first block */
  start: string;
  blocks: Block[];
}

export interface Problem {
  /** "" when the flow as a whole has it */
  block: string;
  code: string;
  message: string;
  level: "error" | "warning";
}

/** A tool on NATS that a flow may call. The schemas are JSON Schema. */
export interface Tool {
  name: string;
  description: string;
  input_schema?: Schema;
  output_schema?: Schema;
  /** calls need a visitor who has shown who they are */
  personal: boolean;
  /** programs that answer now */
  instances: number;
}

export interface Schema {
  type?: string;
  title?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
}

/** The trigger stands before the first block; in places that name a block this names it. */
export const TRIGGER = "";

/** A way out of a block: "next", "else", "start" of the trigger, "option:" and its id, "case:" and its index. */
export interface Exit {
  key: string;
  /** id of the block it leads to, "" for none */
  target: string;
  /** what the author called it; other exits are named by their key */
  label?: string;
  /** of a case */
  condition?: Condition;
}

const onward: readonly Kind[] = ["say", "ask", "set", "tool", "search", "rate"];
const otherwise: readonly Kind[] = ["ask", "choose", "branch", "tool", "search"];

/** The ways out of a block, in the order in which they are drawn. Others are drawn where they lead somewhere. */
export function exitsOf(block: Block): Exit[] {
  const exits: Exit[] = [];
  if (finals.includes(block.type)) return exits;
  if (block.type === "choose") {
    for (const option of block.options) exits.push({ key: `option:${option.id}`, target: option.next ?? "", label: option.label });
  }
  if (block.type === "branch") {
    block.cases.forEach((one, i) => exits.push({ key: `case:${i}`, target: one.next ?? "", condition: one.if }));
  }
  if (onward.includes(block.type) || block.next) exits.push({ key: "next", target: block.next ?? "" });
  if (otherwise.includes(block.type) || block.else) exits.push({ key: "else", target: block.else ?? "" });
  return exits;
}

/** Blocks that end the flow. */
export const finals: readonly Kind[] = ["handoff", "ticket", "end"];

export function blockOf(flow: Flow, id: string): Block | undefined {
  return flow.blocks.find((block) => block.id === id);
}

/** The ways out of a block, or of the trigger. */
export function exitsAt(flow: Flow, id: string): Exit[] {
  if (id === TRIGGER) return [{ key: "start", target: flow.start }];
  const block = blockOf(flow, id);
  return block ? exitsOf(block) : [];
}

/** What happens at an exit that leads nowhere. */
export function nowhere(block: Block, key: string): "end" | "person" | "next" {
  if (block.type === "choose" || block.type === "branch") {
    if (key !== "else") return block.next ? "next" : "end";
    if (block.type === "branch") return block.next ? "next" : "end";
    return "person";
  }
  if (key !== "else") return "end";
  return block.type === "search" || block.type === "rate" ? "next" : "person";
}

/** What a block says or does, in one line; "" when nothing is filled in yet. */
export function gist(block: Block): string {
  const line = (text: string) => text.replace(/\s+/g, " ").trim();
  switch (block.type) {
    case "say":
    case "ask":
    case "choose":
    case "rate":
      return line(block.text);
    case "branch":
      return [...new Set(block.cases.map((one) => one.if.attribute).filter(Boolean))].join(", ");
    case "set":
      return block.attribute && `${block.attribute} = ${line(block.value)}`;
    case "tool":
      return block.tool;
    case "search":
      return line(block.query);
    case "handoff":
      return line(block.text || block.reason);
    case "ticket":
      return line(block.subject);
    case "end":
      return "";
  }
}

/** Attributes that each conversation has. */
export const given = ["message", "name", "email", "phone", "locale", "language"] as const;

/** The attributes that the flow can insert: those of each conversation and those that its blocks set, sorted. */
export function attributesOf(flow: Flow): string[] {
  const names = new Set<string>(given);
  for (const block of flow.blocks) {
    if ("attribute" in block && block.attribute) names.add(block.attribute);
    if (block.type === "tool") for (const name of Object.values(block.save)) if (name) names.add(name);
  }
  return [...names].sort();
}
