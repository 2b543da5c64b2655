/** Changes of a flow. Each makes a new flow and leaves the old one as it was, so that it can be undone. */
import { type Block, blockOf, exitsAt, exitsOf, type Flow, type Kind, type Option, TRIGGER } from "./flow";

/** A place behind a block: one of its exits. */
export interface Place {
  block: string;
  exit: string;
}

/** Texts that a new block begins with. */
export interface Words {
  /** labels of the first two options */
  options: readonly [string, string];
}

/** An id that no block has yet: the base, or the base with a number. */
export function freshId(flow: Flow, base: string): string {
  const taken = new Set(flow.blocks.map((block) => block.id));
  for (let n = 1; ; n++) {
    const id = n === 1 ? base : `${base}_${n}`;
    if (!taken.has(id)) return id;
  }
}

/** A block's members changed; its id and type stay. */
export function update(flow: Flow, id: string, part: Partial<Block>): Flow {
  return { ...flow, blocks: flow.blocks.map((block) => (block.id === id ? ({ ...block, ...part } as Block) : block)) };
}

/** Leads an exit to a block, or nowhere with "". */
export function connect(flow: Flow, { block, exit }: Place, target: string): Flow {
  if (block === TRIGGER) return { ...flow, start: target };
  return { ...flow, blocks: flow.blocks.map((one) => (one.id === block ? lead(one, exit, target) : one)) };
}

function lead(block: Block, exit: string, target: string): Block {
  const [kind, which] = exit.split(/:(.*)/s) as [string, string | undefined];
  if (kind === "option" && block.type === "choose") {
    return { ...block, options: block.options.map((option) => (option.id === which ? { ...option, next: target } : option)) };
  }
  if (kind === "case" && block.type === "branch") {
    return { ...block, cases: block.cases.map((one, i) => (i === Number(which) ? { ...one, next: target } : one)) };
  }
  return kind === "next" || kind === "else" ? { ...block, [kind]: target } : block;
}

/** Every exit that led to one block leads to another. */
function redirect(flow: Flow, from: string, to: string): Flow {
  let changed = flow;
  for (const id of [TRIGGER, ...flow.blocks.map((block) => block.id)]) {
    for (const exit of exitsAt(flow, id)) if (exit.target === from) changed = connect(changed, { block: id, exit: exit.key }, to);
  }
  return changed;
}

function blank(id: string, type: Kind, next: string, words: Words): Block {
  switch (type) {
    case "say":
      return { id, type, text: "", next };
    case "ask":
      return { id, type, text: "", attribute: "", expect: "text", invalid: "", attempts: 2, next, else: "" };
    case "choose":
      return { id, type, text: "", options: words.options.map((label, i) => ({ id: `option_${i + 1}`, label, next })), else: "" };
    case "branch":
      return { id, type, cases: [{ if: { attribute: "", is: "equals", value: "" }, next }], else: next };
    case "set":
      return { id, type, attribute: "", value: "", next };
    case "tool":
      return { id, type, tool: "", input: {}, save: {}, next, else: "" };
    case "search":
      return { id, type, query: "{message}", next, else: "" };
    case "handoff":
      return { id, type, text: "", reason: "", skills: {} };
    case "ticket":
      return { id, type, subject: "", priority: "normal" };
    case "rate":
      return { id, type, text: "", attribute: "rating", next };
    case "end":
      return { id, type, outcome: "resolved" };
  }
}

/**
 * Puts a new block behind an exit. What followed there follows the new block, on
 * each of its ways; a block that ends the flow has none.
 */
export function add(flow: Flow, at: Place, type: Kind, words: Words): { flow: Flow; id: string } {
  const id = freshId(flow, type);
  const next = exitsAt(flow, at.block).find((exit) => exit.key === at.exit)?.target ?? "";
  const made = blank(id, type, next, words);
  const before = flow.blocks.findIndex((block) => block.id === at.block);
  const blocks = flow.blocks.toSpliced(before + 1, 0, made);
  return { flow: connect({ ...flow, blocks }, at, id), id };
}

/** Where the flow goes on when a block is taken out: its onward exit, else its first that leads to another block. */
export function successor(block: Block): string {
  const exits = exitsOf(block).filter((exit) => exit.target && exit.target !== block.id);
  return (exits.find((exit) => exit.key === "next") ?? exits[0])?.target ?? "";
}

/** Takes a block out; what led to it leads to what followed it. */
export function remove(flow: Flow, id: string): Flow {
  const block = blockOf(flow, id);
  if (!block) return flow;
  const changed = redirect(flow, id, successor(block));
  return { ...changed, blocks: changed.blocks.filter((one) => one.id !== id) };
}

/** Gives a block another id; what leads to it follows. An id that is taken changes nothing. */
export function rename(flow: Flow, id: string, to: string): Flow {
  if (!blockOf(flow, id) || blockOf(flow, to)) return flow;
  const changed = redirect(flow, id, to);
  return { ...changed, blocks: changed.blocks.map((block) => (block.id === id ? { ...block, id: to } : block)) };
}

/** Blocks that lead to a block, in the flow's order; the trigger as TRIGGER. */
export function before(flow: Flow, id: string): string[] {
  return [TRIGGER, ...flow.blocks.map((block) => block.id)].filter((from) => exitsAt(flow, from).some((exit) => exit.target === id));
}

/** Exchanges a block with the one it leads to, when the way between them is the only one: both have an onward exit. */
function exchange(flow: Flow, first: string, second: string): Flow {
  const led = redirect(flow, first, second);
  const after = blockOf(led, second)?.next ?? "";
  return connect(connect(led, { block: second, exit: "next" }, first), { block: first, exit: "next" }, after);
}

/** The block that stands right before or after a block, when the two can change places; else undefined. */
export function neighbour(flow: Flow, id: string, way: "up" | "down"): string | undefined {
  const block = blockOf(flow, id);
  const onward = (one: Block | undefined) => !!one && exitsOf(one).some((exit) => exit.key === "next");
  if (!onward(block)) return undefined;
  if (way === "up") {
    const [from, ...others] = before(flow, id);
    if (!from || others.length) return undefined;
    const one = blockOf(flow, from);
    return onward(one) && one?.next === id ? from : undefined;
  }
  const next = block?.next ?? "";
  if (!next || next === id || before(flow, next).length > 1) return undefined;
  return onward(blockOf(flow, next)) ? next : undefined;
}

/** Moves a block before the one that leads to it, or behind the one that follows; unchanged where that has no meaning. */
export function move(flow: Flow, id: string, way: "up" | "down"): Flow {
  const other = neighbour(flow, id, way);
  if (other === undefined) return flow;
  return way === "up" ? exchange(flow, other, id) : exchange(flow, id, other);
}

/** The id of an option, made of its label; unique among the others. */
export function optionId(label: string, others: readonly Option[]): string {
  const plain = label
    .normalize("NFD")
    .toLowerCase()
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, 40);
  const base = plain || "option";
  for (let n = 1; ; n++) {
    const id = n === 1 ? base : `${base}_${n}`;
    if (!others.some((option) => option.id === id)) return id;
  }
}
