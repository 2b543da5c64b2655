import { act, ask, Icon, screen, t, thread, where } from "./kit";
import { notices, noticesBlocked, noticesWork, toggleNotices } from "./notices";
import { sound, toggleSound } from "./sound";
import * as icons from "../../shared/ui/icons";

/** What is seldom wanted. */
export default function Menu() {
  const choose = (run: () => void) => (e: Event) => {
    (e.currentTarget as HTMLElement).closest("details")!.open = false;
    run();
  };
  const talking = screen.value === "thread" && !!thread() && where().state !== "resolved";
  return (
    <details class="menu" onToggle={watch} onKeyDown={escape}>
      <summary class="icon-button" aria-label={t("menu")} title={t("menu")}><Icon d={icons.more} /></summary>
      <div class="card">
        <button onClick={choose(toggleSound)}>{t(sound.value ? "soundOff" : "soundOn")}</button>
        {noticesWork && (
          <button onClick={toggleNotices} disabled={noticesBlocked.value}>
            {t(noticesBlocked.value ? "noticesBlocked" : notices.value ? "noticesOff" : "noticesOn")}
          </button>
        )}
        {screen.value === "thread" && <button onClick={choose(ask)}>{t("new")}</button>}
        {talking && <button onClick={choose(() => act("resolve"))}>{t("end")}</button>}
      </div>
    </details>
  );
}

let watching: AbortController | undefined;

// An open menu closes when anything else is touched or focused.
function watch(e: Event): void {
  const menu = e.currentTarget as HTMLDetailsElement;
  watching?.abort();
  if (!menu.open) return;
  watching = new AbortController();
  for (const type of ["pointerdown", "focusin"]) {
    addEventListener(type, (other) => (menu.open &&= menu.contains(other.target as Node)), { signal: watching.signal });
  }
}

// Closes the menu, and not the chat with it.
function escape(e: KeyboardEvent): void {
  const menu = e.currentTarget as HTMLDetailsElement;
  if (e.key !== "Escape" || !menu.open) return;
  e.stopPropagation();
  menu.open = false;
  menu.querySelector("summary")!.focus();
}
