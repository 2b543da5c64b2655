import { duration } from "../../shared/time";
import { changed, config, conn, locale, t } from "./kit";

const GRACE = 2000; // ms without a connection before it is worth a word
let tick: ReturnType<typeof setTimeout> | undefined;

/** Says that there is no connection, when the next attempt is, or that there will be none. */
export default function Connection() {
  const state = conn.state.value;
  if (state === "refused") {
    return <p class="banner bad" role="alert">{t("refused")} <a href={config.value?.help_url || "/help"} target="_blank" rel="noopener">{t("help")}</a></p>;
  }
  const lost = conn.lostAt.value;
  // The countdown is the only thing in the chat that time alone changes.
  clearTimeout(tick);
  if (lost) tick = setTimeout(changed, 1000);
  if (!lost || Date.now() - lost < GRACE) return null;
  const wait = Math.max(0, Math.ceil((conn.retryAt.value - Date.now()) / 1000));
  return (
    <p class="banner" role="status">
      {state === "waiting" && wait ? t("lost", { time: duration(wait, locale) }) : t("connecting")}{" "}
      {state === "waiting" && <button class="link" onClick={() => conn.retryNow()}>{t("retryNow")}</button>}
    </p>
  );
}
