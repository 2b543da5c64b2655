/** Pictures on their way into a text: pasted, dropped or chosen. */
import { upload, UploadError } from "../../shared/upload";
import { t } from "../text";
import { toast } from "../ui/toast";
import type { Selected } from "./format";

interface Picture {
  url: string;
}

/** bytes; the server's own limit. */
const most = 5 * 1024 * 1024;

/** The pictures among what was pasted or dropped. */
export function picturesIn(data: DataTransfer | null): File[] {
  return [...(data?.files ?? [])].filter(({ type }) => type.startsWith("image/"));
}

/** The name of a file as a first description. */
function described(name: string): string {
  return name.replace(/\.[^.]*$/, "").replace(/[-_[\]]+/g, " ").trim() || t("articles.picture");
}

let last = 0;

interface Field {
  /** Reads and writes the text and what is selected. */
  read(): Selected;
  write(next: Selected): void;
}

/** Uploads pictures one after another; each has a place in the text at once and its address when it is stored. */
export async function addPictures(files: readonly File[], field: Field): Promise<void> {
  for (const file of files) {
    if (file.size > most) {
      toast(t("articles.picture.large"), { bad: true });
      continue;
    }
    const mark = `![${t("articles.picture.uploading", { name: described(file.name) })}](#${++last})`;
    const { text, start, end } = field.read();
    field.write({ text: text.slice(0, start) + mark + text.slice(end), start: start + mark.length, end: start + mark.length });
    let made = "";
    try {
      const stored = (await upload(file, { url: "/api/v1/articles/images", progress: () => {} }).done) as unknown as Picture;
      made = `![${described(file.name)}](${stored.url})`;
    } catch (error) {
      const refused = error instanceof UploadError && error.code !== "network" && error.message;
      toast(refused || t("articles.picture.failed"), { bad: true });
    }
    replace(field, mark, made);
  }
}

/** Puts something in the place of a mark, wherever it stands by now. */
function replace(field: Field, mark: string, by: string): void {
  const { text, start, end } = field.read();
  const at = text.indexOf(mark);
  if (at < 0) return; // the author has taken it out
  const moved = (caret: number) => (caret >= at + mark.length ? caret + by.length - mark.length : caret);
  field.write({ text: text.slice(0, at) + by + text.slice(at + mark.length), start: moved(start), end: moved(end) });
}
