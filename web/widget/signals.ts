// The widget draws itself whole after any change, so it needs to know that
// something changed and not what. This stands in for @preact/signals-core in
// its build and saves more than a kilobyte.

export interface Signal<T> {
  value: T;
  peek(): T;
}

let redraw: (() => void) | undefined;
let due = false;

export function signal<T>(initial: T): Signal<T> {
  let current = initial;
  return {
    get value() {
      return current;
    },
    set value(next: T) {
      if (next === current) return;
      current = next;
      changed();
    },
    peek: () => current,
  };
}

/** Draws soon: once for all changes until then. */
export function changed(): void {
  if (due || !redraw) return;
  due = true;
  queueMicrotask(() => {
    due = false;
    redraw!();
  });
}

/** Changes made inside are drawn together, as they are outside. */
export function batch<T>(work: () => T): T {
  return work();
}

/** Sets what draws, and draws. */
export function drawWith(draw: () => void): void {
  redraw = draw;
  draw();
}
