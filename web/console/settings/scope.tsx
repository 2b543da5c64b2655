/** In which inboxes something applies: all of them, those to come included, or chosen ones. */
import { useId } from "preact/hooks";
import { APIError } from "../api";
import { inboxes, inboxName } from "../store/staff";
import { t } from "../text";
import type { Form } from "../ui/form";

export interface Scope {
  everywhere: boolean;
  /** Ids; kept while everywhere is chosen. */
  chosen: string[];
}

export function scopeOf(ids: readonly string[] | undefined): Scope {
  return { everywhere: !ids?.length, chosen: [...(ids ?? [])] };
}

/** The ids for the server, none for all. Chosen ones with none chosen would mean all to it, and are refused here. */
export function idsOf(scope: Scope): string[] {
  if (scope.everywhere) return [];
  if (!scope.chosen.length) throw new APIError("invalid", t("scope.none"), { inbox_ids: t("scope.none") });
  return scope.chosen;
}

/** The chosen inboxes in words, "" for all. */
export function scopeText(ids: readonly string[]): string {
  return ids.map((id) => inboxName(id) || t("scope.gone")).join(", ");
}

/** Two ways, and the inboxes for the second. Those that are gone stay in sight until they are taken out. */
export function ScopeField<T extends { scope: Scope }>({ form, hint }: { form: Form<T>; hint: string }) {
  const { scope } = form.values.value;
  return <ScopeChoice scope={scope} hint={hint} error={form.errors.value["inbox_ids"]} onChange={(next) => form.set("scope", next)} />;
}

interface Props {
  scope: Scope;
  hint: string;
  error?: string | undefined;
  onChange: (scope: Scope) => void;
}

export function ScopeChoice({ scope, hint, error, onChange }: Props) {
  const name = useId();
  const set = (change: Partial<Scope>) => onChange({ ...scope, ...change });
  const flip = (id: string, on: boolean) => set({ chosen: on ? [...scope.chosen, id] : scope.chosen.filter((other) => other !== id) });
  const offered = inboxes.value.filter((inbox) => !inbox.archived);
  const gone = scope.chosen.filter((id) => !offered.some((inbox) => inbox.id === id));
  const options = [...offered.map(({ id, name }) => ({ id, label: name })), ...gone.map((id) => ({ id, label: scopeText([id]) }))];
  return (
    <fieldset class="field field-full checks" aria-describedby={error ? `${name}-error` : `${name}-hint`}>
      <legend>{t("settings.inboxes")}</legend>
      {[true, false].map((everywhere) => (
        <label key={String(everywhere)} class="check">
          <input type="radio" name={name} checked={scope.everywhere === everywhere} onChange={() => set({ everywhere })} />
          {t(everywhere ? "scope.all" : "scope.some")}
        </label>
      ))}
      {!scope.everywhere && (
        <div class="checks scope-inboxes" role="group" aria-label={t("scope.some")}>
          {options.map(({ id, label }) => (
            <label key={id} class="check">
              <input type="checkbox" checked={scope.chosen.includes(id)} onChange={(event) => flip(id, event.currentTarget.checked)} />
              <bdi>{label}</bdi>
            </label>
          ))}
        </div>
      )}
      {error && (
        <p class="error-text" id={`${name}-error`}>
          {error}
        </p>
      )}
      <p class="hint" id={`${name}-hint`}>
        {hint}
      </p>
    </fieldset>
  );
}
