export { ArticlesPage } from "../articles/page";
