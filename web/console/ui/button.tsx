import type { ComponentChildren, Ref } from "preact";
import { keyLabel } from "../commands";
import { Icon, type IconName } from "./icon";

interface ButtonProps {
  kind?: "primary" | "plain" | "quiet" | "danger";
  type?: "button" | "submit";
  icon?: IconName;
  /** A key that does the same, as in Command.keys; shown beside the label. */
  keys?: string;
  busy?: boolean;
  disabled?: boolean;
  small?: boolean;
  class?: string;
  title?: string;
  onClick?: () => void;
  children: ComponentChildren;
}

/** A button with one verb. While busy it keeps its size and does nothing. */
export function Button({
  kind = "plain",
  type = "button",
  icon,
  keys,
  busy,
  disabled,
  small,
  class: more,
  title,
  onClick,
  children,
}: ButtonProps) {
  return (
    <button
      type={type}
      class={`button button-${kind}${small ? " button-small" : ""}${more ? ` ${more}` : ""}`}
      disabled={disabled}
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      aria-keyshortcuts={keys && shortcut(keys)}
      title={title}
      onClick={() => !busy && onClick?.()}
    >
      {icon && <Icon name={icon} />}
      <span class="button-label">{children}</span>
      {keys && <Kbd keys={keys} />}
    </button>
  );
}

interface IconButtonProps {
  icon: IconName;
  label: string;
  keys?: string;
  pressed?: boolean;
  disabled?: boolean;
  /** On which side the tooltip appears. */
  tip?: "below" | "above" | "end" | "start";
  class?: string;
  buttonRef?: Ref<HTMLButtonElement>;
  onClick?: () => void;
}

/** A button that is an icon; its label is the tooltip and the accessible name. */
export function IconButton({ icon, label, keys, pressed, disabled, tip = "below", class: more, buttonRef, onClick }: IconButtonProps) {
  return (
    <button
      ref={buttonRef}
      type="button"
      class={`icon-button tip tip-${tip}${more ? ` ${more}` : ""}`}
      aria-label={label}
      aria-pressed={pressed}
      aria-keyshortcuts={keys && shortcut(keys)}
      data-tip={keys ? `${label}  ${keyLabel(keys)}` : label}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

/** The keys in the notation of aria-keyshortcuts. Sequences have none. */
function shortcut(keys: string): string | undefined {
  return keys.includes(" ") ? undefined : keys.replace("mod", "Control");
}

export function Kbd({ keys }: { keys: string }) {
  return (
    <kbd class="kbd" aria-hidden="true">
      {keyLabel(keys)}
    </kbd>
  );
}
