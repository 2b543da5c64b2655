/** JSON Schemas of tools as rows of a table. They come from other people's programs: nothing in them is sure to have its type. */

/** A value that a tool takes or gives. */
export interface Entry {
  /** With points where it lies in an object, and [] where it is in a list. */
  name: string;
  /** As JSON Schema calls it; "" when the schema does not say. */
  type: string;
  required: boolean;
  description: string;
  /** What a value must be besides. */
  rules: Rule[];
}

export type Rule =
  | { kind: "one_of"; values: string[] }
  | { kind: "at_least" | "at_most" | "pattern" | "format" | "default" | "example"; value: string };

/** Deeper objects are named and not opened. */
const deepest = 3;
const most = 100;

type Node = Record<string, unknown>;

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && !Array.isArray(value);
const words = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function typeOf(schema: Node): string {
  const type = schema["type"];
  const names = (Array.isArray(type) ? type : [type]).filter((name): name is string => typeof name === "string");
  return names.join(" | ");
}

function rulesOf(schema: Node): Rule[] {
  const rules: Rule[] = [];
  const values = "const" in schema ? [schema["const"]] : list(schema["enum"]);
  if (values.length) rules.push({ kind: "one_of", values: values.map(words) });
  for (const [member, kind] of [
    ["minimum", "at_least"],
    ["maximum", "at_most"],
    ["pattern", "pattern"],
    ["format", "format"],
    ["default", "default"],
  ] as const) {
    const value = schema[member];
    if (value !== undefined) rules.push({ kind, value: words(value) });
  }
  const [example] = list(schema["examples"]);
  if (example !== undefined) rules.push({ kind: "example", value: words(example) });
  return rules;
}

/** The values that an object's schema names, those inside of objects after the object. */
export function entriesOf(schema: unknown, prefix = "", depth = 1): Entry[] {
  if (!isNode(schema) || !isNode(schema["properties"])) return [];
  const required = list(schema["required"]);
  const out: Entry[] = [];
  for (const [key, part] of Object.entries(schema["properties"])) {
    const node = isNode(part) ? part : {};
    const description = node["description"] ?? node["title"];
    const name = prefix + key;
    out.push({
      name,
      type: typeOf(node),
      required: required.includes(key),
      description: typeof description === "string" ? description : "",
      rules: rulesOf(node),
    });
    if (depth === deepest) continue;
    out.push(...entriesOf(node, `${name}.`, depth + 1), ...entriesOf(node["items"], `${name}[].`, depth + 1));
  }
  return out.slice(0, most);
}
