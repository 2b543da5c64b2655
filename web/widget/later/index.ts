// Everything that a first message does not need, in one piece that is fetched
// when something of it is drawn.
import "../../styles/tokens.css";
import "../../shared/ui/rich.css";
import "./later.css";

export { default as After } from "./after";
export { default as Article } from "./article";
export { grow } from "./grow";
export { ring } from "./sound";
export { default as Between } from "./between";
export { default as Connection } from "./connection";
export { default as Extras } from "./extras";
export { default as Failed } from "./failed";
export { attach, default as Files } from "./files";
export { default as Form } from "./form";
export { default as Help } from "./help";
export { describe } from "./describe";
export { meet } from "./meet";
export { default as Menu } from "./menu";
export { default as Recent } from "./recent";
export { default as Rich } from "./rich";
export { default as Tools } from "./tools";
