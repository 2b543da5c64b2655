// Times for people, by Intl only. Formatters are made once: making one costs
// more than a thousand uses.

const formats = new Map<string, Intl.DateTimeFormat>();

function format(locale: string, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + name;
  let made = formats.get(key);
  if (!made) formats.set(key, (made = new Intl.DateTimeFormat(locale, options)));
  return made;
}

/** 14:05, or 2:05 PM where that is usual. */
export function clock(at: string | number | Date, locale: string): string {
  return format(locale, "clock", { hour: "numeric", minute: "2-digit" }).format(new Date(at));
}

/** Whole days from now to at in local time: -1 is yesterday. */
export function daysFrom(at: string | number | Date, now: number = Date.now()): number {
  const midnight = (time: string | number | Date) => new Date(time).setHours(0, 0, 0, 0);
  return Math.round((midnight(at) - midnight(now)) / 86_400_000);
}

/** Today, yesterday, a weekday within the week, else a date. */
export function day(at: string | number | Date, locale: string, now: number = Date.now()): string {
  const days = daysFrom(at, now);
  if (days === 0 || days === -1 || days === 1) {
    const word = new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(days, "day");
    return word.charAt(0).toLocaleUpperCase(locale) + word.slice(1);
  }
  const date = new Date(at);
  if (Math.abs(days) < 7) return format(locale, "weekday", { weekday: "long" }).format(date);
  const year = date.getFullYear() === new Date(now).getFullYear() ? undefined : "numeric";
  return format(locale, "day" + year, { day: "numeric", month: "long", year }).format(date);
}

/** The full date and time, for titles. */
export function full(at: string | number | Date, locale: string): string {
  return format(locale, "full", { dateStyle: "full", timeStyle: "short" }).format(new Date(at));
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [["day", 86_400], ["hour", 3600], ["minute", 60]];

/** How long ago, in the shortest words: now, 5 min., 2 hr., 3 days. */
export function age(at: string | number | Date, locale: string, now: number = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - new Date(at).getTime()) / 1000));
  for (const [unit, size] of STEPS) {
    if (seconds >= size) return count(Math.floor(seconds / size), unit as "day" | "hour" | "minute", locale, "narrow");
  }
  return count(seconds, "second", locale, "narrow");
}

/** A duration in words of one unit, rounded up: 45 seconds, 4 minutes, 2 hours. */
export function duration(seconds: number, locale: string): string {
  if (seconds < 60) return count(Math.ceil(seconds), "second", locale, "long");
  if (seconds < 5400) return count(Math.ceil(seconds / 60), "minute", locale, "long");
  return count(Math.ceil(seconds / 3600), "hour", locale, "long");
}

function count(n: number, unit: "day" | "hour" | "minute" | "second", locale: string, unitDisplay: "narrow" | "long"): string {
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay }).format(n);
}
