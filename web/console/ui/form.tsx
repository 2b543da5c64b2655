/** Forms: values, errors per field from the server, and one way to save. */
import { type Signal, signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId, useMemo, useRef } from "preact/hooks";
import { APIError, reason, sentence } from "../api";
import { t } from "../text";
import { Button } from "./button";
import { Icon } from "./icon";

export interface Form<T> {
  values: Signal<T>;
  errors: Signal<Record<string, string>>;
  /** What went wrong as a whole, "" when nothing did. */
  failure: Signal<string>;
  busy: Signal<boolean>;
  dirty: Signal<boolean>;
  set<K extends keyof T>(name: K, value: T[K]): void;
  /** Saves the values; a refusal ends up in errors and failure, and the answer is false. */
  submit(save: (values: T) => Promise<unknown>): Promise<boolean>;
}

/** What the server says of each field, as sentences. */
export function fieldErrors(error: APIError): Record<string, string> {
  return Object.fromEntries(Object.entries(error.fields).map(([name, text]) => [name, sentence(text)]));
}

/** The errors that are not about a field or a part of it: what is being changed is not wrong any more. */
function without(errors: Record<string, string>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(errors).filter(([other]) => other !== name && !other.startsWith(`${name}.`)));
}

/** A form with its first values; complain is the sentence for a refusal. */
export function makeForm<T extends object>(initial: T, complain = reason): Form<T> {
  const form: Form<T> = {
    values: signal(initial),
    errors: signal({}),
    failure: signal(""),
    busy: signal(false),
    dirty: signal(false),
    set(name, value) {
      form.values.value = { ...form.values.peek(), [name]: value };
      form.errors.value = without(form.errors.peek(), String(name));
      form.dirty.value = true;
    },
    async submit(save) {
      if (form.busy.peek()) return false;
      form.busy.value = true;
      form.errors.value = {};
      form.failure.value = "";
      try {
        await save(form.values.peek());
        form.dirty.value = false;
        return true;
      } catch (error) {
        if (error instanceof APIError) form.errors.value = fieldErrors(error);
        form.failure.value = complain(error);
        return false;
      } finally {
        form.busy.value = false;
      }
    },
  };
  return form;
}

/** A form that lives as long as the component; another key starts it afresh. */
export function useForm<T extends object>(initial: T, key?: unknown): Form<T> {
  return useMemo(() => makeForm(initial), [key]);
}

interface FormProps<T> {
  form: Form<T>;
  save: (values: T) => Promise<unknown>;
  onSaved?: () => void;
  verb?: string;
  /** A form longer than the screen keeps its button in view. */
  long?: boolean;
  children: ComponentChildren;
  extra?: ComponentChildren;
}

/** The form element: an error summary that gets the focus, and the button. */
export function FormView<T extends object>({ form, save, onSaved, verb, long, children, extra }: FormProps<T>) {
  const summary = useRef<HTMLDivElement>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (await form.submit(save)) onSaved?.();
    else summary.current?.focus();
  };
  return (
    <form class="form" noValidate onSubmit={submit}>
      <div ref={summary} tabIndex={-1} role="alert" class={form.failure.value ? "form-failure" : "sr"}>
        {form.failure.value && <Icon name="alert" />}
        {form.failure.value}
      </div>
      {children}
      <div class={`form-foot${long ? " form-foot-long" : ""}`}>
        <Button kind="primary" type="submit" busy={form.busy.value}>
          {verb ?? t("save")}
        </Button>
        {extra}
      </div>
    </form>
  );
}

interface FieldProps<T, K extends keyof T> {
  form: Form<T>;
  name: K;
  label: string;
  hint?: string;
  /** Spans both columns of a two-column form. */
  full?: boolean;
}

export interface Shell {
  id: string;
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  full?: boolean | undefined;
  children: ComponentChildren;
}

