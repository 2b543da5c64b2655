/** The settings: a list of pages at the side, the chosen one beside it. */
import { useEffect } from "preact/hooks";
import { go, href, match, place } from "../router";
import { may } from "../store/session";
import { t } from "../text";
import { Icon } from "../ui/icon";
import { Empty } from "../ui/state";
import { AccountPage } from "./account";
import { AgentsPage } from "./agents";
import { ArticlesPage } from "./articles";
import { CannedPage } from "./canned";
import { CollectionsPage } from "./collections";
import { FlowsPage } from "./flows";
import { InboxesPage } from "./inboxes";
import { InsightsPage } from "./insights";
import { IntentsPage } from "./intents";
import { NotificationsPage } from "./notifications";
import { ProductsPage } from "./products";
import { ReplayPage } from "./replay";
import { type Section, type SectionId, sections } from "./sections";
import { SkillsPage } from "./skills";
import { TeamsPage } from "./teams";
import { TokensPage } from "./tokens";
import { ToolsPage } from "./tools/page";
import { WebhooksPage } from "./webhooks";

const pages: Record<SectionId, (props: { id: string }) => preact.JSX.Element> = {
  account: AccountPage,
  notifications: NotificationsPage,
  inboxes: InboxesPage,
  agents: AgentsPage,
  teams: TeamsPage,
  skills: SkillsPage,
  canned: CannedPage,
  intents: IntentsPage,
  flows: FlowsPage,
  products: ProductsPage,
  tools: ToolsPage,
  insights: InsightsPage,
  replay: ReplayPage,
  articles: ArticlesPage,
  collections: CollectionsPage,
  tokens: TokensPage,
  webhooks: WebhooksPage,
};

const groups: Section["group"][] = ["own", "desk", "answers", "connect"];

export function SettingsPage() {
  const found = match("/settings/:section/:id", place.value.path) ?? match("/settings/:section", place.value.path);
  const section = sections.find(({ id }) => id === found?.["section"]);
  const bare = !found;
  useEffect(() => {
    // A wide screen has room for a page beside the list.
    if (bare && matchMedia("(min-width: 720px)").matches) go("/settings/account", "replace");
  }, [bare]);
  return (
    <div class={`settings${section ? " settings-open" : ""}`}>
      <SettingsNav current={section?.id} />
      <div class="settings-main">
        {section ? (
          <Chosen key={`${section.id} ${found?.["id"] ?? ""}`} section={section} id={found?.["id"] ?? ""} />
        ) : (
          !bare && <Empty icon="settings" title={t("page.none")} />
        )}
      </div>
    </div>
  );
}

function Chosen({ section, id }: { section: Section; id: string }) {
  if (!may(section.role)) {
    return (
      <Empty icon="lock" title={t("forbidden.title")}>
        {t("forbidden.text")}
      </Empty>
    );
  }
  const Page = pages[section.id];
  return (
    <>
      {!id && (
        <a class="crumb only-phone" href={href("/settings")}>
          <Icon name="left" size={16} />
          {t("nav.settings")}
        </a>
      )}
      <Page id={id} />
    </>
  );
}

function SettingsNav({ current }: { current: SectionId | undefined }) {
  return (
    <nav class="settings-nav" aria-label={t("nav.settings")}>
      <p class="settings-title">{t("nav.settings")}</p>
      {groups.map((group) => {
        const open = sections.filter((section) => section.group === group && may(section.role));
        if (!open.length) return null;
        return (
          <section key={group}>
            <h2>{t(`settings.group.${group}`)}</h2>
            <ul class="nav-list">
              {open.map(({ id, icon }) => (
                <li key={id}>
                  <a class="settings-link" href={href(`/settings/${id}`)} aria-current={current === id ? "page" : undefined}>
                    <Icon name={icon} size={16} />
                    {t(`settings.${id}`)}
                  </a>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </nav>
  );
}
