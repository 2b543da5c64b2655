/** When and how the console calls the agent, and what the keyboard does. Kept in this browser. */
import { useSignal } from "@preact/signals";
import { askToNotify, chime } from "../../shared/notify";
import { change, settings } from "../store/settings";
import { t } from "../text";
import { Button } from "../ui/button";
import { Switch } from "../ui/form";
import { Frame, Part } from "./frame";

export function NotificationsPage() {
  const { desktop, sound, waiting, previews, letters } = settings.value;
  const denied = useSignal(false);
  const setDesktop = async (on: boolean) => {
    const allowed = on && (await askToNotify());
    denied.value = on && !allowed;
    change({ desktop: allowed });
  };
  return (
    <Frame title={t("settings.notifications")} lead={t("notifications.lead")}>
      <Part title={t("notifications.call")}>
        <Switch
          label={t("notifications.desktop")}
          hint={denied.value ? t("notifications.denied") : t("notifications.desktop.hint")}
          checked={desktop}
          onChange={(on) => void setDesktop(on)}
        />
        <Switch
          label={t("notifications.sound")}
          hint={t("notifications.sound.hint")}
          checked={sound}
          onChange={(on) => change({ sound: on })}
        />
        <Switch
          label={t("notifications.waiting")}
          hint={t("notifications.waiting.hint")}
          checked={waiting}
          onChange={(on) => change({ waiting: on })}
        />
        <div>
          <Button small icon="bell" onClick={() => void chime()}>
            {t("notifications.try")}
          </Button>
        </div>
      </Part>
      <Part title={t("notifications.writing")}>
        <Switch
          label={t("notifications.previews")}
          hint={t("notifications.previews.hint")}
          checked={previews}
          onChange={(on) => change({ previews: on })}
        />
        <Switch
          label={t("notifications.letters")}
          hint={t("notifications.letters.hint")}
          checked={letters}
          onChange={(on) => change({ letters: on })}
        />
      </Part>
    </Frame>
  );
}
