import type { Config } from "../chat";
import { describe } from "./describe";
import { config, go, host, readJSON, setFields, signal, storage, t } from "./kit";

type Field = Config["pre_chat"][number];

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const answers = signal<Record<string, string>>(readJSON(storage, "form") ?? {});
const errors = signal<Record<string, string>>({});

/** What the form asks for before the first message. */
export default function Form() {
  const asked = config.value?.pre_chat ?? [];
  const wrong = Object.keys(errors.value).length;
  return (
    <form class="form" noValidate onSubmit={submit}>
      <h1 tabIndex={-1} data-focus>{t("before")}</h1>
      {wrong > 0 && <p class="error-text" role="alert">{t("fix", { n: wrong })}</p>}
      {asked.map((field) => <Question key={field.name} field={field} />)}
      <button class="button button-primary wide">{t("start")}</button>
    </form>
  );
}

function Question({ field }: { field: Field }) {
  const error = errors.value[field.name];
  const common = {
    id: "f-" + field.name, name: field.name, class: "input", value: answers.value[field.name] ?? known(field.name), required: field.required, dir: "auto" as const,
    "aria-invalid": !!error, "aria-describedby": error ? `e-${field.name}` : undefined,
  };
  const note = (e: { currentTarget: { value: string } }) => {
    answers.value = { ...answers.value, [field.name]: e.currentTarget.value };
    storage.set("form", JSON.stringify(answers.value));
  };
  return (
    <div class="field">
      <label class="label" for={common.id} dir="auto">{field.label}</label>
      {field.type === "textarea" ? <textarea {...common} rows={4} onInput={note} />
        : field.type === "select" ? (
          <select {...common} onChange={note}>
            <option value="">{t("choose")}</option>
            {field.options?.map((option) => <option key={option} value={option}>{option}</option>)}
          </select>
        )
        : field.type === "email" ? <input {...common} type="email" autocomplete="email" onInput={note} />
        : <input {...common} type="text" autocomplete={field.name === "name" ? "name" : "on"} onInput={note} />}
      {error && <p class="error-text" id={`e-${field.name}`}>{error}</p>}
    </div>
  );
}

function known(name: string): string {
  const { user } = host.value;
  return (name === "name" ? user?.name : name === "email" ? user?.email : "") ?? "";
}

function submit(e: Event): void {
  e.preventDefault();
  const asked = config.value?.pre_chat ?? [];
  const found: Record<string, string> = {};
  const given: Record<string, string> = {};
  for (const field of asked) {
    const value = (answers.value[field.name] ?? known(field.name)).trim();
    if (value) given[field.name] = value;
    if (field.required && !value) found[field.name] = t("required");
    else if (field.type === "email" && value && !EMAIL.test(value)) found[field.name] = t("emailBad");
  }
  errors.value = found;
  const first = asked.find((field) => found[field.name]);
  if (first) return document.getElementById("f-" + first.name)?.focus();
  setFields(given);
  storage.set("form", null);
  // The answers also go with the first message, so a failure here loses nothing.
  void describe({ name: given["name"], email: given["email"] }).catch(() => {});
  go("thread");
}

