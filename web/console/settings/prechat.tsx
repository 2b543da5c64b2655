/** The form before the first message: its fields in order. */
import type { ComponentChildren } from "preact";
import { t } from "../text";
import type { PreChatField } from "../types";
import { Button, IconButton } from "../ui/button";
import { attributeOf } from "./attribute";

const kinds: PreChatField["type"][] = ["text", "email", "select", "textarea"];

export function PreChatEditor({ fields, onChange }: { fields: PreChatField[]; onChange: (fields: PreChatField[]) => void }) {
  const change = (at: number, part: Partial<PreChatField>) =>
    onChange(fields.map((field, i) => (i === at ? { ...field, ...part } : field)));
  const move = (at: number, by: number) => {
    const next = [...fields];
    const [field] = next.splice(at, 1);
    if (field) next.splice(at + by, 0, field);
    onChange(next);
  };
  const add = (field: PreChatField) => onChange([...fields, field]);
  const has = (name: string) => fields.some((field) => field.name === name);
  return (
    <div class="prechat">
      {fields.map((field, i) => (
        <FieldRow key={i} field={field} change={(part) => change(i, part)}>
          <IconButton icon="up" label={t("prechat.up")} disabled={i === 0} onClick={() => move(i, -1)} />
          <IconButton icon="down" label={t("prechat.down")} disabled={i === fields.length - 1} onClick={() => move(i, 1)} />
          <IconButton icon="trash" label={t("remove")} onClick={() => onChange(fields.filter((_, other) => other !== i))} />
        </FieldRow>
      ))}
      {!fields.length && <p class="muted">{t("prechat.none")}</p>}
      <div class="actions">
        {!has("name") && (
          <Button small icon="plus" onClick={() => add({ name: "name", label: t("contact.name"), type: "text", required: false })}>
            {t("contact.name")}
          </Button>
        )}
        {!has("email") && (
          <Button small icon="plus" onClick={() => add({ name: "email", label: t("contact.email"), type: "email", required: false })}>
            {t("contact.email")}
          </Button>
        )}
        <Button small icon="plus" onClick={() => add({ name: "", label: "", type: "text", required: false })}>
          {t("prechat.other")}
        </Button>
      </div>
    </div>
  );
}

interface RowProps {
  field: PreChatField;
  change: (part: Partial<PreChatField>) => void;
  /** The buttons that move and remove it. */
  children: ComponentChildren;
}

function FieldRow({ field, change, children }: RowProps) {
  const rename = (label: string) => change(isOwn(field) ? { label } : { label, name: attributeOf(label) });
  const options = (text: string) => {
    const lines = text.split("\n").map((line) => line.trim());
    change({ options: lines.filter(Boolean) });
  };
  return (
    <div class="prechat-field" role="group" aria-label={field.label || t("prechat.field")}>
      <input
        class="input"
        aria-label={t("prechat.label")}
        placeholder={t("prechat.label")}
        value={field.label}
        onInput={(event) => rename(event.currentTarget.value)}
      />
      <select
        class="input"
        aria-label={t("prechat.type")}
        value={field.type}
        onChange={(event) => change({ type: event.currentTarget.value as PreChatField["type"] })}
      >
        {kinds.map((kind) => (
          <option key={kind} value={kind}>
            {t(`prechat.${kind}`)}
          </option>
        ))}
      </select>
      <label class="check">
        <input type="checkbox" checked={field.required} onChange={(event) => change({ required: event.currentTarget.checked })} />
        {t("prechat.required")}
      </label>
      <span class="prechat-tools">{children}</span>
      {field.type === "select" && (
        <textarea
          class="input prechat-options"
          rows={3}
          aria-label={t("prechat.options")}
          placeholder={t("prechat.options")}
          defaultValue={field.options?.join("\n")}
          onChange={(event) => options(event.currentTarget.value)}
        />
      )}
    </div>
  );
}

/** Name and e-mail are the contact's own and keep their attribute whatever the label. */
function isOwn(field: PreChatField): boolean {
  return field.name === "name" || field.name === "email";
}
