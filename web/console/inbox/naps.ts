interface Nap {
  id: "hour" | "three" | "tomorrow" | "monday";
  at: Date;
}

/** Sensible times to come back, from a moment on. */
export function naps(from: Date): Nap[] {
  const later = (hours: number) => new Date(from.getTime() + hours * 3_600_000);
  const morning = (days: number) => new Date(from.getFullYear(), from.getMonth(), from.getDate() + days, 9);
  return [
    { id: "hour", at: later(1) },
    { id: "three", at: later(3) },
    { id: "tomorrow", at: morning(1) },
    { id: "monday", at: morning((8 - from.getDay()) % 7 || 7) },
  ];
}
