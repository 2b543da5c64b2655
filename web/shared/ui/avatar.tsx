import type { ActorKind } from "../wire";
import { Icon } from "./icon";
import { bot, person } from "./icons";

/** The first letters of the first and last word of a name. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...(word ?? "")][0] ?? "");
  return letters.join("").toLocaleUpperCase();
}

/** A face in letters, decorative: the name stands beside it. The tint follows the id. */
export function Avatar({ id, name, kind, size = 32 }: { id: string; name: string; kind: ActorKind; size?: number }) {
  let tint = 0;
  for (const letter of id) tint = (tint * 31 + letter.charCodeAt(0)) % 6;
  return (
    <span class={`avatar avatar-${kind === "bot" ? "bot" : tint + 1}`} data-size={size} aria-hidden="true">
      {kind === "bot" || !name.trim() ? <Icon d={kind === "bot" ? bot : person} size={size > 28 ? 18 : 14} /> : initials(name)}
    </span>
  );
}
