/** The pages of the help centre's authors. */
import { href } from "../router";
import { t } from "../text";

export const pages = ["", "figures", "links", "templates", "rules"] as const;

export type PageName = (typeof pages)[number];

export function Tabs({ current }: { current: PageName }) {
  return (
    <nav class="segments" aria-label={t("articles.pages")}>
      {pages.map((page) => (
        <a key={page} class="segment" href={href(`/settings/articles${page && `/${page}`}`)} aria-current={current === page ? "page" : undefined}>
          {t(`articles.page.${page || "all"}`)}
        </a>
      ))}
    </nav>
  );
}
