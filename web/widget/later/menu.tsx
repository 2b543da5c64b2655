import { act, ask, Icon, screen, sound, t, thread, toggleSound, where } from "./kit";
import * as icons from "../../shared/ui/icons";

/** What is seldom wanted. */
export default function Menu() {
  const choose = (run: () => void) => (e: Event) => {
    (e.currentTarget as HTMLElement).closest("details")!.open = false;
    run();
  };
  const talking = screen.value === "thread" && !!thread() && where().state !== "resolved";
  return (
    <details class="menu">
      <summary class="icon-button" aria-label={t("menu")} title={t("menu")}><Icon d={icons.more} /></summary>
      <div class="card">
        <button onClick={choose(toggleSound)}>{t(sound.value ? "soundOff" : "soundOn")}</button>
        {screen.value === "thread" && <button onClick={choose(ask)}>{t("new")}</button>}
        {talking && <button onClick={choose(() => act("resolve"))}>{t("end")}</button>}
      </div>
    </details>
  );
}
