/** What the bot knows of the team's intents, what it confuses, and what fits nowhere. */
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { api, reason } from "../api";
import { go, href } from "../router";
import { t } from "../text";
import { moment } from "../time";
import { Button } from "../ui/button";
import { useLoad } from "../ui/load";
import { Empty } from "../ui/state";
import { toast } from "../ui/toast";
import { Frame, Part, Ready } from "./frame";
import { propose } from "./draft";

interface Grade {
  id: string;
  name: string;
  examples: number;
  precision: number;
  recall: number;
  examined: boolean;
}

interface Confusion {
  intent: string;
  name: string;
  other: string;
  other_name: string;
  count: number;
  examples: { text: string; confidence: number }[];
}

interface Examination {
  examples: number;
  accuracy: number;
  answered: number;
  right: number;
  few: number;
  intents: Grade[];
  confused: Confusion[];
}

interface Cluster {
  title: string;
  near: string;
  messages: { id: string; conv: string; text: string; at: string }[];
}

interface Misfits {
  clusters: Cluster[];
  messages: number;
}

const percent = (part: number) => Math.round(part * 100);
const readable = (name: string) => name.replaceAll("_", " ");

export function InsightsPage() {
  return (
    <Frame title={t("settings.insights")} lead={t("insights.lead")}>
      <MisfitsPart />
      <ExaminationPart />
    </Frame>
  );
}

function ExaminationPart() {
  const loaded = useLoad(() => api.get<Examination>("/bot/examination"));
  return (
    <Part title={t("insights.exam")} lead={t("insights.exam.lead")}>
      <Ready of={loaded}>{(exam) => (exam.examples ? <Graded exam={exam} /> : <p class="muted">{t("insights.exam.none")}</p>)}</Ready>
    </Part>
  );
}

const FIRST = 12;

