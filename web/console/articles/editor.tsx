/** One article: its text beside its page, where it belongs, and its way to the readers. */
import { useEffect, useMemo, useRef } from "preact/hooks";
import { api } from "../api";
import { guardLeaving, href, place } from "../router";
import { may, me } from "../store/session";
import { agents, loadAgents } from "../store/staff";
import { t } from "../text";
import { moment } from "../time";
import type { Collection } from "../types";
import { Button } from "../ui/button";
import { closeDialog, Dialog, openDialog } from "../ui/dialog";
import { LinesField, SelectField, TextField } from "../ui/form";
import { Icon } from "../ui/icon";
import { useLoad } from "../ui/load";
import { toast } from "../ui/toast";
import { collectionTitle, loadCollections } from "../settings/collections";
import { type Proposal, settle, takeProposal } from "../settings/draft";
import { Frame, Part, Ready, RemoveButton, saved } from "../settings/frame";
import { Diff } from "./diff";
import { Editing, type Fields } from "./editing";
import { History } from "./history";
import { KindFields } from "./kind";
import { writable } from "./steps";
import { type Article, audiences, liveVersion, type Rules, type Template, versionOf } from "./types";
import { Remarks, Standing, StepButtons } from "./workflow";
import { Writing } from "./writing";

interface Loaded {
  article: Article | undefined;
  collections: Collection[];
  rules: Rules;
  templates: Template[];
}

export function EditorPage({ id }: { id: string }) {
  const loaded = useLoad(async (): Promise<Loaded> => {
    const fresh = id === "new";
    const [collections, rules, article, templates] = await Promise.all([
      loadCollections(),
      api.get<Rules>("/kb/settings"),
      fresh ? undefined : api.get<Article>(`/articles/${id}`),
      fresh ? api.get<{ templates: Template[] }>("/kb/templates").then((answer) => answer.templates) : [],
      agents.peek().length ? undefined : loadAgents(),
    ]);
    return { article, collections, rules, templates };
  }, [id]);
  return <Ready of={loaded}>{(all) => <Editor key={all.article?.id ?? "new"} {...all} />}</Ready>;
}

/** As many characters and other ways to ask as an article may have. */
const longestTitle = 200;
const mostAliases = 30;

/** What the address, or the page before, asks a new article to begin with. */
function beginning(proposal: Proposal | null): Partial<Fields> {
  const title = (place.peek().query.get("title") ?? "").slice(0, longestTitle);
  const aliases = [...new Set([title, ...(proposal?.texts ?? [])])].filter(Boolean).slice(0, mostAliases);
  return title ? { title, aliases } : {};
}

function begin(article: Article | undefined): Editing {
  if (article) return new Editing(article);
  const proposal = takeProposal();
  return new Editing(undefined, beginning(proposal), () => proposal && void settle(proposal));
}

function Editor({ article, collections, rules, templates }: Loaded) {
  const editing = useMemo(() => begin(article), []);
  const current = editing.article.value;
  const history = current && place.value.query.get("view") === "history";
  const readOnly = !!me.value && !writable(current, me.value);
  useEffect(() => {
    void editing.recall();
    return () => editing.end();
  }, []);
  useGuard(editing);
  useEffect(() => {
    const theirs = editing.theirs.value;
    if (theirs) openDialog(<Overtaken editing={editing} theirs={theirs} />);
  }, [editing.theirs.value]);
  const save = async () => {
    if (await editing.save()) saved();
  };
  const { form } = editing;
  const title = form.values.value.title || t("articles.new");
  if (history) {
    return (
      <Frame wide title={t("articles.versions")} up={`/settings/articles/${current.id}`} upTitle={title}>
        <History article={current} onRestored={(next) => editing.adopt(next)} />
      </Frame>
    );
  }
  const key = (event: KeyboardEvent) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    void save();
  };
  return (
    <div onKeyDown={key} class="article-editor">
      <Frame wide title={title} up="/settings/articles" upTitle={t("settings.articles")} action={<Actions editing={editing} strict={rules.review_required} save={save} readOnly={readOnly} />}>
        <Notes editing={editing} readOnly={readOnly} />
        {!current && <Templates templates={templates} editing={editing} />}
        <fieldset disabled={readOnly} class="form">
          <div class="form-columns">
            <TextField form={form} name="title" label={t("field.title")} />
            <SelectField form={form} name="collection" label={t("articles.collection")} options={collectionOptions(collections)} />
          </div>
          <div class="form-columns">
            <KindFields form={form} />
          </div>
          <Writing editing={editing} readOnly={readOnly} />
          <More editing={editing} />
        </fieldset>
        {current && <Remarks editing={editing} />}
      </Frame>
    </div>
  );
}

