/** A line for each series over days, as SVG, with arrows to read it by and a table beside it. */
import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { locale, t } from "../text";

export interface Series {
  name: string;
  values: number[];
  /** Colour by class: 1, 2 or 3. */
  tone: 1 | 2 | 3;
}

interface ChartProps {
  title: string;
  days: string[];
  series: Series[];
}

const width = 640;
const height = 180;
const left = 48;
const bottom = 26;

/** The smallest round number that is not below the largest value. */
export function ceiling(most: number): number {
  if (most <= 4) return 4;
  const power = 10 ** Math.floor(Math.log10(most));
  for (const step of [1, 2, 4, 5, 10]) if (step * power >= most) return step * power;
  return 10 * power;
}

export function Chart({ title, days, series }: ChartProps) {
  const at = useSignal(days.length - 1);
  const id = useId();
  const top = ceiling(Math.max(0, ...series.flatMap(({ values }) => values)));
  const x = (i: number) => left + (days.length < 2 ? 0 : (i * (width - left - 8)) / (days.length - 1));
  const y = (value: number) => 10 + (height - bottom - 10) * (1 - value / top);
  const number = new Intl.NumberFormat(locale.value);
  const day = (text: string) => new Date(`${text}T12:00:00`).toLocaleDateString(locale.value, { day: "numeric", month: "short" });
  const chosen = Math.min(at.value, days.length - 1);
  const spoken = `${day(days[chosen] ?? "")}: ${series.map(({ name, values }) => `${name} ${number.format(values[chosen] ?? 0)}`).join(", ")}`;
  const key = (event: KeyboardEvent) => {
    const to = { ArrowLeft: chosen - 1, ArrowRight: chosen + 1, Home: 0, End: days.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    at.value = Math.max(0, Math.min(days.length - 1, to));
  };
  const point = (event: PointerEvent) => {
    const box = (event.currentTarget as SVGElement).getBoundingClientRect();
    const place = ((event.clientX - box.left) / box.width) * width;
    at.value = Math.max(0, Math.min(days.length - 1, Math.round(((place - left) / (width - left - 8)) * (days.length - 1))));
  };
  return (
    <figure class="chart" aria-labelledby={id}>
      <figcaption id={id}>
        <h2>{title}</h2>
        <ul class="chart-legend">
          {series.map(({ name, tone }) => (
            <li key={name} class={`chart-${tone}`}>
              {name}
            </li>
          ))}
        </ul>
      </figcaption>
      <div
        class="chart-box"
        role="slider"
        tabIndex={0}
        aria-label={t("articles.chart.read", { title })}
        aria-valuemin={0}
        aria-valuemax={days.length - 1}
        aria-valuenow={chosen}
        aria-valuetext={spoken}
        onKeyDown={key}
      >
        <svg viewBox={`0 0 ${width} ${height}`} aria-hidden="true" onPointerMove={point}>
          {[0, 0.5, 1].map((part) => (
            <g key={part}>
              <line class="chart-grid" x1={left} x2={width} y1={y(top * part)} y2={y(top * part)} />
              <text class="chart-label" x={left - 6} y={y(top * part) + 5} text-anchor="end">
                {number.format(top * part)}
              </text>
            </g>
          ))}
          <line class="chart-cursor" x1={x(chosen)} x2={x(chosen)} y1={8} y2={height - bottom} />
          {series.map(({ name, values, tone }) => (
            <g key={name} class={`chart-${tone}`}>
              <polyline points={values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(" ")} />
              <circle cx={x(chosen)} cy={y(values[chosen] ?? 0)} r={4} />
            </g>
          ))}
          <text class="chart-label" x={left} y={height - 4}>
            {day(days[0] ?? "")}
          </text>
          <text class="chart-label" x={width} y={height - 4} text-anchor="end">
            {day(days.at(-1) ?? "")}
          </text>
        </svg>
      </div>
      <p class="chart-spoken tabular">{spoken}</p>
      <details>
        <summary>{t("articles.chart.table")}</summary>
        <div class="table-wrap" tabIndex={0} role="region" aria-label={title}>
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t("articles.chart.day")}</th>
                {series.map(({ name }) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {days.map((text, i) => (
                <tr key={text}>
                  <th scope="row">{day(text)}</th>
                  {series.map(({ name, values }) => (
                    <td key={name} class="tabular">
                      {number.format(values[i] ?? 0)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}
