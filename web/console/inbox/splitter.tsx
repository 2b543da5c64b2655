/** The edge of a pane that changes its width: with the pointer or with the arrow keys. */
import { useRef } from "preact/hooks";

interface SplitterProps {
  label: string;
  /** px */
  width: number;
  min: number;
  max: number;
  /** The pane is on the inline end: dragging to the start makes it wider. */
  end?: boolean;
  onChange: (width: number) => void;
}

export function Splitter({ label, width, min, max, end, onChange }: SplitterProps) {
  const from = useRef<{ x: number; width: number } | null>(null);
  const direction = () => (document.documentElement.dir === "rtl" ? -1 : 1) * (end ? -1 : 1);
  const set = (value: number) => onChange(Math.round(Math.min(max, Math.max(min, value))));
  return (
    <div
      class={`splitter${end ? " splitter-end" : ""}`}
      role="separator"
      aria-orientation="vertical"
      aria-label={label}
      aria-valuenow={width}
      aria-valuemin={min}
      aria-valuemax={max}
      tabIndex={0}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        from.current = { x: event.clientX, width };
      }}
      onPointerMove={(event) => {
        if (from.current) set(from.current.width + (event.clientX - from.current.x) * direction());
      }}
      onPointerUp={() => (from.current = null)}
      onKeyDown={(event) => {
        const step = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
        if (!step) return;
        event.preventDefault();
        set(width + step * direction());
      }}
    />
  );
}