function collectionOptions(collections: Collection[]) {
  return [{ value: "", label: t("articles.collection.none") }, ...collections.map((one) => ({ value: one.id, label: collectionTitle(one) }))];
}

/** Asks before a page with unsaved text is left, and has the browser ask before it is closed. */
function useGuard(editing: Editing): void {
  const unsaved = editing.unsaved.value;
  const fields = editing.form.values.value;
  useEffect(() => {
    if (unsaved) editing.touched(); // fields beside the text are kept too
  }, [fields]);
  useEffect(() => {
    if (!unsaved) return;
    const closing = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", closing);
    const free = guardLeaving((leave) => {
      if (!editing.unsaved.peek()) return false;
      openDialog(<Leave editing={editing} leave={leave} />);
      return true;
    });
    return () => {
      removeEventListener("beforeunload", closing);
      free();
    };
  }, [unsaved]);
}

function Leave({ editing, leave }: { editing: Editing; leave: () => void }) {
  const save = async () => {
    closeDialog();
    const fresh = !editing.article.peek();
    // A new article's first save goes to its own page by itself.
    if ((await editing.save()) && !fresh) leave();
  };
  const later = async () => {
    closeDialog();
    await editing.keep();
    leave();
  };
  const drop = async () => {
    closeDialog();
    await editing.forget();
    editing.form.dirty.value = false;
    leave();
  };
  return (
    <Dialog
      title={t("articles.leave.title")}
      footer={
        <>
          <Button kind="danger" onClick={() => void drop()}>
            {t("articles.leave.drop")}
          </Button>
          <Button onClick={() => void later()}>{t("articles.leave.later")}</Button>
          <Button kind="primary" onClick={() => void save()}>
            {t("save")}
          </Button>
        </>
      }
    >
      <p>{t("articles.leave.text")}</p>
    </Dialog>
  );
}

/** Somebody else was faster: both texts are there, and so are both ways out. */
function Overtaken({ editing, theirs }: { editing: Editing; theirs: Article }) {
  const mine = editing.form.values.peek();
  const choose = (how: () => Promise<void>) => () => {
    closeDialog();
    void how();
  };
  return (
    <Dialog
      wide
      title={t("articles.overtaken.title")}
      footer={
        <>
          <Button onClick={choose(() => editing.takeTheirs())}>{t("articles.overtaken.theirs")}</Button>
          <Button kind="primary" onClick={choose(() => editing.keepMine())}>
            {t("articles.overtaken.mine")}
          </Button>
        </>
      }
    >
      <p>{t("articles.overtaken.text", { name: theirs.staged?.author ?? theirs.author })}</p>
      <Diff before={versionOf(theirs)} after={mine} />
    </Dialog>
  );
}

interface ActionsProps {
  editing: Editing;
  strict: boolean;
  save: () => Promise<void>;
  readOnly: boolean;
}

function Actions({ editing, strict, save, readOnly }: ActionsProps) {
  const article = editing.article.value;
  const kept = editing.kept.value;
  return (
    <div class="actions">
      {kept && editing.unsaved.value && (
        <span class="muted kept" role="status">
          {t(`articles.kept.${kept}`)}
        </span>
      )}
      {article && <Standing article={article} />}
      {article?.status === "published" && article.audience === "public" && (
        <a class="button button-small" href={`/help/a/${article.slug}?lang=${article.locale}`} target="_blank" rel="noopener">
          <Icon name="external" size={16} />
          {t("articles.view")}
        </a>
      )}
      {!readOnly && (
        <Button small kind={article ? "plain" : "primary"} busy={editing.form.busy.value} keys="mod+s" onClick={() => void save()}>
          {t(article?.status === "published" ? "articles.save.version" : "save")}
        </Button>
      )}
      <StepButtons editing={editing} strict={strict} />
    </div>
  );
}

