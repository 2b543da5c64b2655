/** Minutes from midnight as an input of type time has them; the end of the day is 00:00. */
export function toTime(minutes: number): string {
  const within = minutes % 1440;
  return `${String(Math.floor(within / 60)).padStart(2, "0")}:${String(within % 60).padStart(2, "0")}`;
}

/** The minutes of a time; as the end of an interval midnight is the end of the day. */
export function toMinutes(time: string, end: boolean): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  const total = hours * 60 + minutes;
  return end && total === 0 ? 1440 : total;
}
