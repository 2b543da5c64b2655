/** Having an old version of an article back. Who may read it stays as it is, unless the author chooses otherwise. */
import { useSignal } from "@preact/signals";
import { api, reason } from "../api";
import { go } from "../router";
import { t } from "../text";
import { Button } from "../ui/button";
import { closeDialog, Dialog, openDialog } from "../ui/dialog";
import { toast } from "../ui/toast";
import { type Article, type Revision, type Version, versionOf } from "./types";

type Readers = Pick<Version, "audience" | "segments">;

/** Restores a version, after a question if it was for others than the article is for now. */
export function restore(article: Article, old: Revision, onRestored: (article: Article) => void): void {
  const run = async (audience: boolean) => {
    try {
      onRestored(await api.post<Article>(`/articles/${article.id}/revisions/${old.number}/restore?staged=1${audience ? "&audience=1" : ""}`));
      toast(t("articles.restored", { number: old.number }));
      go(`/settings/articles/${article.id}`, "replace");
    } catch (error) {
      toast(reason(error), { bad: true });
    }
  };
  const now = versionOf(article);
  if (words(now) === words(old)) void run(false);
  else openDialog(<Choice now={now} old={old} run={(audience) => void run(audience)} />);
}

function words({ audience, segments }: Readers): string {
  const name = t(`articles.audience.${audience}`);
  return audience === "segment" ? `${name} (${[...segments].sort().join(", ")})` : name;
}

interface ChoiceProps {
  now: Readers;
  old: Revision;
  run: (audience: boolean) => void;
}

function Choice({ now, old, run }: ChoiceProps) {
  const audience = useSignal(false);
  const submit = () => {
    closeDialog();
    run(audience.value);
  };
  const footer = (
    <>
      <Button onClick={closeDialog}>{t("cancel")}</Button>
      <Button kind="primary" onClick={submit}>
        {t("articles.restore")}
      </Button>
    </>
  );
  return (
    <Dialog title={t("articles.restore.title", { number: old.number })} footer={footer}>
      <p>{t("articles.restore.text", { number: old.number })}</p>
      <fieldset class="field checks">
        <legend>{t("articles.audience")}</legend>
        {[false, true].map((then) => (
          <label key={String(then)} class="check">
            <input type="radio" name="audience" checked={audience.value === then} onChange={() => (audience.value = then)} />
            {t(then ? "articles.restore.then" : "articles.restore.now", { number: old.number, audience: words(then ? old : now) })}
          </label>
        ))}
      </fieldset>
    </Dialog>
  );
}
