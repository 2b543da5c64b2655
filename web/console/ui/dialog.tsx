/** Modal dialogs: one at a time, on the browser's own <dialog>, which keeps the focus in and gives it back. */
import { signal } from "@preact/signals";
import { type ComponentChildren, Fragment, type VNode } from "preact";
import { useEffect, useId, useMemo, useRef } from "preact/hooks";
import { t } from "../text";
import { Button, IconButton } from "./button";

const current = signal<VNode | null>(null);
let opened = 0;

/** Opens a dialog in the place of one that is there. */
export function openDialog(dialog: VNode): void {
  current.value = <Fragment key={++opened}>{dialog}</Fragment>;
}

export function closeDialog(): void {
  current.value = null;
}

/** Where dialogs appear; once in the shell. */
export function DialogOutlet() {
  return current.value;
}

interface DialogProps {
  title: string;
  /** Wide dialogs hold lists or previews. */
  wide?: boolean;
  /** Hides the title bar; the title still names the dialog. */
  bare?: boolean;
  children: ComponentChildren;
  footer?: ComponentChildren;
}

export function Dialog({ title, wide, bare, children, footer }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  const mine = useMemo(() => current.peek(), []);
  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    dialog?.showModal();
    // To what is asked; to the harmless answer where nothing is to be filled in.
    if (document.activeElement?.closest(".dialog-head")) {
      dialog?.querySelector<HTMLElement>(".dialog-body :is(input, select, textarea):enabled, .dialog-foot button")?.focus();
    }
    return () => {
      // Escape has closed it some moments ago: whoever has gone on since stays there.
      const at = document.activeElement;
      const left = at !== null && at !== document.body && !dialog?.contains(at);
      dialog?.close();
      if (!left && before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class={`dialog${wide ? " dialog-wide" : ""}${bare ? " dialog-bare" : ""}`}
      aria-labelledby={id}
      onClose={() => current.peek() === mine && closeDialog()} // the browser tells of it late, when another may be open
      onPointerDown={(event) => event.target === event.currentTarget && closeDialog()}
    >
      <div class="dialog-box">
        <header class={bare ? "sr" : "dialog-head"}>
          <h2 id={id}>{title}</h2>
          {!bare && <IconButton icon="close" label={t("close")} onClick={closeDialog} />}
        </header>
        <div class="dialog-body">{children}</div>
        {footer && <footer class="dialog-foot">{footer}</footer>}
      </div>
    </dialog>
  );
}

interface Question {
  title: string;
  text: string;
  /** The verb on the button. */
  verb: string;
  run: () => void | Promise<void>;
}

/** Asks before something that cannot be taken back. */
export function confirmFirst({ title, text, verb, run }: Question): void {
  const go = () => {
    closeDialog();
    void run();
  };
  openDialog(
    <Dialog
      title={title}
      footer={
        <>
          <Button onClick={closeDialog}>{t("cancel")}</Button>
          <Button kind="danger" onClick={go}>
            {verb}
          </Button>
        </>
      }
    >
      <p>{text}</p>
    </Dialog>,
  );
}
