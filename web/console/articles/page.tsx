/** Everything below /settings/articles. */
import { EditorPage } from "./editor";
import { FiguresPage } from "./figures";
import { LinksPage } from "./links";
import { ListPage } from "./list";
import { RulesPage } from "./rules";
import { TemplatesPage } from "./templates";

export function ArticlesPage({ id }: { id: string }) {
  switch (id) {
    case "":
      return <ListPage />;
    case "figures":
      return <FiguresPage />;
    case "links":
      return <LinksPage />;
    case "templates":
      return <TemplatesPage />;
    case "rules":
      return <RulesPage />;
  }
  return <EditorPage id={id} />;
}
