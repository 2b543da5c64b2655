/** Something that a page loads: value, error, and how to load it again. */
import { signal, type Signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";

export interface Loaded<T> {
  value: Signal<T | undefined>;
  error: Signal<unknown>;
  reload(): Promise<void>;
}

/** Loads when the component appears and whenever one of the inputs changes; a late answer to an old question is dropped. */
export function useLoad<T>(load: () => Promise<T>, inputs: unknown[] = []): Loaded<T> {
  const loaded = useMemo(() => {
    const value = signal<T | undefined>(undefined);
    const error = signal<unknown>(null);
    let turn = 0;
    const reload = async (ask: () => Promise<T>) => {
      const mine = ++turn;
      try {
        const answer = await ask();
        if (mine !== turn) return;
        value.value = answer;
        error.value = null;
      } catch (reason) {
        if (mine === turn) error.value = reason;
      }
    };
    return { value, error, run: reload };
  }, []);
  useEffect(() => {
    loaded.value.value = undefined;
    void loaded.run(load);
  }, inputs);
  return { value: loaded.value, error: loaded.error, reload: () => loaded.run(load) };
}

/**
 * For what no event tells of: loads again every so many ms while wanted and while
 * somebody looks at the page, and at once when they come back to it.
 */
export function useFresh(reload: () => Promise<void>, every: number, wanted = true): void {
  useEffect(() => {
    if (!wanted) return;
    const look = () => void (document.hidden || reload());
    const timer = setInterval(look, every);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [wanted]);
}
