import Article from "./article";
import Form from "./form";
import { article, screen } from "./kit";

/** The screens that a first message does not need. */
export default function Other() {
  return screen.value === "form" ? <Form /> : <Article slug={article.value} key={article.value} />;
}
