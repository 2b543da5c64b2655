/** Business hours: opening intervals a weekday, in a time zone. */
import { useId } from "preact/hooks";
import { locale, t } from "../text";
import type { Day, Inbox } from "../types";
import { IconButton } from "../ui/button";
import { Switch } from "../ui/form";
import { toMinutes, toTime } from "./minutes";

type Hours = Inbox["hours"];

/** Weekdays beginning with Monday; 0 is Sunday. */
const week = [1, 2, 3, 4, 5, 6, 0];

const usual: Day[] = [1, 2, 3, 4, 5].map((weekday) => ({ weekday, from: 9 * 60, to: 17 * 60 }));

function zones(): string[] {
  const all = Intl.supportedValuesOf("timeZone");
  return all.includes("UTC") ? all : ["UTC", ...all];
}

export function HoursField({ hours, onChange }: { hours: Hours; onChange: (hours: Hours) => void }) {
  const id = useId();
  const name = new Intl.DateTimeFormat(locale.value, { weekday: "long", timeZone: "UTC" });
  const always = hours.days.length === 0;
  const set = (days: Day[]) => onChange({ ...hours, days: days.toSorted((a, b) => a.weekday - b.weekday || a.from - b.from) });
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <div class="hours">
      <Switch
        label={t("hours.always")}
        hint={t("hours.always.hint")}
        checked={always}
        onChange={(on) => (on ? set([]) : onChange({ ...hours, zone: hours.zone || own, days: usual }))}
      />
      {!always && (
        <>
          <div class="field">
            <label for={id}>{t("hours.zone")}</label>
            <select
              class="input"
              id={id}
              value={hours.zone || "UTC"}
              onChange={(event) => onChange({ ...hours, zone: event.currentTarget.value })}
            >
              {zones().map((zone) => (
                <option key={zone} value={zone}>
                  {zone.replaceAll("_", " ")}
                </option>
              ))}
            </select>
          </div>
          <div class="hours-grid">
            {week.map((weekday) => {
              // The first of January 2023 was a Sunday.
              const label = name.format(new Date(Date.UTC(2023, 0, 1 + weekday)));
              return <Weekday key={weekday} weekday={weekday} label={label} days={hours.days} set={set} />;
            })}
          </div>
          <Holidays hours={hours} onChange={onChange} />
        </>
      )}
    </div>
  );
}

interface WeekdayProps {
  weekday: number;
  label: string;
  days: Day[];
  set: (days: Day[]) => void;
}

function Weekday({ weekday, label, days, set }: WeekdayProps) {
  const own = days.filter((day) => day.weekday === weekday);
  const change = (old: Day, part: Partial<Day>) => set(days.map((day) => (day === old ? { ...day, ...part } : day)));
  const last = own.at(-1);
  const next = last ? Math.min(last.to + 60, 1380) : 540;
  return (
    <div class="hours-day" role="group" aria-label={label}>
      <span class="hours-name">{label}</span>
      <div class="hours-times">
        {own.map((day) => (
          <span class="hours-interval" key={day.from}>
            <input
              class="input"
              type="time"
              aria-label={t("hours.from", { day: label })}
              value={toTime(day.from)}
              onChange={(event) => change(day, { from: toMinutes(event.currentTarget.value, false) })}
            />
            <span aria-hidden="true">–</span>
            <input
              class="input"
              type="time"
              aria-label={t("hours.to", { day: label })}
              value={toTime(day.to)}
              onChange={(event) => change(day, { to: toMinutes(event.currentTarget.value, true) })}
            />
            <IconButton icon="close" label={t("hours.remove", { day: label })} onClick={() => set(days.filter((other) => other !== day))} />
          </span>
        ))}
        {!own.length && <span class="muted">{t("hours.closed")}</span>}
        <IconButton
          icon="plus"
          label={t("hours.add", { day: label })}
          onClick={() => set([...days, { weekday, from: next, to: last ? 1440 : 1020 }])}
        />
      </div>
    </div>
  );
}

function Holidays({ hours, onChange }: { hours: Hours; onChange: (hours: Hours) => void }) {
  const holidays = hours.holidays ?? [];
  const add = (event: Event) => {
    const input = (event.currentTarget as HTMLElement).parentElement?.querySelector("input");
    if (!input?.value || holidays.includes(input.value)) return;
    onChange({ ...hours, holidays: [...holidays, input.value].sort() });
    input.value = "";
  };
  const format = new Intl.DateTimeFormat(locale.value, { dateStyle: "medium", timeZone: "UTC" });
  return (
    <fieldset class="field">
      <legend>{t("hours.holidays")}</legend>
      <div class="chips">
        {holidays.map((date) => (
          <button
            type="button"
            key={date}
            class="chip chip-button"
            aria-label={t("hours.holiday.remove", { date })}
            onClick={() => onChange({ ...hours, holidays: holidays.filter((other) => other !== date) })}
          >
            {format.format(new Date(date))} ×
          </button>
        ))}
      </div>
      <span class="field-row">
        <input class="input" type="date" aria-label={t("hours.holiday")} />
        <button type="button" class="button" onClick={add}>
          {t("add")}
        </button>
      </span>
    </fieldset>
  );
}
