/** What is still missing in a block's form, field by field, while it is being filled in. The server's check has the last word. */
import type { Key } from "../../text";
import { alone, type Block } from "./flow";

/** What an attribute may be called. */
export const attributeName = /^[a-z][a-z0-9_]{0,63}$/;

/** What a block may be called. */
export const blockId = /^\S{1,64}$/;

/** field → the message that says what to do. Fields of lists have their index: options.0.label. */
export type Lacks = Record<string, Key>;

function patternFault(source: string): boolean {
  try {
    new RegExp(source, "u");
    return !source;
  } catch {
    return true;
  }
}

/** The faults of a block's fields; none when all is filled in. */
export function lacks(block: Block): Lacks {
  const found: Lacks = {};
  const need = (field: string, value: string | undefined, key: Key) => {
    if (!value?.trim()) found[field] = key;
  };
  const name = (field: string, value: string | undefined) => {
    if (!attributeName.test(value ?? "")) found[field] = "flows.lack.attribute";
  };
  switch (block.type) {
    case "say":
      need("text", block.text, "flows.lack.text");
      break;
    case "ask":
      need("text", block.text, "flows.lack.question");
      name("attribute", block.attribute);
      if (typeof block.expect === "object" && patternFault(block.expect.pattern)) found["pattern"] = "flows.lack.pattern";
      break;
    case "choose":
      need("text", block.text, "flows.lack.question");
      block.options.forEach((option, i) => need(`options.${i}`, option.label, "flows.lack.option"));
      break;
    case "branch":
      block.cases.forEach(({ if: condition }, i) => {
        name(`cases.${i}.attribute`, condition.attribute);
        if (!alone.includes(condition.is)) need(`cases.${i}.value`, condition.value, "flows.lack.value");
      });
      break;
    case "set":
      name("attribute", block.attribute);
      break;
    case "tool":
      need("tool", block.tool, "flows.lack.tool");
      for (const [field, attribute] of Object.entries(block.save)) name(`save.${field}`, attribute);
      break;
    case "ticket":
      need("subject", block.subject, "flows.lack.subject");
      break;
    case "rate":
      need("text", block.text, "flows.lack.question");
      if (block.attribute) name("attribute", block.attribute);
      break;
    case "search":
    case "handoff":
    case "end":
      break;
  }
  return found;
}
