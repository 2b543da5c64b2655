/** Flows as they travel: the server's answers made whole, and the members that it takes. */
import type { Block, Flow, Kind, Proactive } from "./flow";

/** A flow with what the server says about it. */
export interface Stored {
  flow: Flow;
  /** the version that visitors get, 0 when none is published */
  published: number;
  /** the draft differs from it in more than being switched on */
  changed: boolean;
  updatedAt: string;
}

export interface Version {
  version: number;
  note: string;
  published_at: string;
  /** id of the account */
  published_by: string;
  /** new conversations get it */
  live: boolean;
}

interface FlowJSON extends Omit<Partial<Flow>, "blocks"> {
  blocks?: Partial<Block>[] | null;
  published?: number;
  changed?: boolean;
  updated_at?: string;
}

/** Members that the server leaves out while they are empty. */
const empty: { [K in Kind]: Omit<Extract<Block, { type: K }>, "id" | "type"> } = {
  say: { text: "" },
  ask: { text: "", attribute: "", expect: "text" },
  choose: { text: "", options: [] },
  branch: { cases: [] },
  set: { attribute: "", value: "" },
  tool: { tool: "", input: {}, save: {} },
  search: { query: "" },
  handoff: { text: "", reason: "", skills: {} },
  ticket: { subject: "", priority: "normal" },
  rate: { text: "", attribute: "" },
  end: { outcome: "" },
};

const whole = (block: Partial<Block>): Block => ({ ...empty[block.type as Kind], ...block }) as Block;

const noRule: Proactive = { pages: [], seconds: 0, visits: 0, every_hours: 0, max_queue: 0, any_time: false, message: "", reply: "" };

/** A proactive rule with all members. */
export const wholeRule = (rule: Partial<Proactive>): Proactive => ({ ...noRule, ...rule, pages: rule.pages ?? [] });

/** Reads a flow from an answer. */
export function stored(answer: unknown): Stored {
  const json = answer as FlowJSON;
  return {
    flow: {
      id: json.id ?? "",
      name: json.name ?? "",
      description: json.description ?? "",
      enabled: json.enabled ?? false,
      inbox_ids: json.inbox_ids ?? [],
      version: json.version ?? 0,
      trigger: {
        intents: json.trigger?.intents ?? [],
        phrases: json.trigger?.phrases ?? [],
        proactive: json.trigger?.proactive ? wholeRule(json.trigger.proactive) : null,
      },
      start: json.start ?? "",
      blocks: (json.blocks ?? []).map(whole),
    },
    published: json.published ?? 0,
    changed: json.changed ?? false,
    updatedAt: json.updated_at ?? "",
  };
}

/** The members of a flow that an author sets. */
export function bodyOf({ name, description, enabled, inbox_ids, trigger, start, blocks }: Flow) {
  return { name, description, enabled, inbox_ids, trigger, start, blocks };
}
