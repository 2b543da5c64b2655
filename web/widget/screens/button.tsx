import { Icon } from "../../shared/ui/icon";

interface IconButtonProps {
  label: string;
  d: string;
  flip?: boolean;
  class?: string;
  type?: "button" | "submit";
  disabled?: boolean;
  expanded?: boolean;
  onClick?: () => void;
}

/** A button that shows an icon and is called by its label. */
export function IconButton({ label, d, flip, class: more, expanded, ...rest }: IconButtonProps) {
  return (
    <button type="button" {...rest} class={"icon-button " + (more ?? "")} aria-label={label} title={label} aria-expanded={expanded}>
      <Icon d={d} flip={flip} />
    </button>
  );
}
