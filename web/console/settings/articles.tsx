/** Articles of the help centre: listed by status, written beside their preview. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { safeHTML } from "../../shared/html";
import { api } from "../api";
import { go, href, place } from "../router";
import { may } from "../store/session";
import { t } from "../text";
import { ago } from "../time";
import type { Article, Collection } from "../types";
import { Button } from "../ui/button";
import { SelectField, TextField, LinesField, type Form, useForm } from "../ui/form";
import { Icon } from "../ui/icon";
import { useLoad } from "../ui/load";
import { Empty } from "../ui/state";
import { collectionTitle, loadCollections } from "./collections";
import { Indexing } from "./indexing";
import { Frame, ItemRow, New, Ready, RemoveButton, saved } from "./frame";

const statuses: Article["status"][] = ["published", "in_progress", "awaiting_review", "approved", "archived"];

export function ArticlesPage({ id }: { id: string }) {
  return id ? <Edit id={id} /> : <ArticleList />;
}

function ArticleList() {
  const wanted = (place.value.query.get("status") ?? "") as Article["status"] | "";
  const articles = useLoad(() => api.get<{ articles: Article[]; next?: string }>("/articles", { status: wanted, limit: 200 }), [wanted]);
  const words = useSignal("");
  const fits = (article: Article) => article.title.toLocaleLowerCase().includes(words.value.toLocaleLowerCase());
  return (
    <Frame title={t("settings.articles")} lead={t("articles.lead")} action={may("supervisor") && <New path="/settings/articles/new" />}>
      <div class="filters">
        <nav class="segments" aria-label={t("articles.status")}>
          {(["", ...statuses] as const).map((status) => (
            <a
              key={status}
              class="segment"
              href={href(`/settings/articles${status && `?status=${status}`}`)}
              aria-current={wanted === status ? "page" : undefined}
            >
              {t(`articles.${status || "all"}`)}
            </a>
          ))}
        </nav>
        <input
          class="input"
          type="search"
          aria-label={t("articles.find")}
          placeholder={t("articles.find")}
          value={words.value}
          onInput={(event) => (words.value = event.currentTarget.value)}
        />
      </div>
      <Indexing />
      <Ready of={articles}>
        {({ articles: list }) => {
          const found = list.filter(fits);
          if (!found.length) {
            return (
              <Empty icon="book" title={t("articles.empty.title")}>
                {t("articles.empty.text")}
              </Empty>
            );
          }
          return (
            <ul class="items">
              {found.map((article) => (
                <ItemRow
                  key={article.id}
                  href={`/settings/articles/${article.id}`}
                  title={article.title}
                  detail={`${article.locale} · ${ago(article.updated_at)}`}
                  end={<Status status={article.status} />}
                />
              ))}
            </ul>
          );
        }}
      </Ready>
    </Frame>
  );
}

function Status({ status }: { status: Article["status"] }) {
  const tone = { published: "badge-ok", in_progress: "badge-warn", awaiting_review: "badge-accent", approved: "badge-accent", archived: "" }[status];
  return <span class={`badge ${tone}`}>{t(`articles.${status}`)}</span>;
}

function Edit({ id }: { id: string }) {
  const loaded = useLoad(async () => {
    const collections = await loadCollections();
    if (id === "new") return { article: undefined, collections };
    return { article: await api.get<Article>(`/articles/${id}`), collections };
  }, [id]);
  return <Ready of={loaded}>{({ article, collections }) => <Editor article={article} collections={collections} />}</Ready>;
}

interface Draft {
  title: string;
  slug: string;
  summary: string;
  markdown: string;
  collection: string;
  locale: string;
  audience: Article["audience"];
  aliases: string[];
}

function draftOf(article: Article | undefined): Draft {
  return {
    title: article?.title ?? "",
    slug: article?.slug ?? "",
    summary: article?.summary ?? "",
    markdown: article?.markdown ?? "",
    collection: article?.collection ?? "",
    locale: article?.locale ?? "en",
    audience: article?.audience ?? "public",
    aliases: article?.aliases ?? [],
  };
}

function Editor({ article, collections }: { article: Article | undefined; collections: Collection[] }) {
  const form = useForm(draftOf(article), article);
  const status = useSignal<Article["status"]>(article?.status ?? "in_progress");
  const revision = useRef(article?.revision ?? 0);
  const editable = may("supervisor");
  const save = async (next: Article["status"]) => {
    const stored = await form.submit(async (values) => {
      const body = { ...values, status: next };
      if (article) {
        // The revision tells the server what this author has seen: a later one is a conflict.
        revision.current = (await api.patch<Article>(`/articles/${article.id}`, { ...body, revision: revision.current })).revision;
        return;
      }
      const made = await api.post<Article>("/articles", body);
      go(`/settings/articles/${made.id}`, "replace");
    });
    if (!stored) return;
    status.value = next;
    saved();
  };
  const title = form.values.value.title || t("articles.new");
  return (
    <Frame
      wide
      title={title}
      up="/settings/articles"
      upTitle={t("settings.articles")}
      action={<Actions article={article} status={status.value} form={form} save={save} />}
    >
      {form.failure.value && (
        <p class="form-failure" role="alert">
          <Icon name="alert" />
          {form.failure.value}
        </p>
      )}
      <fieldset disabled={!editable} class="form">
        <div class="form-columns">
          <TextField form={form} name="title" label={t("field.title")} />
          <SelectField
            form={form}
            name="collection"
            label={t("articles.collection")}
            options={[
              { value: "", label: t("articles.collection.none") },
              ...collections.map((one) => ({ value: one.id, label: collectionTitle(one) })),
            ]}
          />
        </div>
        <Writing form={form} />
        <More form={form} article={article} />
      </fieldset>
    </Frame>
  );
}

interface ActionsProps {
  article: Article | undefined;
  status: Article["status"];
  form: Form<Draft>;
  save: (next: Article["status"]) => Promise<void>;
}

function Actions({ article, status, form, save }: ActionsProps) {
  const published = status === "published";
  return (
    <div class="actions">
      <Status status={status} />
      {article && published && (
        <a class="button button-small" href={`/help/a/${article.slug}`} target="_blank" rel="noopener">
          <Icon name="external" size={16} />
          {t("articles.view")}
        </a>
      )}
      {may("supervisor") && (
        <>
          <Button small busy={form.busy.value} onClick={() => void save(status)}>
            {t("save")}
          </Button>
          <Button
            small
            kind={published ? "plain" : "primary"}
            busy={form.busy.value}
            onClick={() => void save(published ? "archived" : "published")}
          >
            {published ? t("articles.archive") : t("articles.publish")}
          </Button>
        </>
      )}
    </div>
  );
}

/** What most articles do not need. */
function More({ form, article }: { form: Form<Draft>; article: Article | undefined }) {
  return (
    <details class="more">
      <summary>{t("articles.more")}</summary>
      <div class="form-columns">
        <TextField form={form} name="summary" label={t("articles.summary")} full />
        <TextField form={form} name="slug" label={t("field.slug")} hint={t("field.slug.hint")} />
        <TextField form={form} name="locale" label={t("articles.locale")} hint={t("articles.locale.hint")} />
        <SelectField
          form={form}
          name="audience"
          label={t("articles.audience")}
          options={(["public", "agents"] as const).map((value) => ({ value, label: t(`articles.audience.${value}`) }))}
        />
        <LinesField form={form} name="aliases" label={t("articles.aliases")} hint={t("articles.aliases.hint")} full />
      </div>
      {article && (
        <RemoveButton small path={`/articles/${article.id}`} name={article.title} text={t("articles.remove")} then="/settings/articles" />
      )}
    </details>
  );
}

