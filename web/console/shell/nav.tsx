/** Navigation: the inbox's views with their counts, search, settings, and the agent's own menu. */
import { href, place } from "../router";
import { isView, type View, viewIds } from "../inbox/views";
import { counts } from "../store/lists";
import { t } from "../text";
import { Icon, type IconName } from "../ui/icon";
import { openPalette } from "./palette";
import { Me } from "./me";

const viewIcons: Record<View, IconName> = { mine: "inbox", unassigned: "hand", all: "layers", snoozed: "snooze", closed: "archive" };

interface LinkProps {
  path: string;
  icon: IconName;
  label: string;
  current: boolean;
  count?: number | undefined;
  /** The count asks for attention. */
  alert?: boolean;
  class?: string;
}

function NavLink({ path, icon, label, current, count, alert, class: more = "" }: LinkProps) {
  return (
    <li class={more}>
      <a
        class="nav-link"
        href={href(path)}
        aria-current={current ? "page" : undefined}
        aria-label={count ? `${label} (${count})` : label}
        data-tip={label}
      >
        <Icon name={icon} size={20} />
        <span class="nav-label">{label}</span>
        {count !== undefined && count > 0 && <span class={`nav-count tabular${alert ? " nav-alert" : ""}`}>{count}</span>}
      </a>
    </li>
  );
}

export function Nav() {
  const [, area, view] = place.value.path.split("/");
  const inInbox = area === "inbox";
  const open = isView(view) ? view : "mine";
  return (
    <nav class="nav" aria-label={t("nav")}>
      <a class="brand" href={href("/inbox/mine")} aria-label={t("nav.home")}>
        <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
          <path d="M3 4h18v12h-8l-6 5v-5H3z" fill="currentColor" />
          <path d="M7.5 8.5h9M7.5 11.5h6" stroke="var(--bg)" stroke-width="1.6" fill="none" />
        </svg>
        <span class="nav-label">Parley</span>
      </a>
      <button type="button" class="nav-search" onClick={openPalette} data-tip={t("palette.open")} aria-label={t("palette.open")}>
        <Icon name="search" size={18} />
        <span class="nav-label">{t("palette.short")}</span>
        <kbd class="kbd nav-label">Ctrl K</kbd>
      </button>
      <ul class="nav-list nav-views">
        {viewIds.map((id) => (
          <NavLink
            key={id}
            path={`/inbox/${id}`}
            icon={viewIcons[id]}
            label={t(`view.${id}`)}
            current={inInbox && open === id}
            count={id === "closed" ? undefined : counts.value?.[id]}
            alert={id === "unassigned"}
          />
        ))}
      </ul>
      <ul class="nav-list nav-tools">
        <NavLink
          class="only-phone"
          path={`/inbox/${open}`}
          icon="inbox"
          label={t("nav.inbox")}
          current={inInbox}
          count={counts.value?.mine}
        />
        <NavLink path="/search" icon="search" label={t("nav.search")} current={area === "search"} />
        <NavLink path="/settings" icon="settings" label={t("nav.settings")} current={area === "settings"} />
      </ul>
      <Me />
    </nav>
  );
}
