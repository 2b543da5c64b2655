import { day, daysFrom } from "../../shared/time";
import type { ChatEvent } from "../../shared/wire";
import { locale, t } from "./kit";

interface AboveProps {
  e: ChatEvent;
  before: ChatEvent | undefined;
  /** the first that was not seen when the panel was opened */
  fresh: boolean;
}

/** What parts an event from the one before it: another day, and where the news begin. */
export function Above({ e, before, fresh }: AboveProps) {
  return (
    <>
      {(!before || daysFrom(before.at, Date.parse(e.at)) !== 0) && <p class="line" key={"day" + e.seq}>{day(e.at, locale)}</p>}
      {fresh && <p class="line new" key="new">{t("unread")}</p>}
    </>
  );
}

/** An event that is not a message, in a line. */
export function Line({ e }: { e: ChatEvent }) {
  return <p class="line">{t("is." + e.kind, { name: e.assigned?.name || t("team"), n: e.rating?.score ?? 0 })}</p>;
}
