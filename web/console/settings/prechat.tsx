/** The form before the first message: its fields in order. */
import { t } from "../text";
import type { PreChatField } from "../types";
import { Button, IconButton } from "../ui/button";
import { attributeOf } from "./attribute";

const kinds: PreChatField["type"][] = ["text", "email", "select", "textarea"];

export function PreChatEditor({ fields, onChange }: { fields: PreChatField[]; onChange: (fields: PreChatField[]) => void }) {
  const change = (at: number, part: Partial<PreChatField>) => onChange(fields.map((field, i) => (i === at ? { ...field, ...part } : field)));
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
        <div key={i} class="prechat-field" role="group" aria-label={field.label || t("prechat.field")}>
          <input class="input" aria-label={t("prechat.label")} placeholder={t("prechat.label")} value={field.label} onInput={(event) => change(i, { label: event.currentTarget.value, ...(isOwn(field) ? {} : { name: attributeOf(event.currentTarget.value) }) })} />
          <select class="input" aria-label={t("prechat.type")} value={field.type} onChange={(event) => change(i, { type: event.currentTarget.value as PreChatField["type"] })}>
            {kinds.map((kind) => (
              <option key={kind} value={kind}>
                {t(`prechat.${kind}`)}
              </option>
            ))}
          </select>
          <label class="check">
            <input type="checkbox" checked={field.required} onChange={(event) => change(i, { required: event.currentTarget.checked })} />
            {t("prechat.required")}
          </label>
          <span class="prechat-tools">
            <IconButton icon="up" label={t("prechat.up")} disabled={i === 0} onClick={() => move(i, -1)} />
            <IconButton icon="down" label={t("prechat.down")} disabled={i === fields.length - 1} onClick={() => move(i, 1)} />
            <IconButton icon="trash" label={t("remove")} onClick={() => onChange(fields.filter((_, other) => other !== i))} />
          </span>
          {field.type === "select" && <textarea class="input prechat-options" rows={3} aria-label={t("prechat.options")} placeholder={t("prechat.options")} defaultValue={field.options?.join("\n")} onChange={(event) => change(i, { options: event.currentTarget.value.split("\n").map((line) => line.trim()).filter(Boolean) })} />}
        </div>
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

/** Name and e-mail are the contact's own and keep their attribute whatever the label. */
function isOwn(field: PreChatField): boolean {
  return field.name === "name" || field.name === "email";
}
