import * as icons from "../../shared/ui/icons";
import { Icon, t } from "./kit";

/** Says that something came in below what the reader looks at. */
export default function NewBelow({ n, show }: { n: number; show: () => void }) {
  if (!n) return null;
  return (
    <div class="below">
      <button class="button pill" onClick={show}>
        <Icon d={icons.down} size={16} />
        {t("newBelow", { n })}
      </button>
    </div>
  );
}
