/** A value that is edited where it stands: click, type, Enter; Escape leaves it as it was. */
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { reason } from "../api";
import { t } from "../text";
import { Icon } from "./icon";
import { toast } from "./toast";

interface EditableProps {
  label: string;
  value: string;
  /** Shown while there is no value. */
  empty: string;
  type?: "text" | "email";
  disabled?: boolean;
  class?: string;
  save: (value: string) => Promise<unknown>;
}

export function Editable({ label, value, empty, type = "text", disabled, class: more = "", save }: EditableProps) {
  const editing = useSignal(false);
  const shown = useSignal<string | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  const leave = () => {
    editing.value = false;
    requestAnimationFrame(() => button.current?.focus());
  };
  const keep = async (text: string) => {
    if (!editing.peek()) return;
    editing.value = false;
    if (text === value) return;
    shown.value = text;
    try {
      await save(text);
    } catch (error) {
      toast(reason(error), { bad: true });
    }
    shown.value = null;
  };
  if (editing.value) {
    const shared = {
      class: `input editable-input ${more}`,
      "aria-label": label,
      autoFocus: true,
      defaultValue: value,
      onBlur: (event: { currentTarget: HTMLInputElement }) => void keep(event.currentTarget.value.trim()),
      onKeyDown: (event: KeyboardEvent) => {
        event.stopPropagation();
        if (event.key === "Escape") leave();
        if (event.key !== "Enter") return;
        void keep((event.currentTarget as HTMLInputElement).value.trim());
        requestAnimationFrame(() => button.current?.focus());
      },
    };
    return type === "email" ? <input type="email" {...shared} /> : <input type="text" {...shared} />;
  }
  const text = shown.value ?? value;
  return (
    <button type="button" ref={button} class={`editable ${more}`} disabled={disabled} onClick={() => (editing.value = true)}>
      <span class="sr">{t("edit.label", { label })}: </span>
      <bdi class={text ? "" : "muted"}>{text || empty}</bdi>
      <Icon name="pencil" size={13} />
    </button>
  );
}
