/** Search over everything that was said. The words and the filter are in the address. */
import { useSignal } from "@preact/signals";
import { Fragment } from "preact";
import { useEffect } from "preact/hooks";
import { readJSON } from "../../shared/storage";
import type { ActorKind, Summary } from "../../shared/wire";
import { api } from "../api";
import { go, href, place } from "../router";
import { storage } from "../store/settings";
import { t } from "../text";
import { full, stamp } from "../time";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";
import { Empty, Failed, Skeleton } from "../ui/state";
import { parts } from "./parts";

interface Hit {
  conv: string;
  seq: number;
  at: string;
  from: ActorKind;
  /** Escaped text with the matches between <mark> and </mark>. */
  snippet: string;
  name: string;
}

interface Results {
  results: Hit[];
  next?: string;
}

const recentKey = "searches";
const keptSearches = 6;

export function SearchPage() {
  const query = place.value.query.get("q")?.trim() ?? "";
  const contact = place.value.query.get("contact") ?? "";
  const submit = (event: Event) => {
    event.preventDefault();
    const words = String(new FormData(event.currentTarget as HTMLFormElement).get("q")).trim();
    go(words ? `/search?q=${encodeURIComponent(words)}` : "/search");
  };
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t("search.title")}</h1>
        <form role="search" class="search-form" onSubmit={submit}>
          <Icon name="search" />
          <input
            key={query}
            class="input"
            type="search"
            name="q"
            aria-label={t("search.title")}
            placeholder={t("search.placeholder")}
            defaultValue={query}
            autoFocus={!query}
          />
          <Button kind="primary" type="submit">
            {t("search.verb")}
          </Button>
        </form>
        <p class="hint">{t("search.operators")}</p>
      </header>
      {contact ? <OfContact key={contact} id={contact} name={query} /> : query ? <Found key={query} query={query} /> : <Recent />}
    </div>
  );
}

function Recent() {
  const recent = readJSON<string[]>(storage, recentKey) ?? [];
  if (!recent.length) {
    return (
      <Empty icon="search" title={t("search.empty.title")}>
        {t("search.empty.text")}
      </Empty>
    );
  }
  return (
    <section>
      <h2 class="section-title">{t("search.recent")}</h2>
      <ul class="recent">
        {recent.map((words) => (
          <li key={words}>
            <a href={href(`/search?q=${encodeURIComponent(words)}`)}>
              <Icon name="clock" size={16} />
              <bdi>{words}</bdi>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function remember(words: string): void {
  const recent = readJSON<string[]>(storage, recentKey) ?? [];
  storage.set(recentKey, JSON.stringify([words, ...recent.filter((other) => other !== words)].slice(0, keptSearches)));
}

function Found({ query }: { query: string }) {
  const hits = useSignal<Hit[] | null>(null);
  const next = useSignal("");
  const error = useSignal<unknown>(null);
  const load = async (cursor: string) => {
    try {
      const answer = await api.get<Results>("/search", { q: query, cursor });
      hits.value = [...(cursor ? (hits.peek() ?? []) : []), ...answer.results];
      next.value = answer.next ?? "";
      error.value = null;
      if (answer.results.length) remember(query);
    } catch (problem) {
      error.value = problem;
    }
  };
  useEffect(() => void load(""), []);
  if (error.value && !hits.value) return <Failed error={error.value} retry={() => void load("")} />;
  if (!hits.value) return <Skeleton rows={6} />;
  if (!hits.value.length) {
    return (
      <Empty icon="search" title={t("search.none.title", { query })}>
        {t("search.none.text")}
      </Empty>
    );
  }
  return (
    <section aria-label={t("search.results")}>
      <p class="muted" role="status">
        {t("search.count", { n: hits.value.length })}
      </p>
      <ul class="hits">
        {hits.value.map((hit) => (
          <li key={`${hit.conv} ${hit.seq}`}>
            <a class="hit" href={href(`/inbox/all/${hit.conv}?seq=${hit.seq}`)}>
              <span class="hit-head">
                <bdi class="hit-name">{hit.name || t("visitor", { id: hit.conv.slice(-4) })}</bdi>
                <span class="muted">{t(`search.from.${hit.from}`)}</span>
                <time dateTime={hit.at} title={full(hit.at)}>
                  {stamp(hit.at)}
                </time>
              </span>
              <span class="hit-text" dir="auto">
                {parts(hit.snippet).map((part, i) =>
                  part.hit ? <mark key={i}>{part.text}</mark> : <Fragment key={i}>{part.text}</Fragment>,
                )}
              </span>
            </a>
          </li>
        ))}
      </ul>
      {next.value && <Button onClick={() => void load(next.peek())}>{t("more.load")}</Button>}
    </section>
  );
}

/** The conversations of a person. */
function OfContact({ id, name }: { id: string; name: string }) {
  const found = useSignal<Summary[] | null>(null);
  const error = useSignal<unknown>(null);
  const load = async () => {
    try {
      found.value = (await api.get<{ conversations: Summary[] }>("/conversations", { contact: id, limit: 50 })).conversations;
    } catch (problem) {
      error.value = problem;
    }
  };
  useEffect(() => void load(), []);
  if (error.value) return <Failed error={error.value} retry={() => void load()} />;
  if (!found.value) return <Skeleton rows={4} />;
  return (
    <section>
      <h2 class="section-title">{t("search.of", { name })}</h2>
      {!found.value.length && <p class="muted">{t("search.of.none")}</p>}
      <ul class="hits">
        {found.value.map((c) => (
          <li key={c.id}>
            <a class="hit" href={href(`/inbox/all/${c.id}`)}>
              <span class="hit-head">
                <span class="hit-name">{t(`state.${c.state}`)}</span>
                <time dateTime={c.last_at}>{stamp(c.last_at)}</time>
              </span>
              <span class="hit-text" dir="auto">
                {c.preview || t("row.empty")}
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
