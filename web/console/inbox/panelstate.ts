/**
 * Whether the visitor's panel is on the page. On a wide screen it stands beside
 * the thread, as the settings say; on a narrower one it lies over the thread
 * and is opened for a moment.
 */
import { computed, signal } from "@preact/signals";
import { change, settings } from "../store/settings";

const wide = matchMedia("(min-width: 1100px)");

const beside = signal(wide.matches);
const over = signal(false);

wide.addEventListener("change", () => (beside.value = wide.matches));

export const panelShown = computed(() => (beside.value ? settings.value.panel : over.value));

/** Whether it covers the thread and should go when one goes on. */
export const panelOver = computed(() => !beside.value && over.value);

export function togglePanel(): void {
  if (beside.peek()) change({ panel: !settings.peek().panel });
  else over.value = !over.peek();
}

/** Uncovers the thread. */
export function uncover(): void {
  over.value = false;
}
