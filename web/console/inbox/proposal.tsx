/** The copilot in the composer: its menu, and what it proposes, to accept or to discard. */
import { useEffect, useRef } from "preact/hooks";
import { stale } from "../store/live";
import { t } from "../text";
import { Button } from "../ui/button";
import { Icon, type IconName } from "../ui/icon";
import { Menu } from "../ui/menu";
import type { Copilot, Wish } from "./copilot";

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
  return (
    <Menu
      id={menuID}
      label={t("copilot.menu")}
      class="icon-button tip tip-above"
      tip={t("copilot.menu")}
      keys="mod+j"
      disabled={stale.value}
      up
      items={copilot.offered().map((wish) => ({ label: t(`copilot.${wish}`), icon: icons[wish], run: () => void copilot.ask(wish) }))}
    >
      <Icon name="bot" />
    </Menu>
  );
}

export function ProposalBox({ copilot }: { copilot: Copilot }) {
  const box = useRef<HTMLDivElement>(null);
  const wish = copilot.wish.value;
  const ready = copilot.proposal.value;
  useEffect(() => {
    // The focus goes to what can be done, unless the agent has gone on elsewhere.
    if (ready && (document.activeElement === document.body || document.activeElement?.closest(".composer"))) {
      box.current?.querySelector<HTMLElement>(".button-primary")?.focus();
    }
  }, [ready]);
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
        copilot.discard();
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
        {copilot.failure.value && <span class="error-text">{copilot.failure.value}</span>}
        {ready && <span class="sr">{t("copilot.ready")}</span>}
      </p>
      {ready && ready.sources.length > 0 && (
        <ul class="sources">
          {ready.sources.map((source) => (
            <li key={source.url}>
              <a class="source" href={source.url} target="_blank" rel="noopener">
                {source.title}
              </a>
            </li>
          ))}
        </ul>
      )}
      {ready?.for_agents && (
        <div class="proposal-internal">
          <p class="muted">{t("copilot.for_agents")}</p>
          <ul class="sources">
            {ready.for_agents.map((source) => (
              <li key={source.url}>
                <a class="source" href={source.url} target="_blank" rel="noopener">
                  {source.title}
                </a>
              </li>
            ))}
          </ul>
        </div>
      )}
      <div class="proposal-foot">
        {ready && (
          <Button kind="primary" small keys="enter" onClick={() => copilot.accept()}>
            {t(wish === "summarise" ? "copilot.accept.note" : "copilot.accept")}
          </Button>
        )}
        <Button small keys="escape" onClick={() => copilot.discard()}>
          {t(copilot.busy.value ? "copilot.stop" : "copilot.discard")}
        </Button>
      </div>
    </div>
  );
}
