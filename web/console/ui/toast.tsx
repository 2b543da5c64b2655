/** Short messages at the edge of the page, with an undo where there is one; and announcements for screen readers. */
import { signal } from "@preact/signals";
import { t } from "../text";
import { Button, IconButton } from "./button";

interface Toast {
  id: number;
  text: string;
  bad: boolean;
  action?: { label: string; run: () => void };
}

const toasts = signal<Toast[]>([]);
const spoken = signal("");
/** At most this many are on the page; an older one gives way. */
const most = 4;
const timers = new Map<number, ReturnType<typeof setTimeout>>();
let last = 0;

export function toast(text: string, options: { bad?: boolean; action?: Toast["action"]; ms?: number } = {}): void {
  const id = ++last;
  const made: Toast = { id, text, bad: options.bad ?? false };
  if (options.action) made.action = options.action;
  toasts.value = [...toasts.peek(), made].slice(-most);
  timers.set(
    id,
    setTimeout(() => dismiss(id), options.ms ?? (options.bad ? 8000 : 5000)),
  );
}

function dismiss(id: number): void {
  clearTimeout(timers.get(id));
  timers.delete(id);
  toasts.value = toasts.peek().filter((other) => other.id !== id);
}

/** Has screen readers say something that is not on the page, such as a new assignment. */
export function announce(text: string): void {
  spoken.value = spoken.peek() === text ? `${text}\u00a0` : text;
}

export function Toasts() {
  return (
    <>
      <div class="sr" role="status" aria-live="polite">
        {spoken}
      </div>
      <div class="toasts" role="status" aria-live="polite">
        {toasts.value.map(({ id, text, bad, action }) => (
          <div key={id} class={`toast${bad ? " toast-bad" : ""}`}>
            <span>{text}</span>
            {action && (
              <Button
                kind="quiet"
                small
                onClick={() => {
                  dismiss(id);
                  action.run();
                }}
              >
                {action.label}
              </Button>
            )}
            <IconButton icon="close" label={t("close")} tip="above" onClick={() => dismiss(id)} />
          </div>
        ))}
      </div>
    </>
  );
}
