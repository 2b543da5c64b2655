// Browser storage that never throws: it is blocked in third-party frames, full,
// or switched off on many machines, and a chat must work on all of them.

export interface KeyValue {
  /** Whether what is written survives a reload. */
  readonly durable: boolean;
  get(key: string): string | null;
  set(key: string, value: string | null): void;
}

/** Keeps values in memory, for where nothing else is allowed. */
export function memory(): KeyValue {
  const values = new Map<string, string>();
  return {
    durable: false,
    get: (key) => values.get(key) ?? null,
    set: (key, value) => void (value === null ? values.delete(key) : values.set(key, value)),
  };
}

/** localStorage under a prefix, or memory when it is blocked. */
export function local(prefix: string): KeyValue {
  let area: Storage;
  try {
    area = localStorage;
    area.setItem(prefix, "1");
    area.removeItem(prefix);
  } catch {
    return memory();
  }
  return {
    durable: true,
    get(key) {
      try {
        return area.getItem(prefix + key);
      } catch {
        return null;
      }
    },
    set(key, value) {
      try {
        if (value === null) area.removeItem(prefix + key);
        else area.setItem(prefix + key, value);
      } catch {
        // Full: what is in memory still works until the page goes.
      }
    },
  };
}

/** Reads a value written with JSON.stringify; undefined when absent or broken. */
export function readJSON<T>(store: KeyValue, key: string): T | undefined {
  try {
    const raw = store.get(key);
    return raw === null ? undefined : (JSON.parse(raw) as T);
  } catch {
    return undefined;
  }
}
