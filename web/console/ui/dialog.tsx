/** Modal dialogs: one at a time, on the browser's own <dialog>, which keeps the focus in and gives it back. */
import { signal } from "@preact/signals";
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../text";
import { Button, IconButton } from "./button";

const current = signal<VNode | null>(null);

export function openDialog(dialog: VNode): void {
  current.value = dialog;
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
  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class={`dialog${wide ? " dialog-wide" : ""}${bare ? " dialog-bare" : ""}`}
      aria-labelledby={id}
      onClose={closeDialog}
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
