import * as icons from "../../shared/ui/icons";
import { act, ask, Icon, screen, t } from "./kit";

/** The way to a person from where no conversation is on the screen; a form that comes first keeps its place. */
export function Person() {
  const call = () => {
    ask();
    if (screen.value === "thread") act("handoff");
  };
  return (
    <button class="person" onClick={call}>
      <Icon d={icons.person} size={16} />
      {t("person")}
    </button>
  );
}
