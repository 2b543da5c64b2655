import { clock, day } from "../../shared/time";
import { Avatar, config, locale, t } from "./kit";

/** When somebody is there again, and who answers: a bot, always called one, and faces of those who are there. */
export default function Who({ here }: { here: boolean }) {
  const { inbox, agents, opens_at: at } = config.value!;
  const names = agents.map((a) => a.name);
  if (inbox.bot) names.unshift(`${inbox.bot_name} (${t("bot")})`);
  return (
    <>
      {!here && at && ". " + t("opensAt", { time: `${day(at, locale)}, ${clock(at, locale)}` })}
      {names[0] && (
        <span class="who">
          {inbox.bot && <Avatar name="" kind="bot" size={24} />}
          {agents.map((a) => <Avatar name={[...a.initials].join(" ")} kind="agent" size={24} />)}
          <span>{new Intl.ListFormat(locale).format(names)}</span>
        </span>
      )}
    </>
  );
}
