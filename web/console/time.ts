/** Times in the console's language, against a clock that moves. */
import { signal } from "@preact/signals";
import * as time from "../shared/time";
import { locale } from "./text";

/** The present time to half a minute, so that ages on the page stay true. */
export const now = signal(Date.now());

/** Starts the clock; called once by main. */
export function start(): void {
  setInterval(() => (now.value = Date.now()), 30_000);
}

export const clock = (at: string): string => time.clock(at, locale.value);

export const full = (at: string): string => time.full(at, locale.value);

/** The name of the day that begins at a local midnight. */
export const dayName = (midnight: number): string => time.day(midnight, locale.value, now.value);

/** Local midnight of a time, to group by day. */
export const dayOf = (at: string): number => new Date(at).setHours(0, 0, 0, 0);

/** How long ago: a clock time today, a day within the week, else a date. */
export function stamp(at: string): string {
  return time.daysFrom(at, now.value) === 0 ? clock(at) : time.day(at, locale.value, now.value);
}

/** How long ago in the shortest words. */
export const age = (at: string): string => time.age(at, locale.value, now.value);

/** A moment: a clock time today, else the day and the time. */
export function moment(at: string): string {
  return time.daysFrom(at, now.value) === 0 ? clock(at) : `${time.day(at, locale.value, now.value)}, ${clock(at)}`;
}

/** From one moment to another: the day once when it is the same. */
export function span(from: string, to: string): string {
  return new Intl.DateTimeFormat(locale.value, { dateStyle: "medium", timeStyle: "short" }).formatRange(new Date(from), new Date(to));
}

export const duration = (ms: number): string => time.duration(ms / 1000, locale.value);

const steps = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const;

/** How long ago in words: 4 minutes ago. */
export function ago(at: string): string {
  const seconds = (Date.parse(at) - now.value) / 1000;
  const words = new Intl.RelativeTimeFormat(locale.value, { numeric: "auto" });
  for (const [unit, size] of steps) {
    if (Math.abs(seconds) >= size) return words.format(Math.trunc(seconds / size), unit);
  }
  return words.format(0, "second");
}
