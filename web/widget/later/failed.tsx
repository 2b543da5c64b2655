import type { Entry } from "../../shared/outbox";
import { outbox, t } from "./kit";

/** Why a message is not stored, and what the sender can do. */
export default function Failed({ entry }: { entry: Entry }) {
  const { cid } = entry.command;
  return (
    <p class="meta bad" role="alert">
      {entry.error?.message || t("failed")}{" "}
      <button class="link" onClick={() => outbox.retry(cid)}>{t("retry")}</button>{" "}
      <button class="link" onClick={() => outbox.discard(cid)}>{t("delete")}</button>
    </p>
  );
}
