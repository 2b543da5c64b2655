import { useLoad } from "../ui/load";
import { api } from "../api";
import { t } from "../text";
import type { Skill } from "../types";
import type { Form } from "../ui/form";

interface LevelsProps<T> {
  form: Form<T>;
  /** The field that maps skills to levels 1 … 5. */
  name: keyof T;
  label: string;
  hint?: string;
}

/** Levels of skills as a field of a form. */
export function LevelsField<T extends object>({ form, name, label, hint }: LevelsProps<T>) {
  const levels = (form.values.value[name] ?? {}) as Record<string, number>;
  return <Levels label={label} hint={hint} levels={levels} onChange={(next) => form.set(name, next as T[keyof T])} />;
}

interface Props {
  label: string;
  hint?: string | undefined;
  levels: Record<string, number>;
  onChange: (levels: Record<string, number>) => void;
}

/** Levels of skills: none, or 1 (knows a little) to 5 (expert). */
export function Levels({ label, hint, levels, onChange }: Props) {
  const skills = useLoad(() => api.get<{ skills: Skill[] }>("/skills"));
  const all = [...new Set([...(skills.value.value?.skills.map((skill) => skill.name) ?? []), ...Object.keys(levels)])].sort();
  const set = (skill: string, level: number) => {
    const { [skill]: _, ...rest } = levels;
    onChange(level ? { ...rest, [skill]: level } : rest);
  };
  return (
    <fieldset class="field field-full">
      <legend>{label}</legend>
      {hint && <p class="hint">{hint}</p>}
      <div class="levels">
        {all.map((skill, i) => (
          <div key={skill} class="level">
            <label for={`level-${i}`}>{skill}</label>
            <select
              class="input"
              id={`level-${i}`}
              value={String(levels[skill] ?? 0)}
              onChange={(event) => set(skill, Number(event.currentTarget.value))}
            >
              {[0, 1, 2, 3, 4, 5].map((level) => (
                <option key={level} value={String(level)}>
                  {level ? t("level.of", { level }) : t("level.none")}
                </option>
              ))}
            </select>
          </div>
        ))}
        {!all.length && <p class="muted">{t("level.empty")}</p>}
      </div>
    </fieldset>
  );
}
