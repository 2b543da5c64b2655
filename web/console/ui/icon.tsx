/** The console's icons: the shared ones and what only the console draws, in the same style. */
import { directional, icons as shared } from "../../shared/ui/icons";

const icons = {
  ...shared,
  archive: "M3 5h18v4H3zM5 9v10h14V9M10 13h4",
  bell: "M6 16V11a6 6 0 0 1 12 0v5l2 2H4l2-2zM10 21h4",
  book: "M12 6c-2-1.6-5-2-8-2v14c3 0 6 .4 8 2 2-1.6 5-2 8-2V4c-3 0-6 .4-8 2zM12 6v14",
  branch: "M6 4v16M6 16c0-6 12-4 12-10M15.5 8 18 5.5 20.5 8",
  code: "M8 6l-6 6 6 6M16 6l6 6-6 6",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  external: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  eye: "M2 12c2.5-4.5 6-7 10-7s7.5 2.5 10 7c-2.5 4.5-6 7-10 7s-7.5-2.5-10-7zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  flag: "M6 21V4h12l-3 4 3 4H6",
  flow: "M4 4h7v5H4zM13 15h7v5h-7zM7.5 9v8.5H13",
  globe: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c5 5 5 13 0 18M12 3c-5 5-5 13 0 18",
  hand: "M7 12V6.5a1.5 1.5 0 0 1 3 0V11M10 10.5v-6a1.5 1.5 0 0 1 3 0v6M13 10.5V5.5a1.5 1.5 0 0 1 3 0v7M16 11a1.5 1.5 0 0 1 3 0v3.5a6.5 6.5 0 0 1-12 3.5l-3-5a1.6 1.6 0 0 1 3-1",
  image: "M4 5h16v14H4zM4 16l5-5 5 5 2-2 4 4M15 9v.1",
  inbox: "M4 13 6.5 5h11L20 13v6H4zM4 13h5l1 2.5h4l1-2.5h5",
  key: "M8 12a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM11 13 20 4M16 8l3 3",
  keyboard: "M2 6h20v12H2zM6 10v.1M10 10v.1M14 10v.1M18 10v.1M7 14h10",
  laptop: "M5 5h14v10H5zM2 19h20",
  layers: "M12 3 2.5 8.5 12 14l9.5-5.5zM3 13l9 5 9-5",
  left: "M14.5 6 8.5 12l6 6",
  link: "M10 14a4 4 0 0 0 6 .5l3-3a4.2 4.2 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6-.5l-3 3a4.2 4.2 0 0 0 6 6l1-1",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  mail: "M3 6h18v12H3zM3 7l9 6.5L21 7",
  minus: "M5 12h14",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
  note: "M5 4h14v10l-6 6H5zM13 20v-6h6",
  out: "M10 4H4v16h6M9 12h12M17 8l4 4-4 4",
  panel: "M3 5h18v14H3zM15 5v14",
  pencil: "M4 20l1-5L16 4l4 4L9 19zM14 6l4 4",
  plus: "M12 5v14M5 12h14",
  quote: "M4 17V9h6v5l-3 3M14 17V9h6v5l-3 3",
  redo: "M15 5l5 5-5 5M20 10h-9.5a5.5 5.5 0 0 0 0 11H15",
  refresh: "M20 5v5h-5M4 19v-5h5M19.5 10A8 8 0 0 0 5.5 8M4.5 14a8 8 0 0 0 14 2",
  reply: "M10 5 4 11l6 6M4 11h9a7 7 0 0 1 7 7v1",
  right: "M9.5 6l6 6-6 6",
  settings: "M4 7h9M17 7h3M15 4.5v5M4 17h3M11 17h9M9 14.5v5",
  shield: "M12 3 5 6v5c0 4.5 3 8 7 10 4-2 7-5.5 7-10V6z",
  snooze: "M5 8h6l-6 8h6M14 4h5l-5 6h5",
  spark: "M12 3l2 7 7 2-7 2-2 7-2-7-7-2 7-2z",
  star: "M12 4l2.5 5.2 5.5.8-4 4 1 5.7-5-2.7-5 2.7 1-5.7-4-4 5.5-.8z",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4",
  tag: "M3 4h8l9.5 9.5-7.5 7.5L3.5 11.5zM8 8.5v.1",
  transfer: "M4 8h15M15 4l4 4-4 4M20 16H5M9 12l-4 4 4 4",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 14h10l1-14M10 11v6M14 11v6",
  undo: "M9 5 4 10l5 5M4 10h9.5a5.5 5.5 0 0 1 0 11H9",
  up: "M6 14.5 12 8.5 18 14.5",
  users: "M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM2 20c.5-3.5 3-5.5 7-5.5s6.5 2 7 5.5M16 5.5a3.5 3.5 0 0 1 0 6.5M18 15c2.5.7 3.7 2.5 4 5",
  webhook: "M12 4a3.5 3.5 0 0 0-2 6.4L6.5 16M12 4a3.5 3.5 0 0 1 3.2 5M6 14a3.5 3.5 0 1 0 3.5 4H17M12 8l3.5 6.5a3.5 3.5 0 1 1-.5 6",
  wrench: "M20.5 7.5 17 11l-4-4 3.5-3.5a5.5 5.5 0 0 0-7 7L3.5 16.5a2.5 2.5 0 0 0 4 4l6-6a5.5 5.5 0 0 0 7-7z",
} as const;

export type IconName = keyof typeof icons;

/** Icons that point, and therefore turn around where text runs from right to left. */
const pointing = new Set<string>([...directional, "left", "right", "reply", "out", "redo", "undo"]);

/** A decorative icon; the control around it says in words what it means. */
export function Icon({ name, size = 18, class: more }: { name: IconName; size?: number; class?: string }) {
  return (
    <svg
      class={`icon${pointing.has(name) ? " icon-flip" : ""}${more ? ` ${more}` : ""}`}
      width={size}
      height={size}
      viewBox="0 0 24 24"
      aria-hidden="true"
    >
      <path d={icons[name]} />
    </svg>
  );
}
