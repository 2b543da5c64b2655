/** A decorative icon; the control around it carries the name. flip: it points along the line. */
export function Icon({ d, size = 20, flip }: { d: string; size?: number; flip?: boolean }) {
  return (
    <svg
      class={flip ? "icon icon-flip" : "icon"} width={size} height={size} viewBox="0 0 24 24" aria-hidden="true"
      fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"
    >
      <path d={d} />
    </svg>
  );
}
