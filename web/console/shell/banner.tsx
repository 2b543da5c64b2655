/** Says when the connection is gone, when the next attempt comes, and what waits to be sent. */
import { useComputed } from "@preact/signals";
import { conn, lost, outbox, retryIn, stale } from "../store/live";
import { t } from "../text";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";

export function Banner() {
  const waiting = useComputed(() => outbox.value?.entries.value.length ?? 0).value;
  if (!lost.value && conn.state.value !== "refused") return null;
  const refused = conn.state.value === "refused";
  return (
    <div class="banner" role="status">
      <Icon name="alert" />
      <span>
        <strong>{refused ? t("banner.refused") : stale.value ? t("banner.stale") : t("banner.lost")}</strong>{" "}
        {refused ? conn.bye.value?.reason : retryIn.value > 0 ? t("banner.retry", { n: retryIn.value }) : t("banner.trying")}
        {waiting > 0 && ` ${t("banner.waiting", { n: waiting })}`}
      </span>
      <Button small onClick={() => (refused ? conn.restart() : conn.retryNow())}>
        {t("banner.now")}
      </Button>
    </div>
  );
}
