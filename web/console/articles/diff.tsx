/** Two texts beside each other in one: what is gone and what is new, word by word. */
import { Fragment } from "preact";
import { api } from "../api";
import { t, tOr } from "../text";
import { useLoad } from "../ui/load";
import { Ready } from "../settings/frame";
import { collectionTitle, loadCollections } from "../settings/collections";
import { type Extra, liveVersion, type Version } from "./types";

interface Part {
  op: "same" | "gone" | "new";
  text: string;
}

interface Field {
  field: Exclude<keyof Version, "extra"> | keyof Extra;
  parts: Part[];
}

/** Fields that change as a whole, from one value to another. */
const values = new Set<Field["field"]>(["kind", "audience", "collection", "minutes"]);

/** Words around a change; the rest of a long text that is the same is left out. */
const around = 160; // characters

function shortened(text: string, first: boolean, last: boolean): string {
  if (text.length <= 2 * around + 20) return text;
  const head = first ? "" : text.slice(0, around);
  const tail = last ? "" : text.slice(-around);
  return `${head} … ${tail}`;
}

/** The fields in which two versions differ; what the server has a code for is said in words. */
async function compare(before: Version, after: Version): Promise<{ fields: Field[] }> {
  const [answer, collections] = await Promise.all([
    api.post<{ fields: Field[] }>("/articles/diff", { before: liveVersion(before), after: liveVersion(after) }),
    before.collection === after.collection ? [] : loadCollections(),
  ]);
  const words = (field: Field["field"], code: string): string => {
    if (field === "kind" || field === "audience") return tOr(`articles.${field}.${code}`, code);
    if (field !== "collection") return code;
    const found = collections.find(({ id }) => id === code);
    return found ? collectionTitle(found) : t("articles.collection.gone");
  };
  return { fields: answer.fields.map(({ field, parts }) => ({ field, parts: parts.map(({ op, text }) => ({ op, text: words(field, text) })) })) };
}

export function Diff({ before, after }: { before: Version; after: Version }) {
  const loaded = useLoad(() => compare(before, after), [JSON.stringify(before), JSON.stringify(after)]);
  return (
    <Ready of={loaded}>
      {({ fields }) =>
        fields.length ? (
          <div class="diff">
            {fields.map(({ field, parts }) => (
              <section key={field}>
                <h2>{t(`articles.field.${field}`)}</h2>
                <div class="diff-text" dir="auto" tabIndex={0} role="group" aria-label={t(`articles.field.${field}`)}>
                  {parts.map((part, i) => (
                    <Fragment key={i}>
                      {i > 0 && values.has(field) && <span aria-hidden="true"> → </span>}
                      <Piece part={part} first={i === 0} last={i === parts.length - 1} />
                    </Fragment>
                  ))}
                </div>
              </section>
            ))}
          </div>
        ) : (
          <p class="muted">{t("articles.diff.same")}</p>
        )
      }
    </Ready>
  );
}

function Piece({ part: { op, text }, first, last }: { part: Part; first: boolean; last: boolean }) {
  if (op === "same") return <span>{shortened(text, first, last)}</span>;
  // A break alone would not be seen.
  const shown = /^\s*$/.test(text) ? text.replaceAll("\n", "↵\n") : text;
  const words = t(op === "gone" ? "articles.diff.gone" : "articles.diff.new");
  const label = <span class="sr">{words} </span>;
  return op === "gone" ? (
    <del>
      {label}
      {shown}
    </del>
  ) : (
    <ins>
      {label}
      {shown}
    </ins>
  );
}
