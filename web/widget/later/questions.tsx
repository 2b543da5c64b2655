import type { Config } from "../chat";
import { config, host, readJSON, signal, storage, t } from "./kit";

/** Of a form: the inbox's own kinds, and the consent to its privacy policy. */
export type Field = Omit<Config["pre_chat"][number], "type"> & { type: Config["pre_chat"][number]["type"] | "consent" };

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const answers = signal<Record<string, string>>(readJSON(storage, "form") ?? {});
export const errors = signal<Record<string, string>>({});

/** The questions, and after them what the inbox says about the data. */
export function withConsent(asked: readonly Field[]): Field[] {
  const { url, text, required } = config.value!.privacy;
  const label = text || (required ? t("agree") : "");
  return url || label ? [...asked, { name: "consent", type: "consent", label, required }] : [...asked];
}

/** The answers of a form, undefined while something is wrong with one: that is said, and the first gets the focus. */
export function given(asked: readonly Field[]): Record<string, string> | undefined {
  const found: Record<string, string> = {};
  const all: Record<string, string> = {};
  for (const field of asked) {
    const value = answer(field).trim();
    if (value) all[field.name] = value;
    if (field.required && !value) found[field.name] = t("required");
    else if (field.type === "email" && value && !EMAIL.test(value)) found[field.name] = t("emailBad");
  }
  errors.value = found;
  const first = asked.find((field) => found[field.name]);
  if (!first) return all;
  document.getElementById("f-" + first.name)?.focus();
  return undefined;
}

function answer({ name }: Field): string {
  const { user } = host.value;
  return answers.value[name] ?? (name === "name" ? user?.name : name === "email" ? user?.email : "") ?? "";
}

export function Question({ field }: { field: Field }) {
  const { name, label, type, required } = field;
  const error = errors.value[name];
  const note = (value: string) => {
    answers.value = { ...answers.value, [name]: value };
    storage.set("form", JSON.stringify(answers.value));
  };
  const value = answer(field);
  const common = { id: "f-" + name, name, required, "aria-invalid": !!error, "aria-describedby": error ? `e-${name}` : undefined };
  const line = {
    ...common, class: "input", value, dir: "auto" as const, onInput: (e: { currentTarget: { value: string } }) => note(e.currentTarget.value),
  };
  const { url } = config.value!.privacy;
  // What was agreed to is kept as it was said.
  const consent = url ? label + " " + url : label;
  return (
    <div class="field">
      {type === "consent" ? (
        <p class="muted" dir="auto">
          {required ? <label><input {...common} type="checkbox" checked={!!value} onChange={(e) => note(e.currentTarget.checked ? consent : "")} /> {label}</label> : label}{" "}
          {url && <a href={url} target="_blank" rel="noopener">{t("privacy")}</a>}
        </p>
      ) : (
        <>
          <label class="label" for={common.id} dir="auto">{label}</label>
          {type === "textarea" ? <textarea {...line} rows={4} />
            : type === "select" ? (
              <select {...line}>
                <option value="">{t("choose")}</option>
                {field.options?.map((option) => <option key={option} value={option}>{option}</option>)}
              </select>
            )
            : <input {...line} type={type as "text"} autocomplete={type === "email" ? type : name === "name" ? name : "on"} />}
        </>
      )}
      {error && <p class="error-text" id={`e-${name}`}>{error}</p>}
    </div>
  );
}