/** The Markdown and, beside it, what the server makes of it: 300 ms after the last letter. */
function Writing({ form }: { form: Form<Draft> }) {
  const { markdown } = form.values.value;
  const html = useSignal("");
  useEffect(() => {
    let late = false;
    const timer = setTimeout(
      async () => {
        try {
          const answer = await api.post<{ html: string }>("/articles/preview", { markdown });
          if (!late) html.value = answer.html;
        } catch {
          // The preview stays as it was; saving says what is wrong.
        }
      },
      html.peek() ? 300 : 0,
    );
    return () => {
      late = true;
      clearTimeout(timer);
    };
  }, [markdown]);
  return (
    <div class="writing">
      <div class="field">
        <label for="markdown">{t("articles.markdown")}</label>
        <textarea
          class="input writing-text"
          id="markdown"
          dir="auto"
          spellcheck
          value={markdown}
          onInput={(event) => form.set("markdown", event.currentTarget.value)}
        />
        {form.errors.value["markdown"] && <p class="error-text">{form.errors.value["markdown"]}</p>}
      </div>
      <div class="field">
        <span class="writing-label" id="preview-label">
          {t("articles.preview")}
        </span>
        <div class="writing-preview rich" role="region" aria-labelledby="preview-label" tabIndex={0} dir="auto">
          {html.value ? safeHTML(html.value) : <p class="muted">{t("articles.preview.empty")}</p>}
        </div>
      </div>
    </div>
  );
}
