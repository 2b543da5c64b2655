// A stand-in for Preact in the widget's build, a fifth of its size: functions
// that make nodes, without hooks, refs or state of their own. The sources are
// ordinary Preact and work with the original as well.

type Props = Record<string, unknown>;
type Component = (props: Props) => Child;
type Child = VNode | string | number | boolean | null | undefined | Child[];

interface VNode {
  type: string | Component;
  key: unknown;
  props: Props;
  children: Child[];
}

/** What stands in the document: an element with its parts, or a text. */
interface Placed {
  type: string;
  key: unknown;
  props: Props;
  children: Child[];
  text?: string;
  node?: Node;
  inside?: Placed[];
}

const SVG = "http://www.w3.org/2000/svg";

export function h(type: string | Component, props: Props | null, ...children: Child[]): VNode {
  const { key, ...rest } = props ?? {};
  return { type, key, props: rest, children };
}

export const Fragment: Component = ({ children }) => children as Child;

const roots = new WeakMap<Element, Placed[]>();

/** Makes the content of the element what the node describes, touching only what differs. */
export function render(child: unknown, root: Element): void {
  roots.set(root, patch(root, roots.get(root) ?? [], flatten(child as Child, [])));
}

// Calls components until only elements and texts are left.
function flatten(child: Child, out: Placed[], key?: unknown): Placed[] {
  if (Array.isArray(child)) {
    for (const each of child) flatten(each, out);
  } else if (typeof child === "string" || typeof child === "number") {
    out.push({ type: "", key, props: {}, children: [], text: String(child) });
  } else if (child && typeof child === "object") {
    const { type, props, children } = child;
    key = child.key ?? key;
    if (typeof type === "string") out.push({ type, key, props, children });
    else flatten(type({ ...props, children }), out, key);
  }
  return out;
}

// Without a key, the nth element of a kind is taken to be the nth of before.
function names(list: Placed[]): string[] {
  const counts: Record<string, number> = {};
  return list.map(({ key, type }) => type + " " + (key ?? "#" + (counts[type] = (counts[type] ?? 0) + 1)));
}

function patch(parent: Element, before: Placed[], after: Placed[]): Placed[] {
  const old = new Map(names(before).map((name, i) => [name, before[i]!]));
  names(after).forEach((name, i) => {
    const now = after[i]!;
    const was = old.get(name);
    old.delete(name);
    now.node = was?.node ?? create(now, parent);
    if (was && now.text === was.text && now.text !== undefined) return;
    if (now.text !== undefined) now.node.textContent = now.text;
    else update(now.node as Element, was, now);
  });
  for (const gone of old.values()) (gone.node as ChildNode).remove();
  let next = parent.firstChild;
  for (const { node } of after) {
    if (node === next) next = next!.nextSibling;
    else parent.insertBefore(node!, next);
  }
  return after;
}

function create({ type, text }: Placed, parent: Element): Node {
  if (text !== undefined) return document.createTextNode(text);
  return type === "svg" || parent.namespaceURI === SVG ? document.createElementNS(SVG, type) : document.createElement(type);
}

function update(element: Element, was: Placed | undefined, now: Placed): void {
  now.inside = patch(element, was?.inside ?? [], flatten(now.children, []));
  for (const name in { ...was?.props, ...now.props }) {
    const value = now.props[name];
    if (name === "value" || name === "checked") {
      // What was typed or chosen since is in the property, not in what we drew last.
      const field = element as unknown as Props;
      if (field[name] !== value) field[name] = value ?? "";
    } else if (value !== was?.props[name]) {
      set(element, name, value);
    }
  }
}

function set(element: Element, name: string, value: unknown): void {
  // What a handler returns is nothing to the browser: false would keep a key from doing what it does.
  if (name.startsWith("on")) (element as unknown as Props)[name.toLowerCase()] = value && ((e: Event) => void (value as (e: Event) => void)(e));
  else if (value == null || (value === false && !name.startsWith("aria"))) element.removeAttribute(name);
  else element.setAttribute(name, value === true && !name.startsWith("aria") ? "" : String(value));
}
