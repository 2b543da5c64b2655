import { clock, day } from "../../shared/time";
import { locale, t } from "./kit";

/** When somebody is there again. */
export default function Opens({ at }: { at: string }) {
  return <>. {t("opensAt", { time: `${day(at, locale)}, ${clock(at, locale)}` })}</>;
}
