/** Skills: what conversations may ask for and agents may have. */
import { api } from "../api";
import { t } from "../text";
import type { Skill } from "../types";
import { FormView, TextField, useForm } from "../ui/form";
import { useLoad } from "../ui/load";
import { Empty } from "../ui/state";
import { Frame, Part, Ready, RemoveButton } from "./frame";

export function SkillsPage() {
  const skills = useLoad(() => api.get<{ skills: Skill[] }>("/skills"));
  const form = useForm({ name: "" });
  return (
    <Frame title={t("settings.skills")} lead={t("skills.lead")}>
      <Ready of={skills}>
        {({ skills: list }) =>
          list.length ? (
            <ul class="items">
              {list.map(({ name, agents }) => (
                <li key={name} class="item">
                  <span class="item-text item-title">{name}</span>
                  <span class="muted tabular">{t("skills.agents", { n: agents ?? 0 })}</span>
                  <RemoveButton
                    bare
                    path={`/skills/${encodeURIComponent(name)}`}
                    name={name}
                    text={t("skills.remove")}
                    onRemoved={skills.reload}
                  />
                </li>
              ))}
            </ul>
          ) : (
            <Empty icon="star" title={t("skills.empty.title")}>
              {t("skills.empty.text")}
            </Empty>
          )
        }
      </Ready>
      <Part title={t("skills.add")}>
        <FormView
          form={form}
          verb={t("add")}
          save={(values) => api.post("/skills", values)}
          onSaved={() => {
            form.values.value = { name: "" };
            void skills.reload();
          }}
        >
          <TextField form={form} name="name" label={t("field.name")} hint={t("skills.name.hint")} />
        </FormView>
      </Part>
    </Frame>
  );
}
