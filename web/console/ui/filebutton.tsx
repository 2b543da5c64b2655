import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { reason } from "../api";
import { Button } from "./button";
import { toast } from "./toast";

interface Props {
  accept: string;
  label: string;
  /** What to do with the file; what it throws is told. */
  take: (file: File) => Promise<void>;
}

/** A button that asks for a file. The same one may be chosen again. */
export function FileButton({ accept, label, take }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const busy = useSignal(false);
  const chosen = async () => {
    const file = input.current?.files?.[0];
    if (!file) return;
    busy.value = true;
    try {
      await take(file);
    } catch (error) {
      toast(reason(error), { bad: true });
    }
    busy.value = false;
    if (input.current) input.current.value = "";
  };
  return (
    <>
      <input ref={input} type="file" accept={accept} class="sr" tabIndex={-1} aria-hidden="true" onChange={() => void chosen()} />
      <Button small kind="quiet" busy={busy.value} onClick={() => input.current?.click()}>
        {label}
      </Button>
    </>
  );
}
