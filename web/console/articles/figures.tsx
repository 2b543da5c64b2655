/** How the help centre does: what is read, what is looked for and not found, what helps. */
import { useSignal } from "@preact/signals";
import { api } from "../api";
import { href } from "../router";
import { locale, t } from "../text";
import { ago } from "../time";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";
import { useLoad } from "../ui/load";
import { Frame, Part, Ready } from "../settings/frame";
import { Chart } from "./chart";
import { write } from "./list";
import { Tabs } from "./tabs";

interface Day {
  day: string;
  views: number;
  searches: number;
  without_result: number;
  without_click: number;
  helpful: number;
  unhelpful: number;
}

interface Read {
  id: string;
  title: string;
  locale: string;
  views: number;
  helpful: number;
  unhelpful: number;
}

interface Analytics {
  days: Day[];
  total: Day;
  before: Day;
  articles: Read[];
  worst: Read[];
  unread: number;
  voices: { article: string; title: string; helpful: boolean; reason: string; at: string }[];
  gaps: { query: string; searches: number; results: number; last: string }[];
  bot_questions: number;
  deflected: number;
}

const periods = [7, 30, 90, 365] as const;

function percent(part: number, all: number): string {
  if (!all) return "–";
  return new Intl.NumberFormat(locale.value, { style: "percent", maximumFractionDigits: 0 }).format(part / all);
}

export function FiguresPage() {
  const days = useSignal<number>(30);
  const loaded = useLoad(() => api.get<Analytics>("/kb/analytics", { days: days.value }), [days.value]);
  return (
    <Frame wide title={t("articles.page.figures")} lead={t("articles.figures.lead")}>
      <Tabs current="figures" />
      <div class="segments" role="group" aria-label={t("articles.figures.period")}>
        {periods.map((n) => (
          <button key={n} type="button" class="segment" aria-pressed={days.value === n} onClick={() => (days.value = n)}>
            {t("articles.figures.days", { n })}
          </button>
        ))}
      </div>
      <Ready of={loaded}>{(found) => <Figures found={found} />}</Ready>
    </Frame>
  );
}

function Figures({ found }: { found: Analytics }) {
  const { total, before, days } = found;
  const dates = days.map(({ day }) => day);
  const of = (name: Exclude<keyof Day, "day">) => days.map((day) => day[name]);
  const led = (day: Day) => day.searches - day.without_result - day.without_click;
  return (
    <>
      <dl class="tiles">
        <Tile name={t("articles.figures.views")} value={total.views} before={before.views} />
        <Tile name={t("articles.figures.searches")} value={total.searches} before={before.searches} />
        <Tile name={t("articles.figures.led")} text={percent(led(total), total.searches)} was={percent(led(before), before.searches)} />
        <Tile
          name={t("articles.figures.helpful")}
          text={percent(total.helpful, total.helpful + total.unhelpful)}
          was={percent(before.helpful, before.helpful + before.unhelpful)}
        />
        {found.bot_questions > 0 && <Tile name={t("articles.figures.deflected")} text={percent(found.deflected, found.bot_questions)} />}
      </dl>
      <div class="charts">
        <Chart title={t("articles.figures.reading")} days={dates} series={[{ name: t("articles.figures.views"), values: of("views"), tone: 1 }]} />
        <Chart
          title={t("articles.figures.searching")}
          days={dates}
          series={[
            { name: t("articles.figures.searches"), values: of("searches"), tone: 1 },
            { name: t("articles.figures.without_result"), values: of("without_result"), tone: 3 },
            { name: t("articles.figures.without_click"), values: of("without_click"), tone: 2 },
          ]}
        />
        <Chart
          title={t("articles.figures.votes")}
          days={dates}
          series={[
            { name: t("articles.figures.yes"), values: of("helpful"), tone: 1 },
            { name: t("articles.figures.no"), values: of("unhelpful"), tone: 3 },
          ]}
        />
      </div>
      <Part title={t("articles.gaps")} lead={t("articles.gaps.lead")}>
        <Gaps list={found.gaps} />
      </Part>
      <div class="with-two">
        <Part title={t("articles.figures.most")}>
          <Reads list={found.articles} none={t("articles.figures.none")} />
          {found.unread > 0 && <p class="muted">{t("articles.figures.unread", { n: found.unread })}</p>}
        </Part>
        <Part title={t("articles.figures.worst")}>
          <Reads list={found.worst} none={t("articles.figures.nobody")} />
        </Part>
      </div>
      <Part title={t("articles.voices")} lead={t("articles.voices.lead")}>
        {found.voices.length ? (
          <ul class="voices">
            {found.voices.map(({ article, title, helpful, reason, at }, i) => (
              <li key={i}>
                <p dir="auto">{reason}</p>
                <p class="muted">
                  {t(helpful ? "articles.figures.yes" : "articles.figures.no")} ·{" "}
                  <a href={href(`/settings/articles/${article}`)}>
                    <bdi>{title}</bdi>
                  </a>{" "}
                  · {ago(at)}
                </p>
              </li>
            ))}
          </ul>
        ) : (
          <p class="muted">{t("articles.voices.none")}</p>
        )}
      </Part>
    </>
  );
}

interface TileProps {
  name: string;
  value?: number;
  /** In the period before; what was not counted then is not shown. */
  before?: number;
  text?: string;
  was?: string;
}

function Tile({ name, value = 0, before, text, was }: TileProps) {
  const number = new Intl.NumberFormat(locale.value);
  const earlier = was ?? (before === undefined ? undefined : number.format(before));
  return (
    <div class="tile">
      <dt>{name}</dt>
      <dd class="tabular">{text ?? number.format(value)}</dd>
      {earlier !== undefined && <dd class="tile-before">{t("articles.figures.before", { was: earlier })}</dd>}
    </div>
  );
}

function Reads({ list, none }: { list: Read[]; none: string }) {
  if (!list.length) return <p class="muted">{none}</p>;
  return (
    <div class="table-wrap">
      <table class="table table-wide">
        <thead>
          <tr>
            <th scope="col">{t("articles.links.article")}</th>
            <th scope="col">{t("articles.figures.views")}</th>
            <th scope="col">{t("articles.figures.yes")}</th>
            <th scope="col">{t("articles.figures.no")}</th>
          </tr>
        </thead>
        <tbody>
          {list.map((read) => (
            <tr key={read.id}>
              <td>
                <a href={href(`/settings/articles/${read.id}`)}>
                  <bdi>{read.title}</bdi>
                </a>
              </td>
              <td class="tabular">{read.views}</td>
              <td class="tabular">{read.helpful}</td>
              <td class="tabular">{read.unhelpful}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Gaps({ list }: { list: Analytics["gaps"] }) {
  if (!list.length) return <p class="muted">{t("articles.gaps.none")}</p>;
  return (
    <ul class="items">
      {list.slice(0, 30).map(({ query, searches, results, last }) => (
        <li key={query} class="item">
          <span class="item-text">
            <bdi class="item-title">{query}</bdi>
            <span class="item-detail">
              {t("articles.gaps.count", { n: searches })} · {t(results ? "articles.gaps.unopened" : "articles.gaps.empty")} · {ago(last)}
            </span>
          </span>
          <Button small onClick={() => write(query)}>
            <Icon name="pencil" size={16} /> {t("articles.gaps.write")}
          </Button>
        </li>
      ))}
    </ul>
  );
}
