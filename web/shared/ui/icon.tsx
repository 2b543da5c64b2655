import { directional, icons, type IconName } from "./icons";

/** A decorative icon; the control around it carries the name. */
export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      class={directional.has(name) ? "icon icon-flip" : "icon"}
      width={size} height={size} viewBox="0 0 24 24" aria-hidden="true"
      fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"
    >
      <path d={icons[name]} />
    </svg>
  );
}
