import { askToNotify, notify } from "../../shared/notify";
import type { ChatEvent } from "../../shared/wire";
import { author, framed, signal, storage, t } from "./kit";
import { onNotices, wish } from "./wish";

/** Whether this browser can show notices at all; those of phones cannot from a page. */
export const noticesWork = "Notification" in window && !matchMedia("(pointer: coarse)").matches;
/** The visitor wants notices and the browser shows them. */
export const notices = signal(storage.get("notices") === "on");
/** The browser refused to show them. */
export const noticesBlocked = signal(false);

function settle(allowed: boolean): void {
  notices.value = allowed;
  noticesBlocked.value = !allowed;
  storage.set("notices", allowed ? "on" : null);
}

onNotices(settle);

/** Turns notices on or off; the browser is asked from here only. */
export function toggleNotices(): void {
  if (notices.value) {
    notices.value = false;
    storage.set("notices", null);
  } else if (framed) wish({ ask: true });
  else void askToNotify().then(settle);
}

/** Shows a notice of a message. In another site's page it does not say what the message says. */
export function notice(e: ChatEvent): void {
  if (!notices.value) return;
  const [title, tag] = [author(e.from), e.conv + e.seq];
  if (framed) wish({ notice: { title, body: t("notice"), tag } });
  else notify(title, e.text ?? "", tag, () => {});
}
