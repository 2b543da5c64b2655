import { article, call, go, Icon, locale, signal, t, token } from "./kit";
import { Person } from "./person";
import * as icons from "../../shared/ui/icons";

interface Passage {
  slug: string;
  title: string;
  snippet: string;
  url: string;
}

const query = signal("");
const results = signal<Passage[] | null>(null);
const PAUSE = 200; // ms after the last key
let asked: AbortController | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

function search(text: string): void {
  query.value = text;
  clearTimeout(timer);
  asked?.abort();
  if (text.trim().length < 2) return void (results.value = null);
  timer = setTimeout(async () => {
    asked = new AbortController();
    const address = `/help/search?q=${encodeURIComponent(text)}&locale=${locale}`;
    try {
      const found = await call<{ results: Passage[] }>("GET", address, undefined, token(), asked.signal);
      // Several passages of one article are one result here.
      results.value = found.results.filter((p, i, all) => all.findIndex((q) => q.slug === p.slug) === i).slice(0, 5);
    } catch {
      // Aborted, or no answer: what is shown stays.
    }
  }, PAUSE);
}

/** Tells the authors what was looked for and opened. Nobody waits for it, and nobody misses it. */
function settle(slug = ""): void {
  const q = query.value.trim();
  if (q) call("POST", "/help/search/opened", { q, locale, slug, results: results.value?.length ?? 0, source: "widget" }, token()).catch(() => {});
}

/** Search in the help centre; articles are read in place. */
export default function Help() {
  const found = results.value;
  return (
    <section class="help" aria-label={t("search")}>
      <label class="search">
        <Icon d={icons.search} size={18} />
        <input type="search" class="input" value={query.value} placeholder={t("search")} aria-label={t("search")} dir={query.value ? "auto" : undefined} onInput={(e) => search(e.currentTarget.value)} onChange={() => results.value?.length === 0 && settle()} />
      </label>
      <p class="sr" role="status">{found ? (found.length ? t("results", { n: found.length }) : t("noResults")) : ""}</p>
      {found && !found.length && <p class="muted">{t("noResults")}</p>}
      <ul class="found">
        {found?.map((p) => (
          <li key={p.slug}>
            <button onClick={() => (settle(p.slug), (article.value = p.slug), go("article"))} dir="auto">
              <b>{p.title}</b>
              <span class="preview">{p.snippet}</span>
            </button>
          </li>
        ))}
      </ul>
      <Person />
    </section>
  );
}
