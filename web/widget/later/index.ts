// Everything that a first message does not need, in one piece that is fetched
// when something of it is drawn.
import "../../styles/tokens.css";
import "../../styles/motion.css";
import "../../shared/ui/rich.css";
import "./later.css";

export { default as After } from "./after";
export { arrived } from "./arrived";
export { drawn } from "./drawn";
export { Above, Line } from "./lines";
export { default as Between } from "./between";
export { default as Connection } from "./connection";
export { default as Extras } from "./extras";
export { default as Failed } from "./failed";
export { default as Files } from "./files";
export { default as Help } from "./help";
export { describe } from "./describe";
export { meet } from "./meet";
export { default as Menu } from "./menu";
export { default as Loading, older } from "./older";
export { default as Other } from "./other";
export { default as Peek } from "./peek";
export { default as Recent } from "./recent";
export { default as Rich } from "./rich";
export { default as Tools } from "./tools";
export { typing } from "./typing";
export { default as Who } from "./who";
