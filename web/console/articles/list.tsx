/** The articles: what waits for this person first, then all of them by status, with one change for many. */
import { type Signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { api, reason, sentence } from "../api";
import { go, href, place } from "../router";
import { may } from "../store/session";
import { agents, loadAgents } from "../store/staff";
import { languageName, t } from "../text";
import { ago } from "../time";
import type { Collection } from "../types";
import { Button } from "../ui/button";
import { confirmFirst } from "../ui/dialog";
import { Icon } from "../ui/icon";
import { useLoad } from "../ui/load";
import { Empty } from "../ui/state";
import { toast } from "../ui/toast";
import { collectionTitle, loadCollections } from "../settings/collections";
import { Frame, New, Ready } from "../settings/frame";
import { Indexing } from "../settings/indexing";
import { Tabs } from "./tabs";
import { type Article, type Status, statuses } from "./types";
import { Standing } from "./workflow";

const pageSize = 100;

interface Page {
  articles: Article[];
  next: string;
}

interface Tasks {
  review: Article[];
  returned: Article[];
  approved: Article[];
  due: Article[];
}

type Wanted = Status | "due" | "";

export function ListPage() {
  const wanted = (place.value.query.get("status") ?? "") as Wanted;
  const words = useSignal("");
  const asked = useSignal("");
  const chosen = useSignal<ReadonlySet<string>>(new Set());
  const load = (cursor = "") =>
    api.get<Page>("/articles", { ...(wanted === "due" ? { due: 1 } : { status: wanted }), q: asked.peek(), limit: pageSize, cursor });
  const list = useLoad(() => load(), [wanted, asked.value]);
  const collections = useLoad(loadCollections);
  const tasks = useLoad(() => api.get<Tasks>("/articles/tasks"));
  const box = useRef<HTMLDivElement>(null);
  const reload = async () => {
    await Promise.all([list.reload(), tasks.reload()]);
    chosen.value = new Set();
    requestAnimationFrame(() => {
      // The button that was pressed is gone with the choice.
      if (document.activeElement === document.body) box.current?.querySelector<HTMLElement>("input")?.focus();
    });
  };
  useEffect(() => {
    chosen.value = new Set(); // nothing is changed that is not in sight
  }, [wanted, asked.value]);
  useEffect(() => {
    if (!agents.peek().length) void loadAgents();
  }, []);
  useEffect(() => {
    const timer = setTimeout(() => (asked.value = words.value.trim()), 250);
    return () => clearTimeout(timer);
  }, [words.value]);
  const more = async () => {
    const page = list.value.peek();
    if (!page?.next) return;
    try {
      const next = await load(page.next);
      list.value.value = { articles: [...page.articles, ...next.articles], next: next.next };
    } catch (error) {
      toast(reason(error), { bad: true });
    }
  };
  return (
    <Frame wide title={t("settings.articles")} lead={t("articles.lead")} action={<New path="/settings/articles/new" />}>
      <Tabs current="" />
      {tasks.value.value && <TaskList tasks={tasks.value.value} />}
      <Filters wanted={wanted} words={words} />
      <Indexing />
      <Ready of={list}>
        {(page) =>
          page.articles.length ? (
            <>
              <BulkBar box={box} chosen={chosen} all={page.articles} collections={collections.value.value ?? []} done={reload} />
              <ul class="items">
                {page.articles.map((article) => (
                  <Row key={article.id} article={article} chosen={chosen} collections={collections.value.value ?? []} />
                ))}
              </ul>
              {page.next && <Button onClick={() => void more()}>{t("articles.more_of_them")}</Button>}
            </>
          ) : (
            <Empty icon="book" title={t("articles.empty.title")}>
              {t(asked.value || wanted ? "articles.empty.none" : "articles.empty.text")}
            </Empty>
          )
        }
      </Ready>
    </Frame>
  );
}

function Filters({ wanted, words }: { wanted: Wanted; words: Signal<string> }) {
  return (
    <div class="filters">
      <nav class="segments" aria-label={t("articles.status")}>
        {(["", ...statuses, "due"] as const).map((status) => (
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
  );
}

/** What waits for this person; nothing when nothing does. */
function TaskList({ tasks }: { tasks: Tasks }) {
  const groups = (["review", "returned", "approved", "due"] as const).filter((name) => tasks[name].length);
  if (!groups.length) return null;
  return (
    <section class="tasks" aria-label={t("articles.tasks")}>
      <h2>{t("articles.tasks")}</h2>
      {groups.map((name) => (
        <div key={name} class="task-group">
          <h3>
            {t(`articles.tasks.${name}`)} <span class="badge tabular">{tasks[name].length}</span>
          </h3>
          <ul>
            {tasks[name].slice(0, 8).map((article) => (
              <li key={article.id}>
                <a href={href(`/settings/articles/${article.id}`)}>
                  <bdi>{article.staged?.title ?? article.title}</bdi>
                </a>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

interface RowProps {
  article: Article;
  chosen: Signal<ReadonlySet<string>>;
  collections: Collection[];
}

function Row({ article, chosen, collections }: RowProps) {
  const group = collections.find(({ id }) => id === article.collection);
  const owner = agents.value.find(({ id }) => id === article.work.owner)?.name;
  const facts = [languageName(article.locale), group && collectionTitle(group), owner, ago(article.updated_at)].filter(Boolean);
  const flip = (on: boolean) => {
    const next = new Set(chosen.peek());
    if (on) next.add(article.id);
    else next.delete(article.id);
    chosen.value = next;
  };
  return (
    <li class="article-row">
      <label class="article-choose">
        <input type="checkbox" checked={chosen.value.has(article.id)} onChange={(event) => flip(event.currentTarget.checked)} />
        <span class="sr">{t("articles.choose", { title: article.title })}</span>
      </label>
      <a class="item" href={href(`/settings/articles/${article.id}`)}>
        <span class="item-text">
          <bdi class="item-title">{article.title}</bdi>
          <span class="item-detail">{facts.join(" · ")}</span>
        </span>
        <Standing article={article} />
        <Icon name="right" size={16} />
      </a>
    </li>
  );
}

interface BulkProps {
  box: RefObject<HTMLDivElement | null>;
  chosen: Signal<ReadonlySet<string>>;
  all: Article[];
  collections: Collection[];
  done: () => Promise<void>;
}

interface Outcome {
  done: string[];
  failed: { id: string; message: string }[];
}

/** One change for the chosen articles. */
function BulkBar({ box, chosen, all, collections, done }: BulkProps) {
  const count = chosen.value.size;
  const busy = useSignal(false);
  const run = async (body: Record<string, string>) => {
    if (busy.peek()) return;
    busy.value = true;
    try {
      const { done: changed, failed } = await api.post<Outcome>("/articles/bulk", { ids: [...chosen.peek()], ...body });
      if (changed.length) toast(t("articles.bulk.done", { n: changed.length }));
      const [first] = failed;
      if (first) toast(t("articles.bulk.failed", { n: failed.length, reason: sentence(first.message) }), { bad: true });
    } catch (error) {
      toast(reason(error), { bad: true });
    }
    await done();
    busy.value = false;
  };
  const danger = (action: "archive" | "delete") =>
    confirmFirst({
      title: t(`articles.bulk.${action}.title`, { n: count }),
      text: t(`articles.bulk.${action}.text`),
      verb: t(`articles.bulk.${action}`),
      run: () => run({ action }),
    });
  return (
    <div class="bulk" role="group" aria-label={t("articles.bulk")} ref={box}>
      <label class="check">
        <input
          type="checkbox"
          checked={count > 0 && count === all.length}
          ref={(box) => {
            if (box) box.indeterminate = count > 0 && count < all.length;
          }}
          onChange={(event) => (chosen.value = new Set(event.currentTarget.checked ? all.map(({ id }) => id) : []))}
        />
        {count ? t("articles.bulk.chosen", { n: count }) : t("articles.bulk.all")}
      </label>
      {count > 0 && (
        <div class="actions">
          <Choice label={t("articles.bulk.move")} options={[["", t("articles.collection.none")], ...collections.map((one) => [one.id, collectionTitle(one)] as const)]} run={(collection) => run({ action: "move", collection })} />
          <Choice label={t("articles.bulk.own")} options={[["", t("articles.owner.none")], ...agents.value.map(({ id, name }) => [id, name] as const)]} run={(owner) => run({ action: "own", owner })} />
          <Button small busy={busy.value} onClick={() => void run({ action: "ask" })}>
            {t("articles.step.ask")}
          </Button>
          {may("supervisor") && (
            <>
              <Button small busy={busy.value} onClick={() => void run({ action: "approve" })}>
                {t("articles.step.approve")}
              </Button>
              <Button small busy={busy.value} onClick={() => void run({ action: "publish" })}>
                {t("articles.publish")}
              </Button>
              <Button small busy={busy.value} onClick={() => danger("archive")}>
                {t("articles.archive")}
              </Button>
              <Button small kind="danger" busy={busy.value} onClick={() => danger("delete")}>
                {t("articles.bulk.delete")}
              </Button>
            </>
          )}
        </div>
      )}
    </div>
  );
}

interface ChoiceProps {
  label: string;
  options: readonly (readonly [string, string])[];
  run: (value: string) => unknown;
}

/** A select that acts once: it goes back to its label. */
function Choice({ label, options, run }: ChoiceProps) {
  return (
    <select
      class="input bulk-choice"
      aria-label={label}
      value="-"
      onChange={(event) => {
        const { value } = event.currentTarget;
        event.currentTarget.value = "-";
        if (value !== "-") void run(value);
      }}
    >
      <option value="-">{label}</option>
      {options.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
}

/** Begins an article about a question that nobody has answered. */
export function write(question: string): void {
  go(`/settings/articles/new?${new URLSearchParams({ title: question })}`);
}
