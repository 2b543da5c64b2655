/** A field that stores files for articles as soon as they are chosen. */
import { useSignal } from "@preact/signals";
import { useId, useRef } from "preact/hooks";
import { upload, type Upload } from "../../shared/upload";
import { sentence } from "../api";
import { t } from "../text";
import { IconButton } from "../ui/button";
import { Field, ties } from "../ui/form";
import { toast } from "../ui/toast";
import type { ArticleFile } from "./types";

interface FileFieldProps {
  label: string;
  hint?: string;
  error?: string | undefined;
  accept?: string;
  multiple?: boolean;
  added: (file: ArticleFile) => void;
}

/** Stores chosen files one after another and shows how far it is; it can be stopped. */
export function FileField({ label, hint, error, accept, multiple, added }: FileFieldProps) {
  const id = useId();
  const sending = useSignal<{ name: string; part: number } | null>(null);
  const running = useRef<Upload | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const send = async (files: File[]) => {
    for (const file of files) {
      sending.value = { name: file.name, part: 0 };
      running.current = upload(file, { url: "/api/v1/articles/files", progress: (part) => (sending.value = { name: file.name, part }) });
      try {
        const stored = (await running.current.done) as unknown as ArticleFile;
        added({ ...stored, name: stored.name || file.name });
      } catch (error) {
        if (error instanceof DOMException) break; // stopped by the author
        toast(`${file.name}: ${sentence((error instanceof Error && error.message) || t("file.failed"))}`, { bad: true });
      }
    }
    sending.value = null;
    requestAnimationFrame(() => {
      if (document.activeElement === document.body) input.current?.focus(); // it could not be used meanwhile
    });
  };
  const now = sending.value;
  return (
    <Field id={id} label={label} hint={hint} error={error}>
      <input
        {...ties(id, hint, error)}
        ref={input}
        class="input"
        type="file"
        accept={accept}
        multiple={multiple}
        disabled={!!now}
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          event.currentTarget.value = "";
          void send(files);
        }}
      />
      {now && (
        <p class="sending" role="status">
          <bdi>{now.name}</bdi>
          <progress aria-label={t("articles.files.sending", { name: now.name })} max={1} value={now.part} />
          <IconButton icon="close" tip="start" label={t("cancel")} onClick={() => running.current?.cancel()} />
        </p>
      )}
    </Field>
  );
}
