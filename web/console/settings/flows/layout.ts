/**
 * Where the blocks of a flow are drawn: a layered graph from top to bottom. Rows
 * of blocks alternate with rows of their exits; an exit's block stands below it,
 * as far down as its longest way from the trigger. Ways that lead back are not
 * drawn as lines: the exit itself says where it leads.
 */
import { exitsAt, type Exit, type Flow, TRIGGER } from "./flow";

/** Sizes in px. */
export const size = { block: 224, blockHeight: 66, exit: 34, labelled: 132, exitHeight: 28, gap: 14, rowGap: 16, lane: 10 } as const;

/** Widths of blocks and of labelled exits. */
export type Widths = Pick<Record<keyof typeof size, number>, "block" | "labelled">;

/** Widths that fit two blocks side by side on a phone. */
export const slim: Widths = { block: 168, labelled: 104 };

export interface Spot {
  /** of the upper left corner */
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface BlockSpot extends Spot {
  id: string;
  reachable: boolean;
}

export interface ExitSpot extends Spot {
  /** id of the block whose exit it is */
  from: string;
  exit: Exit;
  /** the only unnamed way on: drawn without a label */
  plain: boolean;
  /** it leads to a block above */
  back: boolean;
}

export interface Line {
  from: string;
  exit: string;
  /** id of the block it leads to; "" for the piece between a block and its exit */
  to: string;
  /** an SVG path */
  path: string;
}

export interface Layout {
  width: number;
  height: number;
  /** the trigger first, then from top to bottom and from left to right */
  blocks: BlockSpot[];
  exits: ExitSpot[];
  lines: Line[];
}

interface Node {
  row: number;
  width: number;
  /** centre */
  x: number;
  up: Node[];
  down: Node[];
  /** place in the order of a walk along the flow, which is the order in its row */
  order: number;
  block?: string;
  /** of a lane: the other lanes of its line */
  line?: Node[];
  exit?: { from: string; exit: Exit; plain: boolean; back: boolean };
}

interface Walk {
  /** blocks in the order in which they were come to */
  order: string[];
  /** when a block, or an exit of it, was come to */
  places: Map<string, number>;
  /** exits that lead back */
  back: Set<string>;
  reached: Set<string>;
}

const keyOf = (id: string, exit?: string) => JSON.stringify([id, exit]);

/**
 * Depth first from the trigger, then from what it does not reach. What is come to
 * later stands further to the right: each exit right of all that the ones before
 * it lead to.
 */
function walk(flow: Flow): Walk {
  const known = new Set(flow.blocks.map((block) => block.id));
  const order: string[] = [];
  const places = new Map<string, number>();
  const back = new Set<string>();
  const state = new Map<string, "open" | "done">();
  const visit = (id: string) => {
    state.set(id, "open");
    order.push(id);
    places.set(keyOf(id), places.size);
    for (const exit of exitsAt(flow, id)) {
      places.set(keyOf(id, exit.key), places.size);
      if (!known.has(exit.target)) continue;
      const seen = state.get(exit.target);
      if (seen === "open") back.add(keyOf(id, exit.key));
      else if (!seen) visit(exit.target);
    }
    state.set(id, "done");
  };
  visit(TRIGGER);
  const reached = new Set(order);
  for (const id of roots(flow, reached)) if (!state.has(id)) visit(id);
  for (const block of flow.blocks) if (!state.has(block.id)) visit(block.id);
  return { order, places, back, reached };
}

/** Blocks that were not reached and that no such block leads to. */
function roots(flow: Flow, reached: Set<string>): string[] {
  const lost = flow.blocks.filter((block) => !reached.has(block.id)).map((block) => block.id);
  const led = new Set(lost.flatMap((id) => exitsAt(flow, id).map((exit) => exit.target)));
  return lost.filter((id) => !led.has(id));
}

/** The row of each block: twice the length of its longest way down. */
function rowsOf(flow: Flow, order: string[], back: Set<string>): Map<string, number> {
  const forward = (id: string) => exitsAt(flow, id).filter((exit) => exit.target && !back.has(keyOf(id, exit.key)));
  const waits = new Map(order.map((id) => [id, 0]));
  for (const id of order) for (const { target } of forward(id)) if (waits.has(target)) waits.set(target, (waits.get(target) ?? 0) + 1);
  const row = new Map(order.map((id) => [id, 0]));
  const ready = order.filter((id) => !waits.get(id));
  for (let id = ready.shift(); id !== undefined; id = ready.shift()) {
    for (const { target } of forward(id)) {
      if (!waits.has(target)) continue;
      row.set(target, Math.max(row.get(target) ?? 0, (row.get(id) ?? 0) + 2));
      const left = (waits.get(target) ?? 1) - 1;
      waits.set(target, left);
      if (!left) ready.push(target);
    }
  }
  return row;
}

function link(a: Node, b: Node): void {
  a.down.push(b);
  b.up.push(a);
}

/** Nodes of blocks, of exits, and of the lanes of lines that pass rows. */
function nodesOf(flow: Flow, widths: Widths): { nodes: Node[]; reached: Set<string> } {
  const { order, places, back, reached } = walk(flow);
  const rows = rowsOf(flow, order, back);
  const nodes: Node[] = [];
  const make = (row: number, width: number, place: number): Node => {
    const node: Node = { row, width, x: 0, up: [], down: [], order: place };
    nodes.push(node);
    return node;
  };
  const byId = new Map(
    order.map((id) => {
      const node = make(rows.get(id) ?? 0, widths.block, places.get(keyOf(id)) ?? 0);
      node.block = id;
      return [id, node];
    }),
  );
  for (const id of order) {
    const source = byId.get(id) as Node;
    const exits = exitsAt(flow, id);
    for (const exit of exits) {
      const place = places.get(keyOf(id, exit.key)) ?? 0;
      const leadsBack = back.has(keyOf(id, exit.key));
      const plain = exits.length === 1 && !leadsBack && (exit.key === "next" || exit.key === "start");
      const node = make(source.row + 1, plain ? size.exit : widths.labelled, place);
      node.exit = { from: id, exit, plain, back: leadsBack };
      link(source, node);
      const target = leadsBack ? undefined : byId.get(exit.target);
      if (!target) continue;
      let last = node;
      const line: Node[] = [];
      for (let row = node.row + 1; row < target.row; row++) {
        const lane = make(row, size.lane, place);
        lane.line = line;
        line.push(lane);
        link(last, lane);
        last = lane;
      }
      link(last, target);
    }
  }
  return { nodes, reached };
}

/**
 * Places of a row as near as possible to where its nodes would like to be (least
 * squares), in their order and without overlap: pools of neighbours that would
 * meet move together.
 */
export function spread(wanted: readonly number[], widths: readonly number[], gap: number): number[] {
  const offsets: number[] = [];
  let reach = 0;
  for (const [i, width] of widths.entries()) {
    reach += width / 2 + (i ? gap : 0);
    offsets.push(reach);
    reach += width / 2;
  }
  const pools: { sum: number; count: number }[] = [];
  for (const [i, want] of wanted.entries()) {
    pools.push({ sum: want - (offsets[i] ?? 0), count: 1 });
    for (;;) {
      const last = pools.at(-1);
      const one = pools.at(-2);
      if (!last || !one || one.sum / one.count <= last.sum / last.count) break;
      one.sum += last.sum;
      one.count += last.count;
      pools.pop();
    }
  }
  const shifts = pools.flatMap(({ sum, count }) => Array<number>(count).fill(sum / count));
  return offsets.map((offset, i) => offset + (shifts[i] ?? 0));
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Moves the nodes of a row towards the middle of the nodes that each wishes to be near. */
function place(row: Node[], wish: (node: Node) => Node[]): void {
  const wanted = row.map((node) => (wish(node).length ? mean(wish(node).map((other) => other.x)) : node.x));
  const widths = row.map((node) => node.width);
  for (const [i, x] of spread(wanted, widths, size.gap).entries()) (row[i] as Node).x = x;
}

/** Sweeps down and up; each row moves towards what it hangs together with. In the end long lines are made straight. */
function settle(rows: Node[][]): void {
  for (const row of rows) place(row, () => []);
  for (let sweep = 0; sweep < 8; sweep++) {
    for (const row of rows) place(row, (node) => node.up);
    for (const row of rows.toReversed()) place(row, (node) => node.down);
  }
  for (const row of rows) place(row, (node) => [...node.up, ...node.down]);
  for (let sweep = 0; sweep < 12; sweep++) for (const row of rows) place(row, (node) => node.line ?? []);
}

/** Lays a flow out. The same flow always looks the same. */
export function layout(flow: Flow, widths: Widths = size): Layout {
  const { nodes, reached } = nodesOf(flow, widths);
  const rows: Node[][] = [];
  for (const node of nodes) (rows[node.row] ??= []).push(node);
  for (let i = 0; i < rows.length; i++) (rows[i] ??= []).sort((a, b) => a.order - b.order);
  settle(rows);
  const left = Math.min(...nodes.map((node) => node.x - node.width / 2));
  for (const node of nodes) node.x = Math.round(node.x - left);
  const tops = heights(rows.length);
  const spot = (node: Node): Spot => ({
    x: Math.round(node.x - node.width / 2),
    y: tops[node.row] ?? 0,
    width: node.width,
    height: heightOf(node.row),
  });
  const drawn = rows.flat();
  return {
    width: Math.max(...nodes.map((node) => Math.ceil(node.x + node.width / 2))),
    height: (tops.at(-1) ?? 0) + heightOf(rows.length - 1),
    blocks: drawn.flatMap((node) => (node.block === undefined ? [] : [{ ...spot(node), id: node.block, reachable: reached.has(node.block) }])),
    exits: drawn.flatMap((node) => (node.exit ? [{ ...spot(node), ...node.exit }] : [])),
    lines: drawn.flatMap((node) => linesFrom(node, tops)),
  };
}

const heightOf = (row: number) => (row % 2 ? size.exitHeight : size.blockHeight);

function heights(count: number): number[] {
  const tops: number[] = [];
  for (let row = 0, y = 0; row < count; row++) {
    tops.push(y);
    y += heightOf(row) + size.rowGap;
  }
  return tops;
}

/** The lines that begin at a block or an exit. */
function linesFrom(node: Node, tops: number[]): Line[] {
  const foot = (one: Node) => (tops[one.row] ?? 0) + heightOf(one.row);
  const head = (one: Node) => tops[one.row] ?? 0;
  if (node.block !== undefined) {
    const all = node.down.length;
    return node.down.flatMap((exit, i) => {
      if (!exit.exit) return [];
      // The exits of a block leave it side by side.
      const x = Math.round(node.x + (all > 1 ? (i - (all - 1) / 2) * Math.min(28, (node.width - 40) / all) : 0));
      return [{ from: node.block as string, exit: exit.exit.exit.key, to: "", path: curve(x, foot(node), exit.x, head(exit)) }];
    });
  }
  if (!node.exit) return [];
  const { from, exit } = node.exit;
  return node.down.map((first) => {
    let path = curve(node.x, foot(node), first.x, head(first));
    let at = first;
    for (let next = at.down[0]; at.block === undefined && next; next = at.down[0]) {
      path += `V${foot(at)}${curve(at.x, foot(at), next.x, head(next)).replace(/^M[\d.-]+ [\d.-]+/, "")}`;
      at = next;
    }
    return { from, exit: exit.key, to: at.block ?? "", path };
  });
}

function curve(x1: number, y1: number, x2: number, y2: number): string {
  if (x1 === x2) return `M${x1} ${y1}V${y2}`;
  const middle = Math.round((y1 + y2) / 2);
  return `M${x1} ${y1}C${x1} ${middle} ${x2} ${middle} ${x2} ${y2}`;
}
