/** Tools: what other programs do for the bot, and who may ask them. */
import { href } from "../../router";
import { t } from "../../text";
import { ago } from "../../time";
import { Icon } from "../../ui/icon";
import { useFresh, useLoad } from "../../ui/load";
import { Empty } from "../../ui/state";
import { CopyField, Frame, Part, Ready } from "../frame";
import { ToolDetail } from "./detail";
import { callers, loadTools, lookEvery, type Tool } from "./model";

export function ToolsPage({ id }: { id: string }) {
  const loaded = useLoad(loadTools);
  useFresh(loaded.reload, lookEvery);
  return (
    <Ready of={loaded}>
      {(all) => {
        if (!id) return <ToolList all={all} />;
        const tool = all.find(({ name }) => name === id);
        return tool ? <ToolDetail key={id} tool={tool} changed={loaded.reload} /> : <Gone />;
      }}
    </Ready>
  );
}

function ToolList({ all }: { all: Tool[] }) {
  return (
    <Frame title={t("settings.tools")} lead={t("tools.lead")}>
      {all.length ? (
        <ul class="items">
          {all.map((tool) => (
            <li key={tool.name}>
              <a class="item tool" href={href(`/settings/tools/${tool.name}`)}>
                <span class="item-text">
                  <bdi class="item-title">{tool.name}</bdi>
                  {tool.description && (
                    <span class="item-detail" dir="auto">
                      {tool.description}
                    </span>
                  )}
                  <span class="item-detail">{callers(tool)}</span>
                </span>
                <Badges tool={tool} />
                <Icon name="right" size={16} />
              </a>
            </li>
          ))}
        </ul>
      ) : (
        <HowTo />
      )}
    </Frame>
  );
}

export function Badges({ tool }: { tool: Tool }) {
  return (
    <span class="tool-badges">
      {tool.personal && <span class="badge">{t("tools.personal")}</span>}
      {tool.instances ? (
        <span class="badge badge-ok">{t("tools.there", { n: tool.instances })}</span>
      ) : (
        <span class="badge badge-warn">{tool.seen_at ? t("tools.away", { time: ago(tool.seen_at) }) : t("tools.unseen")}</span>
      )}
    </span>
  );
}

/** How the first tool is made. */
function HowTo() {
  return (
    <>
      <Empty icon="wrench" title={t("tools.empty.title")}>
        {t("tools.empty.text")}
      </Empty>
      <Part title={t("tools.how")} lead={t("tools.how.lead")}>
        <ol class="steps">
          <li>
            {t("tools.how.user")}
            <CopyField label={t("tools.how.user")} text="parley integration add orders --tool order.status --json" />
          </li>
          <li>{t("tools.how.program")}</li>
          <li>{t("tools.how.here")}</li>
        </ol>
      </Part>
    </>
  );
}

function Gone() {
  return (
    <Frame title={t("tools.gone")} up="/settings/tools" upTitle={t("settings.tools")}>
      <p class="muted">{t("tools.gone.text")}</p>
    </Frame>
  );
}
