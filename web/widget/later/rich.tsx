import type { ComponentChild } from "preact";
import { safeHTML } from "../../shared/html";

const made = new Map<string, ComponentChild[]>();

/** Formatted text from the server. Parsed once; redrawing finds the same nodes. */
export default function Rich({ html }: { html: string; text: string }) {
  let nodes = made.get(html);
  if (!nodes) made.set(html, (nodes = safeHTML(html)));
  return <div class="rich">{nodes}</div>;
}
