import type { ActorKind } from "../wire";
import { Icon } from "./icon";
import { bot, person } from "./icons";

/** The first letters of the first and last word of a name. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...(word ?? "")][0] ?? "");
  return letters.join("").toLocaleUpperCase();
}

/** Which of the six tints of avatars somebody has. */
export function tintOf(id: string): number {
  let tint = 0;
  for (const letter of id) tint = (tint * 31 + letter.charCodeAt(0)) % 6;
  return tint + 1;
}

/** A face in letters, decorative: the name stands beside it. Without a tint it is grey. */
export function Avatar({ name, kind, size = 32, tint }: { name: string; kind: ActorKind; size?: number; tint?: number }) {
  return (
    <span class={`avatar avatar-${kind === "bot" ? "bot" : tint}`} data-size={size} aria-hidden="true">
      {kind === "bot" || !name.trim() ? <Icon d={kind === "bot" ? bot : person} size={size > 28 ? 18 : 14} /> : initials(name)}
    </span>
  );
}
