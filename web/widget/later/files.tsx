import { changed, config, ensureToken, Icon, locale, ready, screen, signal, t } from "./kit";
import { fileSize, upload, type Upload } from "../../shared/upload";
import type { Attachment } from "../../shared/wire";
import * as icons from "../../shared/ui/icons";

interface Job {
  part: number;
  upload?: Upload;
  stored?: Attachment;
  error?: string | undefined;
}

const attaching = signal<readonly File[]>([]);
const jobs = new Map<File, Job>();

ready.files = () => attaching.value.flatMap((file) => jobs.get(file)?.stored ?? []);
ready.clear = () => {
  for (const file of attaching.value) if (jobs.get(file)?.stored) drop(file);
};

// Dropped and pasted files are for the message that is being written.
addEventListener("dragover", (e) => e.preventDefault());
addEventListener("drop", (e) => {
  e.preventDefault();
  if (screen.value === "thread") attach(e.dataTransfer?.files);
});
addEventListener("paste", (e) => screen.value === "thread" && attach(e.clipboardData?.files));

/** Takes files from the button, a drop or the clipboard. */
export function attach(list: FileList | null | undefined): void {
  if (list?.length) attaching.value = [...attaching.value, ...list];
}

/** The files to be sent with the message: progress, what went wrong, and a way to take them out. */
export default function Files() {
  if (!attaching.value.length) return null;
  for (const file of attaching.value) if (!jobs.has(file)) void send(file);
  return (
    <ul class="attaching">
      {attaching.value.map((file) => {
        const job = jobs.get(file)!;
        return (
          <li key={file.name + file.size + file.lastModified} class={job.error ? "file bad" : "file"}>
            <Icon d={job.error ? icons.alert : icons.file} size={16} />
            <span>
              <bdi class="file-name">{job.error ?? file.name}</bdi>
              {!job.stored && !job.error ? <progress max={1} value={job.part} aria-label={file.name} /> : <span class="file-size">{fileSize(file.size, locale)}</span>}
            </span>
            {job.error && !refusal(file) && <button type="button" class="link" onClick={() => void send(file)}>{t("retry")}</button>}
            <button type="button" class="icon-button" aria-label={t("remove", { name: file.name })} onClick={() => drop(file)}><Icon d={icons.close} size={16} /></button>
          </li>
        );
      })}
    </ul>
  );
}

/** Why the server would not take a file, known before it is sent. */
function refusal({ name, size }: File): string | undefined {
  const { max_size: most, types } = config.value!.files;
  if (size > most) return t("tooBig", { name, size: fileSize(most, locale) });
  if (!types[0] || types.some((ending) => name.toLowerCase().endsWith(ending))) return undefined;
  return t("badType", { name, types: `\u2066${types.join(", ")}\u2069` });
}

async function send(file: File): Promise<void> {
  const job: Job = { part: 0, error: refusal(file) };
  jobs.set(file, job);
  changed();
  if (job.error) return;
  try {
    const token = await ensureToken();
    job.upload = upload(file, {
      url: "/api/v1/attachments", token,
      progress: (part) => {
        job.part = part;
        changed();
      },
    });
    job.stored = await job.upload.done;
  } catch (error) {
    if (error instanceof DOMException) return; // taken out
    job.error = (error as Error).message || t("uploadFailed", { name: file.name });
  }
  changed();
}

function drop(file: File): void {
  const job = jobs.get(file);
  if (!job?.stored) job?.upload?.cancel();
  jobs.delete(file);
  attaching.value = attaching.value.filter((f) => f !== file);
}
