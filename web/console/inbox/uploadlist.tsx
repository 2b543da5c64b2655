import { fileSize } from "../../shared/upload";
import { locale, t } from "../text";
import { IconButton } from "../ui/button";
import { Icon } from "../ui/icon";
import type { Waiting } from "./uploads";

/** The files that will go with the message: progress, errors, and ways out. */
export function UploadList({ files }: { files: readonly Waiting[] }) {
  if (!files.length) return null;
  return (
    <ul class="uploads" aria-label={t("file.list")}>
      {files.map((file) => (
        <li key={file.key} class={`upload${file.error ? " upload-bad" : ""}`}>
          <Icon name="file" size={16} />
          <bdi class="upload-name">{file.name}</bdi>
          {file.error ? (
            <span class="upload-state" role="alert">
              {file.error}
            </span>
          ) : file.file ? (
            <span class="upload-state">{fileSize(file.size, locale.value)}</span>
          ) : (
            <progress value={file.progress} max={1} aria-label={t("file.progress", { name: file.name })} />
          )}
          {file.error && <IconButton icon="refresh" label={t("retry")} tip="above" onClick={file.retry} />}
          <IconButton icon="close" label={t("file.remove", { name: file.name })} tip="above" onClick={file.cancel} />
        </li>
      ))}
    </ul>
  );
}
