/** Links that lead nowhere: within the help centre at once, elsewhere when somebody has them checked. */
import { useEffect } from "preact/hooks";
import { api, reason } from "../api";
import { href } from "../router";
import { may } from "../store/session";
import { t } from "../text";
import { ago } from "../time";
import { Button } from "../ui/button";
import { useLoad } from "../ui/load";
import { Empty } from "../ui/state";
import { toast } from "../ui/toast";
import { Frame, Part, Ready } from "../settings/frame";
import { Tabs } from "./tabs";
import type { BrokenLink } from "./types";

interface Run {
  running: boolean;
  done: number;
  total: number;
  finished?: string;
}

interface Found {
  inside: BrokenLink[];
  outside: BrokenLink[];
  run: Run;
  possible: boolean;
}

const every = 1000; // ms between questions while a check runs

export function LinksPage() {
  const loaded = useLoad(() => api.get<Found>("/kb/links"));
  const run = loaded.value.value?.run;
  useEffect(() => {
    if (!run?.running) return;
    const timer = setTimeout(() => void loaded.reload(), every);
    return () => clearTimeout(timer);
  }, [run]);
  const check = async () => {
    try {
      await api.post("/kb/links/check");
      await loaded.reload();
    } catch (error) {
      toast(reason(error), { bad: true });
    }
  };
  return (
    <Frame wide title={t("articles.page.links")} lead={t("articles.links.lead")}>
      <Tabs current="links" />
      <Ready of={loaded}>
        {({ inside, outside, run: state, possible }) => (
          <>
            <Part title={t("articles.links.inside")}>
              {inside.length ? <LinkTable list={inside} /> : <Empty icon="check" title={t("articles.links.fine")} />}
            </Part>
            <Part title={t("articles.links.outside")} lead={t("articles.links.outside.lead")}>
              {may("supervisor") && possible && (
                <div class="actions">
                  <Button icon="refresh" busy={state.running} onClick={() => void check()}>
                    {t("articles.links.check")}
                  </Button>
                  {!state.running && state.finished && <span class="muted">{t("articles.links.checked", { when: ago(state.finished) })}</span>}
                </div>
              )}
              {state.running && (
                <div class="indexing" role="status">
                  <progress max={Math.max(1, state.total)} value={state.done} aria-label={t("articles.links.progress")} />
                  <span class="muted tabular">{t("indexing.part", { n: state.done, all: state.total })}</span>
                </div>
              )}
              {outside.length > 0 && <LinkTable list={outside} />}
              {!outside.length && state.finished && !state.running && <p class="muted">{t("articles.links.fine")}</p>}
            </Part>
          </>
        )}
      </Ready>
    </Frame>
  );
}

function LinkTable({ list }: { list: BrokenLink[] }) {
  return (
    <div class="table-wrap" tabIndex={0} role="region" aria-label={t("articles.page.links")}>
      <table class="table table-wide">
        <thead>
          <tr>
            <th scope="col">{t("articles.links.article")}</th>
            <th scope="col">{t("articles.links.link")}</th>
            <th scope="col">{t("articles.links.reason")}</th>
          </tr>
        </thead>
        <tbody>
          {list.map((broken, i) => (
            <tr key={i}>
              <td>
                <a href={href(`/settings/articles/${broken.article}`)}>
                  <bdi>{broken.title}</bdi>
                </a>{" "}
                {broken.staged && <span class="badge">{t("articles.staged")}</span>}
                {broken.line > 0 && <span class="muted"> {t("articles.line", { line: broken.line })}</span>}
              </td>
              <td>
                <code class="code">{broken.link}</code>
              </td>
              <td>
                {broken.unsure && <span class="badge">{t("articles.links.unsure")}</span>} {broken.reason}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