/** A label, what stands below it, its error and its hint. */
export function Field({ id, label, hint, error, full, children }: Shell) {
  return (
    <div class={`field${full ? " field-full" : ""}`}>
      <label for={id}>{label}</label>
      {children}
      {error && (
        <p class="error-text" id={`${id}-error`}>
          {error}
        </p>
      )}
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

/** What ties an input to its label, hint and error. */
export function ties(id: string, hint?: string, error?: string) {
  const described = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ");
  return { id, "aria-describedby": described || undefined, "aria-invalid": error ? true : undefined } as const;
}

interface TextProps<T, K extends keyof T> extends FieldProps<T, K> {
  type?: "text" | "email" | "password" | "url" | "number" | "date" | "color";
  autoComplete?: string;
  placeholder?: string;
  required?: boolean;
  min?: number;
  max?: number;
  autoFocus?: boolean;
}

interface LineProps {
  label: string;
  hint?: string;
  error: string | undefined;
  value: string;
  type?: "text" | "url" | "number";
  placeholder?: string;
  maxLength?: number;
  min?: number;
  max?: number;
  onInput: (value: string) => void;
}

/** One line that is a part of a value, such as look.launcher. */
export function Line({ label, hint, error, value, type = "text", onInput, ...rest }: LineProps) {
  const id = useId();
  return (
    <Field id={id} label={label} hint={hint} error={error}>
      <input
        {...ties(id, hint, error)}
        {...rest}
        class="input"
        type={type as "text"}
        dir="auto"
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </Field>
  );
}

/** One line. Numbers stay numbers. */
export function TextField<T extends object, K extends keyof T>({ form, name, label, hint, full, type = "text", ...rest }: TextProps<T, K>) {
  const id = useId();
  const error = form.errors.value[String(name)];
  const value = form.values.value[name];
  const input = (event: Event) => {
    const text = (event.target as HTMLInputElement).value;
    form.set(name, (typeof value === "number" ? Number(text) : text) as T[K]);
  };
  return (
    <Field id={id} label={label} hint={hint} error={error} full={full}>
      <input
        {...ties(id, hint, error)}
        {...rest}
        class="input"
        type={type as "text"}
        name={String(name)}
        value={String(value ?? "")}
        onInput={input}
      />
    </Field>
  );
}

export function AreaField<T extends object, K extends keyof T>({
  form,
  name,
  label,
  hint,
  full,
  rows = 4,
  ...rest
}: FieldProps<T, K> & { rows?: number; placeholder?: string }) {
  const id = useId();
  const error = form.errors.value[String(name)];
  return (
    <Field id={id} label={label} hint={hint} error={error} full={full}>
      <textarea
        {...ties(id, hint, error)}
        {...rest}
        class="input"
        rows={rows}
        dir="auto"
        value={String(form.values.value[name] ?? "")}
        onInput={(event) => form.set(name, event.currentTarget.value as T[K])}
      />
    </Field>
  );
}

/** Several values, one a line. */
export function LinesField<T extends object, K extends keyof T>({
  form,
  name,
  label,
  hint,
  full,
  rows = 3,
  ...rest
}: FieldProps<T, K> & { rows?: number; placeholder?: string }) {
  const id = useId();
  const error = form.errors.value[String(name)];
  const text = ((form.values.value[name] as string[] | undefined) ?? []).join("\n");
  const change = (event: { currentTarget: HTMLTextAreaElement }) => {
    form.set(
      name,
      event.currentTarget.value
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean) as T[K],
    );
  };
  return (
    <Field id={id} label={label} hint={hint} error={error} full={full}>
      <textarea {...ties(id, hint, error)} {...rest} class="input" rows={rows} defaultValue={text} onChange={change} />
    </Field>
  );
}

export interface Option {
  value: string;
  label: string;
}

export function SelectField<T extends object, K extends keyof T>({
  form,
  name,
  label,
  hint,
  full,
  options,
}: FieldProps<T, K> & { options: Option[] }) {
  const id = useId();
  const error = form.errors.value[String(name)];
  return (
    <Field id={id} label={label} hint={hint} error={error} full={full}>
      <select
        {...ties(id, hint, error)}
        class="input"
        value={String(form.values.value[name] ?? "")}
        onChange={(event) => form.set(name, event.currentTarget.value as T[K])}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </Field>
  );
}

interface SwitchProps {
  label: string;
  hint?: string | undefined;
  checked: boolean;
  disabled?: boolean;
  onChange: (on: boolean) => void;
}

export function Switch({ label, hint, checked, disabled, onChange }: SwitchProps) {
  const id = useId();
  return (
    <div class="switch-row">
      <input
        type="checkbox"
        role="switch"
        class="switch"
        id={id}
        checked={checked}
        disabled={disabled}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <label for={id}>{label}</label>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

export function SwitchField<T extends object, K extends keyof T>({ form, name, label, hint }: FieldProps<T, K>) {
  return <Switch label={label} hint={hint} checked={!!form.values.value[name]} onChange={(on) => form.set(name, on as T[K])} />;
}

/** A choice of several from a short list. */
export function ChecksField<T extends object, K extends keyof T>({
  form,
  name,
  label,
  hint,
  options,
}: FieldProps<T, K> & { options: Option[] }) {
  const chosen = (form.values.value[name] as string[] | null | undefined) ?? [];
  const flip = (value: string, on: boolean) =>
    form.set(name, (on ? [...chosen, value] : chosen.filter((other) => other !== value)) as T[K]);
  return (
    <fieldset class="field field-full checks">
      <legend>{label}</legend>
      {options.map(({ value, label: text }) => (
        <label key={value} class="check">
          <input type="checkbox" checked={chosen.includes(value)} onChange={(event) => flip(value, event.currentTarget.checked)} />
          {text}
        </label>
      ))}
      {options.length === 0 && <p class="hint">{t("none")}</p>}
      {hint && <p class="hint">{hint}</p>}
    </fieldset>
  );
}
