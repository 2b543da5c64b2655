import type { Standing } from "../../shared/store";
import { duration } from "../../shared/time";
import { locale, t, thread } from "./kit";

/** Where the visitor stands in line, while waiting for a person. */
export default function Place({ standing }: { standing: Standing }) {
  if (standing.state !== "queued" || standing.offline) return null;
  const live = thread()?.queue.value;
  const stored = thread()?.events.value.findLast((e) => e.kind === "queued")?.queued;
  const position = live?.position ?? stored?.position;
  const seconds = live?.expected_secs ?? stored?.expected_secs;
  return (
    <p class="place" role="status">
      {position ? t("place", { n: position }) : t("looking")}
      {position && seconds ? ", " + t("expected", { time: duration(seconds, locale) }) : ""}
    </p>
  );
}
