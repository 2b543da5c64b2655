/** The texts with which articles begin. */
import { api } from "../api";
import { go, href, place } from "../router";
import { may } from "../store/session";
import { t } from "../text";
import { AreaField, FormView, TextField, useForm } from "../ui/form";
import { Icon } from "../ui/icon";
import { useLoad } from "../ui/load";
import { Empty } from "../ui/state";
import { Frame, ItemRow, Ready, RemoveButton, saved } from "../settings/frame";
import { Tabs } from "./tabs";
import type { Template } from "./types";

const path = "/settings/articles/templates";

export function TemplatesPage() {
  const loaded = useLoad(() => api.get<{ templates: Template[] }>("/kb/templates"));
  const id = place.value.query.get("template");
  return (
    <Ready of={loaded}>
      {({ templates }) => {
        if (!id || !may("supervisor")) return <List templates={templates} />;
        const template = templates.find((one) => one.id === id);
        return <Edit key={id} template={template} last={Math.max(0, ...templates.map(({ position }) => position))} done={loaded.reload} />;
      }}
    </Ready>
  );
}

function List({ templates }: { templates: Template[] }) {
  const add = may("supervisor") && (
    <a class="button button-primary" href={href(`${path}?template=new`)}>
      <Icon name="plus" />
      {t("new")}
    </a>
  );
  return (
    <Frame title={t("articles.page.templates")} lead={t("articles.templates.lead")} action={add}>
      <Tabs current="templates" />
      {templates.length ? (
        <ul class="items">
          {templates.map((one) => (
            <ItemRow key={one.id} href={`${path}?template=${one.id}`} title={one.name} detail={one.markdown.replace(/[#*>\n]+/g, " ").trim()} />
          ))}
        </ul>
      ) : (
        <Empty icon="note" title={t("articles.templates.none")} />
      )}
    </Frame>
  );
}

function Edit({ template, last, done }: { template: Template | undefined; last: number; done: () => Promise<void> }) {
  const form = useForm({ name: template?.name ?? "", markdown: template?.markdown ?? "", position: template?.position ?? last + 1 });
  const end = async () => {
    saved();
    await done();
    go(path, "replace");
  };
  return (
    <Frame title={template?.name ?? t("articles.templates.new")} up={path} upTitle={t("articles.page.templates")}>
      <FormView
        form={form}
        save={(values) => (template ? api.patch(`/kb/templates/${template.id}`, values) : api.post("/kb/templates", values))}
        onSaved={() => void end()}
        extra={
          template && (
            <RemoveButton path={`/kb/templates/${template.id}`} name={template.name} text={t("articles.templates.remove")} then={path} onRemoved={done} />
          )
        }
      >
        <TextField form={form} name="name" label={t("field.name")} />
        <AreaField form={form} name="markdown" label={t("articles.markdown")} rows={16} />
        <TextField form={form} name="position" label={t("articles.position")} hint={t("collections.position.hint")} type="number" min={0} />
      </FormView>
    </Frame>
  );
}