/** What an author should know before going on. */
function Notes({ editing, readOnly }: { editing: Editing; readOnly: boolean }) {
  const article = editing.article.value;
  const earlier = editing.earlier.value;
  const behind = article?.staged && article.staged.base !== article.revision;
  const compared = async () => {
    if (await editing.save(article?.revision)) toast(t("articles.behind.done"));
  };
  return (
    <>
      {editing.form.failure.value && !editing.theirs.value && (
        <p class="form-failure" role="alert">
          <Icon name="alert" />
          {editing.form.failure.value}
        </p>
      )}
      {earlier && (
        <div class="note" role="status">
          <p>{t("articles.earlier", { when: moment(earlier.updated_at) })}</p>
          <div class="actions">
            <Button small kind="primary" onClick={() => editing.resume()}>
              {t("articles.earlier.resume")}
            </Button>
            <Button small onClick={() => void editing.forget()}>
              {t("articles.earlier.drop")}
            </Button>
          </div>
        </div>
      )}
      {behind && article && (
        <div class="note">
          <p>{t("articles.behind")}</p>
          <details>
            <summary>{t("articles.behind.compare")}</summary>
            <Diff before={liveVersion(article)} after={versionOf(article)} />
          </details>
          <Button small onClick={() => void compared()}>
            {t("articles.behind.ok")}
          </Button>
        </div>
      )}
      {readOnly && <p class="note">{t("articles.resting")}</p>}
    </>
  );
}

/** A new article may begin with a template; a text that is there already stays. */
function Templates({ templates, editing }: { templates: Template[]; editing: Editing }) {
  if (!templates.length) return null;
  const begin = ({ markdown }: Template) => {
    const text = editing.form.values.peek().markdown;
    editing.set("markdown", text.trim() ? `${text.trimEnd()}\n\n${markdown}` : markdown);
  };
  return (
    <div class="templates" role="group" aria-label={t("articles.begin")}>
      <span class="muted">{t("articles.begin")}</span>
      {templates.map((template) => (
        <Button key={template.id} small onClick={() => begin(template)}>
          {template.name}
        </Button>
      ))}
    </div>
  );
}

const moreFields = ["summary", "aliases", "owner", "review_after", "slug", "locale", "audience", "segments", "position"];

/** What most articles do not need. */
function More({ editing }: { editing: Editing }) {
  const { form } = editing;
  const article = editing.article.value;
  const fixed = article?.status === "published" && !may("supervisor");
  const box = useRef<HTMLDetailsElement>(null);
  const wrong = moreFields.some((name) => form.errors.value[name]);
  useEffect(() => {
    if (wrong && box.current) box.current.open = true; // nothing that is wrong is folded away
  }, [form.errors.value]);
  return (
    <details class="more" ref={box}>
      <summary>{t("articles.more")}</summary>
      <div class="form-columns">
        <TextField form={form} name="summary" label={t("articles.summary")} full />
        <LinesField form={form} name="aliases" label={t("articles.aliases")} hint={t("articles.aliases.hint")} full />
        <SelectField form={form} name="owner" label={t("articles.owner")} hint={t("articles.owner.hint")} options={owners(form.values.value.owner)} />
        <TextField form={form} name="review_after" label={t("articles.review_after")} hint={t("articles.review_after.hint")} type="date" />
      </div>
      <div class="form-columns">
        <SelectField
          form={form}
          name="audience"
          label={t("articles.audience")}
          options={audiences.map((value) => ({ value, label: t(`articles.audience.${value}`) }))}
        />
        {form.values.value.audience === "segment" && (
          <LinesField form={form} name="segments" label={t("articles.segments")} hint={t("articles.segments.hint")} />
        )}
      </div>
      <fieldset class="form-columns" disabled={fixed}>
        <TextField form={form} name="slug" label={t("field.slug")} hint={t("field.slug.hint")} />
        <TextField form={form} name="locale" label={t("articles.locale")} hint={t("articles.locale.hint")} />
        <TextField form={form} name="position" label={t("articles.position")} hint={t("collections.position.hint")} type="number" min={0} />
      </fieldset>
      {article && (
        <Part title={t("articles.versions")}>
          <div class="actions">
            <a class="button button-small" href={href(`/settings/articles/${article.id}?view=history`)}>
              <Icon name="undo" size={16} />
              {t("articles.versions.open", { n: article.revision })}
            </a>
            {may("supervisor") && (
              <RemoveButton small path={`/articles/${article.id}`} name={article.title} text={t("articles.remove")} then="/settings/articles" />
            )}
          </div>
        </Part>
      )}
    </details>
  );
}

function owners(current: string) {
  const all = agents.value.map(({ id, name }) => ({ value: id, label: name }));
  const known = all.some(({ value }) => value === current);
  return [{ value: "", label: t("articles.owner.none") }, ...(known || !current ? [] : [{ value: current, label: t("articles.owner.gone") }]), ...all];
}
