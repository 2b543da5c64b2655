import type { ComponentChildren } from "preact";

export interface BubbleProps {
  /** mine on the inline end, theirs on the inline start; a note spans both */
  side: "mine" | "theirs" | "note";
  /** Spoken before the text, not shown. */
  author: string;
  /** The last of a run by one author has the tail. */
  last?: boolean;
  /** Not stored yet, or refused. */
  state?: "waiting" | "failed";
  title?: string;
  children: ComponentChildren;
}

/** One message. Text keeps its own direction whatever the page's is. */
export function Bubble({ side, author, last, state, title, children }: BubbleProps) {
  return (
    <div class={`bubble bubble-${side}${last ? " bubble-last" : ""}${state ? ` bubble-${state}` : ""}`} title={title}>
      <span class="sr">{author}: </span>
      <div dir="auto">{children}</div>
    </div>
  );
}
