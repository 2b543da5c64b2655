/** Files on their way into a message, by conversation. */
import { signal } from "@preact/signals";
import { type Upload, upload, UploadError } from "../../shared/upload";
import type { Attachment } from "../../shared/wire";
import { t } from "../text";

export interface Waiting {
  key: number;
  name: string;
  size: number;
  /** 0 … 1 */
  progress: number;
  file?: Attachment;
  error?: string;
  retry: () => void;
  cancel: () => void;
}

/** bytes; the server's own limit, checked before anything is sent. */
const most = 25 * 1024 * 1024;
/** Files of one message. */
const count = 10;

const all = signal<ReadonlyMap<string, readonly Waiting[]>>(new Map());
let last = 0;

export function uploadsOf(conv: string): readonly Waiting[] {
  return all.value.get(conv) ?? [];
}

function put(conv: string, files: readonly Waiting[]): void {
  const next = new Map(all.peek());
  if (files.length) next.set(conv, files);
  else next.delete(conv);
  all.value = next;
}

function change(conv: string, key: number, part: Partial<Waiting>): void {
  put(
    conv,
    (all.peek().get(conv) ?? []).map((file) => (file.key === key ? { ...file, ...part } : file)),
  );
}

function remove(conv: string, key: number): void {
  put(
    conv,
    (all.peek().get(conv) ?? []).filter((file) => file.key !== key),
  );
}

/** Takes the stored files out, to be sent. */
export function takeUploads(conv: string): Attachment[] {
  const files = uploadsOf(conv).flatMap(({ file }) => (file ? [file] : []));
  put(conv, []);
  return files;
}

function reasonOf(error: unknown): string {
  if (error instanceof UploadError && error.code !== "network") return error.message || t("file.failed");
  return t("error.network");
}

function begin(conv: string, key: number, source: File): void {
  let running: Upload | undefined;
  const run = () => {
    change(conv, key, { progress: 0, error: "" });
    running = upload(source, { url: "/api/v1/attachments", progress: (progress) => change(conv, key, { progress }) });
    running.done.then(
      (file) => change(conv, key, { file, progress: 1 }),
      (error: unknown) => {
        if (!(error instanceof DOMException)) change(conv, key, { error: reasonOf(error) });
      },
    );
  };
  const cancel = () => {
    running?.cancel();
    remove(conv, key);
  };
  put(conv, [...uploadsOf(conv), { key, name: source.name, size: source.size, progress: 0, retry: run, cancel }]);
  if (source.size > most) change(conv, key, { error: t("file.large") });
  else run();
}

/** Starts uploading; more than ten files of a message are refused. */
export function addFiles(conv: string, files: Iterable<File>): void {
  for (const file of files) {
    if (uploadsOf(conv).length >= count) return;
    begin(conv, ++last, file);
  }
}
