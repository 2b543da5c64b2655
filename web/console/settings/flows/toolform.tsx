/** The form of a tool's block: which tool, what it is given, and where its answer is kept. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api, reason } from "../../api";
import { t } from "../../text";
import { Icon } from "../../ui/icon";
import type { BlockFormProps } from "./blockform";
import { AttributeField, Pick, Words } from "./fields";
import type { Schema, Tool, ToolBlock } from "./flow";

/** The tools that answer now; null until they are known. */
export const tools = signal<Tool[] | null>(null);
const failure = signal("");

export async function loadTools(): Promise<void> {
  try {
    tools.value = (await api.get<{ tools: Tool[] | null }>("/tools")).tools ?? [];
    failure.value = "";
  } catch (error) {
    failure.value = reason(error);
  }
}

/** The fields that a form shows: those of the schema, and those that the block has besides. */
function fieldsOf(schema: Schema | undefined, has: Record<string, unknown>): [string, Schema][] {
  const known = Object.entries(schema?.properties ?? {});
  const more = Object.keys(has).filter((name) => !known.some(([other]) => other === name));
  return [...known, ...more.map((name): [string, Schema] => [name, {}])];
}

/** The values with one put, or without it when it is empty. */
function put<T>(values: Record<string, T>, name: string, value: T | ""): Record<string, T> {
  const { [name]: _, ...rest } = values;
  return value === "" ? rest : { ...rest, [name]: value };
}

/** What a tool is given may be any JSON; what is no text is shown as it is written. */
const shown = (value: unknown) => (typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value));

export function ToolForm({ editor, block, lack, set }: BlockFormProps<ToolBlock>) {
  useEffect(() => void loadTools(), []);
  const all = tools.value ?? [];
  const tool = all.find((one) => one.name === block.tool);
  const options = [
    { value: "", label: t("flows.tool.none") },
    ...all.map(({ name, instances }) => ({ value: name, label: instances ? name : t("flows.tool.away", { name }) })),
    ...(block.tool && !tool ? [{ value: block.tool, label: block.tool }] : []),
  ];
  const choose = (name: string) => {
    const chosen = all.find((one) => one.name === name);
    const attribute = (field: string) => field.toLowerCase().replace(/[^a-z0-9_]+/g, "_");
    const save = Object.keys(chosen?.output_schema?.properties ?? {}).map((field) => [field, attribute(field)] as const);
    set({ tool: name, input: {}, save: Object.fromEntries(save) });
  };
  const required = tool?.input_schema?.required ?? [];
  return (
    <>
      <Pick label={t("flows.tool")} hint={tool?.description} value={block.tool} error={lack("tool")} options={options} onChange={choose} />
      {failure.value && <p class="error-text">{failure.value}</p>}
      {tools.value && !all.length && !block.tool && <p class="notice">{t("flows.tool.empty")}</p>}
      {tool?.personal && (
        <p class="flow-note">
          <Icon name="shield" size={16} />
          {t("flows.tool.personal")}
        </p>
      )}
      {block.tool && <h3 class="flow-list-title">{t("flows.tool.input")}</h3>}
      {fieldsOf(tool?.input_schema, block.input).map(([name, schema]) => (
        <Words
          key={name}
          editor={editor}
          label={required.includes(name) ? t("flows.required", { name: schema.title ?? name }) : (schema.title ?? name)}
          hint={schema.description}
          value={shown(block.input[name])}
          placeholder={`{${name}}`}
          onInput={(value) => set({ input: put(block.input, name, value) })}
        />
      ))}
      {block.tool && <h3 class="flow-list-title">{t("flows.tool.save")}</h3>}
      {fieldsOf(tool?.output_schema, block.save).map(([name, schema]) => (
        <AttributeField
          key={name}
          editor={editor}
          label={t("flows.tool.save.field", { name: schema.title ?? name })}
          hint={schema.description}
          value={block.save[name] ?? ""}
          error={lack(`save.${name}`)}
          onInput={(value) => set({ save: put(block.save, name, value) })}
        />
      ))}
      {tool && !Object.keys(tool.output_schema?.properties ?? {}).length && !Object.keys(block.save).length && (
        <p class="hint">{t("flows.tool.save.none")}</p>
      )}
    </>
  );
}
