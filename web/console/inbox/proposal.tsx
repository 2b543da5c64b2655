/** The copilot in the composer: its menu, and what it proposes, to accept or to discard. */
import { useEffect, useRef } from "preact/hooks";
import type { Source } from "../../shared/wire";
import { stale } from "../store/live";
import { t } from "../text";
import { Button } from "../ui/button";
import { Icon, type IconName } from "../ui/icon";
import { Menu, type MenuItem } from "../ui/menu";
import { type Copilot, rewrites, type Wish } from "./copilot";

const icons: Record<Wish, IconName> = {
  draft: "book",
  summarise: "note",
  friendlier: "spark",
  shorter: "minus",
  formal: "shield",
  spelling: "check",
  translate: "globe",
};

/** Opens the menu from the keyboard. */
export const menuID = "copilot-menu";

export function CopilotMenu({ copilot }: { copilot: Copilot }) {
  const items = copilot.offered().flatMap((wish): (MenuItem | "line")[] => {
    const item = { label: t(`copilot.${wish}`), icon: icons[wish], run: () => void copilot.ask(wish) };
    return wish === rewrites[0] ? ["line", item] : [item];
  });
  return (
    <Menu
      id={menuID}
      label={t("copilot.menu")}
      class="icon-button tip tip-above"
      tip={t("copilot.menu")}
      keys="mod+j"
      disabled={stale.value}
      up
      items={items}
    >
      <Icon name="bot" />
    </Menu>
  );
}

export function ProposalBox({ copilot }: { copilot: Copilot }) {
  const box = useRef<HTMLDivElement>(null);
  const wish = copilot.wish.value;
  const ready = copilot.proposal.value;
  const failure = copilot.failure.value;
  useEffect(() => {
    // The focus goes to what can be done, where Escape is heard, unless the agent writes or reads on meanwhile.
    const at = document.activeElement;
    if (wish && (!at || at === document.body || at.id === menuID || box.current?.contains(at))) {
      box.current?.querySelector<HTMLElement>(".proposal-foot button")?.focus();
    }
  }, [wish, ready, failure]);
  if (!wish) return null;
  return (
    <div
      class="proposal"
      ref={box}
      role="group"
      aria-label={t("copilot.proposal")}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        copilot.dismiss();
      }}
    >
      <p class="proposal-head">
        <Icon name="bot" size={14} />
        {t(`copilot.${wish}`)}
        {ready && <span class="muted">{t(`copilot.by.${ready.by}`)}</span>}
      </p>
      {copilot.text.value && (
        <p class="proposal-text" dir="auto" tabIndex={0} role="region" aria-label={t("copilot.proposal")}>
          {copilot.text.value}
        </p>
      )}
      <p class="proposal-state" role="status">
        {copilot.busy.value && t("copilot.busy")}
        {failure && <span class="error-text">{failure}</span>}
        {ready && <span class="sr">{t("copilot.ready")}</span>}
      </p>
      {ready && ready.sources.length > 0 && <Sources list={ready.sources} />}
      {ready?.for_agents && (
        <div class="proposal-internal">
          <p class="muted">{t("copilot.for_agents")}</p>
          <Sources list={ready.for_agents} />
        </div>
      )}
      <div class="proposal-foot">
        {ready && (
          <Button kind="primary" small keys="enter" onClick={() => copilot.accept()}>
            {t(wish === "summarise" ? "copilot.accept.note" : "copilot.accept")}
          </Button>
        )}
        {failure && (
          <Button small icon="refresh" onClick={() => copilot.again()}>
            {t("retry")}
          </Button>
        )}
        <Button small keys="escape" onClick={() => copilot.dismiss()}>
          {t(copilot.busy.value ? "copilot.stop" : "copilot.discard")}
        </Button>
      </div>
    </div>
  );
}

function Sources({ list }: { list: readonly Source[] }) {
  return (
    <ul class="sources">
      {list.map((source) => (
        <li key={source.url}>
          <a class="source" href={source.url} target="_blank" rel="noopener">
            {source.title}
          </a>
        </li>
      ))}
    </ul>
  );
}
