/** The versions of an article: what changed with each, and how to have one back. */
import { useSignal } from "@preact/signals";
import { api } from "../api";
import { t } from "../text";
import { full, moment } from "../time";
import { Button } from "../ui/button";
import { useLoad } from "../ui/load";
import { Ready } from "../settings/frame";
import { Diff } from "./diff";
import { restore } from "./restore";
import { type Article, liveVersion, nothing, type Revision, versionOf } from "./types";

export function History({ article, onRestored }: { article: Article; onRestored: (article: Article) => void }) {
  const loaded = useLoad(() => api.get<{ revisions: Revision[] }>(`/articles/${article.id}/revisions`), [article.revision, article.staged?.revision]);
  return (
    <Ready of={loaded}>
      {({ revisions }) => <Versions article={article} revisions={revisions} onRestored={onRestored} />}
    </Ready>
  );
}

interface VersionsProps {
  article: Article;
  revisions: Revision[];
  onRestored: (article: Article) => void;
}

function Versions({ article, revisions, onRestored }: VersionsProps) {
  const chosen = useSignal(revisions[0]?.number ?? 0);
  const against = useSignal<"before" | "now">("before");
  const at = revisions.findIndex(({ number }) => number === chosen.value);
  const old = revisions[at];
  const compared = against.value === "before" ? revisions[at + 1]?.number : undefined;
  const loaded = useLoad(async () => {
    const one = async (number: number) => liveVersion(await api.get<Revision>(`/articles/${article.id}/revisions/${number}`));
    const mine = await one(chosen.value);
    if (against.value === "now") return { before: mine, after: versionOf(article) };
    return { before: compared ? await one(compared) : nothing, after: mine };
  }, [chosen.value, against.value]);
  const newest = article.staged?.revision ?? article.revision;
  return (
    <div class="versions">
      <ol class="versions-list" aria-label={t("articles.versions")}>
        {revisions.map(({ number, author, at: when }) => (
          <li key={number}>
            <button type="button" class="version" aria-current={chosen.value === number ? "true" : undefined} onClick={() => (chosen.value = number)}>
              <span class="version-name">
                {t("articles.version", { number })}
                {number === article.revision && article.status === "published" && <span class="badge badge-ok">{t("articles.live")}</span>}
                {number === article.staged?.revision && <span class="badge badge-accent">{t("articles.staged")}</span>}
              </span>
              <span class="muted">
                <bdi>{author}</bdi> · <time title={full(when)}>{moment(when)}</time>
              </span>
            </button>
          </li>
        ))}
      </ol>
      <div class="versions-diff">
        <div class="actions">
          <div class="segments" role="group" aria-label={t("articles.compare")}>
            {(["before", "now"] as const).map((name) => (
              <button key={name} type="button" class="segment" aria-pressed={against.value === name} onClick={() => (against.value = name)}>
                {t(`articles.compare.${name}`)}
              </button>
            ))}
          </div>
          {old && old.number !== newest && (
            <Button small icon="undo" onClick={() => restore(article, old, onRestored)}>
              {t("articles.restore")}
            </Button>
          )}
        </div>
        <Ready of={loaded}>{({ before, after }) => <Diff before={before} after={after} />}</Ready>
      </div>
    </div>
  );
}
