// Injected by the widget's build for its JSX.
export { Fragment, h } from "preact";
