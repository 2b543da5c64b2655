import { article as reading, ask, call, changed, go, Icon, locale, t, token } from "./kit";
import type { ComponentChild } from "preact";
import { safeHTML } from "../../shared/html";
import { Person } from "./person";
import { Vote, type Voting, type Words } from "./vote";
import * as icons from "../../shared/ui/icons";

interface Article {
  title: string;
  html: string;
  url: string;
  kind: string;
  vote: Words;
}

/** Opens the article of a link to the help centre here; with a key held the link does what links do. */
export function openArticle(e: MouseEvent): void {
  const slug = /^\/help\/a\/([^/?#]+)/.exec((e.currentTarget as Element).getAttribute("href")!)?.[1];
  if (!slug || e.ctrlKey || e.metaKey || e.shiftKey) return;
  e.preventDefault();
  reading.value = decodeURIComponent(slug);
  go("article");
}

/** Links to the article's own headings stay here. */
function follow(e: MouseEvent): void {
  const href = (e.target as Element).closest("a")?.getAttribute("href");
  if (!href?.startsWith("#")) return;
  e.preventDefault();
  document.getElementById("at-" + decodeURIComponent(href.slice(1)))?.scrollIntoView();
}

const read = new Map<string, { article?: Article; body?: ComponentChild[]; failed?: boolean; voting: Voting }>();

function load(slug: string) {
  let entry = read.get(slug);
  if (entry) return entry;
  read.set(slug, (entry = { voting: {} }));
  const made = entry;
  call<Article>("GET", `/help/articles/${encodeURIComponent(slug)}?lang=${locale}`, undefined, token())
    .then((article) => Object.assign(made, { article, body: safeHTML(article.html) }), () => Object.assign(made, { failed: true }))
    .finally(changed);
  return entry;
}

const More = ({ url }: { url: string }) => <a href={url} target="_blank" rel="noopener">{t("readMore")}</a>;

/** One article of the help centre, and the way to a person at its end. */
export default function ArticleScreen({ slug }: { slug: string }) {
  const { article, body, failed, voting } = load(slug);
  return (
    <div class="reading">
      {!article && !failed && <><div class="skeleton" /><div class="skeleton" /><div class="skeleton" /></>}
      {article && (
        <article dir="auto">
          <h1 tabIndex={-1} data-focus>{article.title}</h1>
          {/* What is more than a text is better read in the help centre: the way there comes first. */}
          {article.kind != "article" && <More url={article.url} />}
          <div class="rich" onClick={follow}>{body}</div>
        </article>
      )}
      {article && <Vote slug={slug} words={article.vote} voting={voting} />}
      <p class="ways">
        <More url={article?.url ?? `/help/a/${slug}`} />
        <button class="button button-primary" onClick={ask}>{t("ask")}<Icon d={icons.arrow} flip size={16} /></button>
        <Person />
      </p>
    </div>
  );
}
