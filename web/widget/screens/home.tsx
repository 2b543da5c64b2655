import { Icon } from "../../shared/ui/icon";
import { boot, t } from "../boot";
import { config, conv, fields, show } from "../chat";
import { go, later } from "../view";
import * as icons from "../../shared/ui/icons";


/** Opens the thread, by way of the pre-chat form when there is one to fill in. */
export function ask(): void {
  show("");
  const asked = config.value;
  go(asked && (asked.pre_chat.length || asked.privacy.required) && !fields ? "form" : "thread");
}

/** Greeting, whether anybody is there, the way into a conversation, and help. */
export function Home() {
  const Recent = later("Recent");
  const HelpSearch = later("Help");
  return (
    <div class="start">
      <h1 tabIndex={-1} data-focus><bdi>{config.value?.look.greeting || t("greeting")}</bdi></h1>
      <Presence />
      <Recent />
      <button class={`button ${conv.value ? "" : "button-primary "}wide`} onClick={ask}>
        <span>{t("ask")}</span>
        <Icon d={icons.arrow} flip />
      </button>
      <HelpSearch />
    </div>
  );
}

function Presence() {
  const now = config.value;
  if (!now) return <p class="presence">{boot.name}</p>;
  const here = now.open && now.agents_online > 0;
  const Who = later("Who");
  return (
    <p class={here ? "presence here" : "presence"}>
      {t(here ? "open" : now.inbox.bot ? "botOpen" : "away")}
      <Who here={here} />
    </p>
  );
}
