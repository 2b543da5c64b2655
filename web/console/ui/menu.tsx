/** A button that opens a menu: the arrow down opens it, arrows move, letters jump, Escape closes and gives the focus back. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useLayoutEffect, useRef } from "preact/hooks";
import { keyLabel } from "../commands";
import { Kbd } from "./button";
import { Icon, type IconName } from "./icon";

export interface MenuItem {
  label: string;
  icon?: IconName;
  /** Stands where the icon would. */
  mark?: ComponentChildren;
  keys?: string;
  /** For a choice among several: whether it is the present one. */
  checked?: boolean;
  danger?: boolean;
  hint?: string;
  run: () => void;
}

interface MenuProps {
  label: string;
  /** Of the button, for a key that opens the menu. */
  id?: string;
  keys?: string;
  /** Shown while the pointer is on the button; needs the classes of a tooltip. */
  tip?: string;
  /** What the button shows. */
  children: ComponentChildren;
  class?: string;
  disabled?: boolean;
  /** The side of the button that the menu is aligned with, and whether it opens upwards. */
  align?: "start" | "end";
  up?: boolean;
  items: (MenuItem | "line")[];
}

export function Menu({ label, id: own, keys: opens, tip, children, class: more, disabled, align = "start", up, items }: MenuProps) {
  const open = useSignal(false);
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  const entries = () => [...(box.current?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
  const close = (focus: boolean) => {
    open.value = false;
    if (focus) box.current?.querySelector("button")?.focus();
  };

  useLayoutEffect(() => {
    const list = open.value && box.current?.querySelector<HTMLElement>(".menu-list");
    if (list) list.style.translate = `${inward(list.getBoundingClientRect())}px`;
  }, [open.value]);

  useEffect(() => {
    if (!open.value) return;
    (entries().find((entry) => entry.ariaChecked === "true") ?? entries()[0])?.focus();
    const outside = (event: Event) => !box.current?.contains(event.target as Node) && close(false);
    addEventListener("pointerdown", outside);
    return () => removeEventListener("pointerdown", outside);
  }, [open.value]);

  const keys = (event: KeyboardEvent) => {
    if (!open.value) {
      if (event.key !== "ArrowDown" || disabled) return;
      open.value = true;
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    const all = entries();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const move = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (move !== undefined) all.at(move % all.length)?.focus();
    else if (event.key === "Escape" || event.key === "Tab") close(event.key === "Escape");
    else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && event.key !== " ") {
      const letter = event.key.toLowerCase();
      [...all.slice(at + 1), ...all].find((entry) => entry.textContent?.trim().toLowerCase().startsWith(letter))?.focus();
    } else return;
    if (event.key !== "Tab") event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div class={`menu${up ? " menu-up" : ""} menu-${align}`} ref={box} onKeyDown={keys}>
      <button
        type="button"
        id={own}
        class={more}
        data-tip={tip && opens ? `${tip}  ${keyLabel(opens)}` : tip}
        aria-keyshortcuts={opens?.replace("mod", "Control")}
        disabled={disabled}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={open.value}
        aria-controls={open.value ? id : undefined}
        onClick={() => (open.value = !open.value)}
      >
        {children}
      </button>
      {open.value && (
        <div class="menu-list" role="menu" id={id} aria-label={label}>
          {items.map((item, i) => (item === "line" ? <hr key={i} /> : <Entry key={item.label} item={item} close={() => close(true)} />))}
        </div>
      )}
    </div>
  );
}

/** Pixels by which a list that sticks out at a side of the page moves, with some room to the edge. */
function inward({ left, right }: DOMRect): number {
  const room = 8;
  const out = right - (document.documentElement.clientWidth - room);
  return Math.round(left < room ? room - left : -Math.min(Math.max(0, out), left - room));
}

function Entry({ item, close }: { item: MenuItem; close: () => void }) {
  const choose = () => {
    close();
    item.run();
  };
  const content = (
    <>
      {item.icon ? <Icon name={item.icon} /> : item.mark}
      <span class="menu-label">
        {item.label}
        {item.hint && <small>{item.hint}</small>}
      </span>
      {item.checked && <Icon name="check" />}
      {item.keys && <Kbd keys={item.keys} />}
    </>
  );
  if (item.checked !== undefined) {
    return (
      <button type="button" role="menuitemradio" aria-checked={item.checked} tabIndex={-1} class="menu-item" onClick={choose}>
        {content}
      </button>
    );
  }
  return (
    <button type="button" role="menuitem" tabIndex={-1} class={`menu-item${item.danger ? " menu-danger" : ""}`} onClick={choose}>
      {content}
    </button>
  );
}