function Graded({ exam }: { exam: Examination }) {
  const all = useSignal(false);
  const shown = all.value ? exam.intents : exam.intents.slice(0, FIRST);
  return (
    <>
      <dl class="figures">
        <Figure label={t("insights.accuracy")} part={exam.accuracy} />
        <Figure label={t("insights.answered")} part={exam.answered} />
        <Figure label={t("insights.right")} part={exam.right} />
      </dl>
      <table class="grades">
        <thead>
          <tr>
            <th scope="col">{t("insights.intent")}</th>
            <th scope="col">{t("insights.recall")}</th>
            <th scope="col">{t("insights.precision")}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((grade) => (
            <tr key={grade.id}>
              <th scope="row">
                <a href={href(`/settings/intents/${grade.id}`)}>
                  <bdi>{readable(grade.name)}</bdi>
                </a>
              </th>
              {grade.examined ? (
                <>
                  <td>
                    <Bar part={grade.recall} />
                  </td>
                  <td>
                    <Bar part={grade.precision} />
                  </td>
                </>
              ) : (
                <td colSpan={2} class="muted">
                  {t("insights.few", { n: exam.few })}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {exam.intents.length > FIRST && !all.value && (
        <Button small kind="quiet" onClick={() => (all.value = true)}>
          {t("insights.all", { n: exam.intents.length })}
        </Button>
      )}
      <h3>{t("insights.confused")}</h3>
      {exam.confused.length ? (
        <ul class="pairs">
          {exam.confused.slice(0, FIRST).map((pair) => (
            <li key={`${pair.intent} ${pair.other}`}>
              <details>
                <summary>
                  <bdi>{readable(pair.name)}</bdi> → <bdi>{readable(pair.other_name)}</bdi>{" "}
                  <span class="badge tabular">{t("insights.times", { n: pair.count })}</span>
                </summary>
                <ul>
                  {pair.examples.map((mistake) => (
                    <li key={mistake.text}>
                      <bdi>{mistake.text}</bdi> <span class="muted tabular">{percent(mistake.confidence)} %</span>
                    </li>
                  ))}
                </ul>
                <p class="muted">{t("insights.confused.hint")}</p>
                <p class="actions">
                  {[
                    [pair.intent, pair.name],
                    [pair.other, pair.other_name],
                  ].map(([id, name = ""]) => (
                    <a key={id} class="button button-small" href={href(`/settings/intents/${id}`)}>
                      <bdi>{readable(name)}</bdi>
                    </a>
                  ))}
                </p>
              </details>
            </li>
          ))}
        </ul>
      ) : (
        <p class="muted">{t("insights.confused.none")}</p>
      )}
    </>
  );
}

function Figure({ label, part }: { label: string; part: number }) {
  return (
    <div class="figure">
      <dt>{label}</dt>
      <dd class="tabular">{percent(part)} %</dd>
    </div>
  );
}

function Bar({ part }: { part: number }) {
  return (
    <span class="bar">
      <span class="bar-fill" style={{ inlineSize: `${percent(part)}%` }} aria-hidden="true" />
      <span class="bar-text tabular">{percent(part)} %</span>
    </span>
  );
}

function MisfitsPart() {
  const days = useSignal(30);
  const loaded = useLoad(() => api.get<Misfits>("/bot/misfits", { days: days.value }), [days.value]);
  const box = useRef<HTMLDivElement>(null);
  const reload = async () => {
    await loaded.reload();
    requestAnimationFrame(() => {
      // The group that was dealt with is gone, and its button with it.
      const next = box.current?.querySelector<HTMLElement>(".cluster summary") ?? box.current?.querySelector("select");
      if (document.activeElement === document.body) next?.focus();
    });
  };
  return (
    <Part title={t("insights.misfits")} lead={t("insights.misfits.lead")}>
      <div class="misfits" ref={box}>
        <label class="inline-choice">
          {t("insights.since")}{" "}
          <select class="input" value={days.value} onChange={(event) => (days.value = Number(event.currentTarget.value))}>
            {[7, 30, 90].map((n) => (
              <option key={n} value={n}>
                {t("insights.days", { n })}
              </option>
            ))}
          </select>
        </label>
        <Ready of={loaded}>
          {(found) =>
            found.messages ? (
              <ul class="clusters">
                {found.clusters.map((cluster) => (
                  <ClusterRow key={cluster.messages[0]?.id} cluster={cluster} reload={reload} />
                ))}
              </ul>
            ) : (
              <Empty icon="check" title={t("insights.misfits.none")}>
                {t("insights.misfits.none.text")}
              </Empty>
            )
          }
        </Ready>
      </div>
    </Part>
  );
}

function ClusterRow({ cluster, reload }: { cluster: Cluster; reload: () => Promise<void> }) {
  const busy = useSignal(false);
  const dismiss = async () => {
    busy.value = true;
    try {
      await api.post("/bot/misfits/dismiss", { ids: cluster.messages.map((one) => one.id) });
      await reload();
    } catch (error) {
      toast(reason(error), { bad: true });
    }
    busy.value = false;
  };
  const make = (path: string) => () => {
    propose({ texts: cluster.messages.map((one) => one.text), misfits: cluster.messages.map((one) => one.id) });
    go(path);
  };
  return (
    <li class="cluster">
      <details open={cluster.messages.length > 1}>
        <summary>
          <bdi class="item-title">{cluster.title}</bdi>
          <span class="badge tabular">{t("insights.times", { n: cluster.messages.length })}</span>
          {cluster.near && <span class="muted">{t("insights.near", { name: readable(cluster.near) })}</span>}
        </summary>
        <ul>
          {cluster.messages.slice(0, FIRST).map((one) => (
            <li key={one.id}>
              <a href={href(`/inbox/all/${one.conv}`)}>
                <bdi>{one.text}</bdi>
              </a>{" "}
              <time class="muted" dateTime={one.at}>
                {moment(one.at)}
              </time>
            </li>
          ))}
        </ul>
      </details>
      <div class="actions">
        <Button small onClick={make("/settings/intents/new")}>
          {t("insights.make.intent")}
        </Button>
        <Button small onClick={make(`/settings/articles/new?${new URLSearchParams({ title: cluster.title })}`)}>
          {t("insights.make.article")}
        </Button>
        <Button small kind="quiet" busy={busy.value} onClick={() => void dismiss()}>
          {t("insights.dismiss")}
        </Button>
      </div>
    </li>
  );
}
