/** What sort of article it is, and what such a one needs beside its text. */
import { useRef } from "preact/hooks";
import { fileSize } from "../../shared/upload";
import { locale, t } from "../text";
import { IconButton } from "../ui/button";
import { type Form, Line, SelectField } from "../ui/form";
import { Captions } from "./captions";
import type { Fields } from "./editing";
import { FileField } from "./filefield";
import { type ArticleFile, type Extra, kinds } from "./types";

type Change = (part: Extra) => void;

export function KindFields({ form }: { form: Form<Fields> }) {
  const { kind, extra } = form.values.value;
  const change: Change = (part) => form.set("extra", { ...form.values.peek().extra, ...part });
  const error = (...names: string[]) => names.map((name) => form.errors.value[name]).find(Boolean);
  return (
    <>
      <SelectField
        form={form}
        name="kind"
        label={t("articles.kind")}
        hint={t(`articles.kind.${kind}.hint`)}
        options={kinds.map((value) => ({ value, label: t(`articles.kind.${value}`) }))}
      />
      {kind === "tutorial" && (
        <Line
          label={t("articles.minutes")}
          error={error("extra.minutes", "extra")}
          type="number"
          min={1}
          value={extra.minutes ? String(extra.minutes) : ""}
          onInput={(text) => change({ minutes: Math.max(0, Math.floor(Number(text)) || 0) })}
        />
      )}
      {kind === "video" && <VideoFields locale={form.values.value.locale} extra={extra} change={change} error={error("extra.video.url", "extra.video", "extra")} captionsError={error("extra.video.captions")} />}
      {kind === "download" && (
        <Files files={extra.files ?? []} error={error("extra.files", "extra")} set={(next) => change({ files: next(form.values.peek().extra.files ?? []) })} />
      )}
    </>
  );
}

interface VideoProps {
  /** Of the article. */
  locale: string;
  extra: Extra;
  change: Change;
  error: string | undefined;
  captionsError: string | undefined;
}

function VideoFields({ locale, extra, change, error, captionsError }: VideoProps) {
  const { video } = extra;
  // A draft has no film yet: what an empty address would describe goes with it.
  const address = (url: string) => change({ video: url ? { ...video, url } : undefined });
  return (
    <>
      <Line label={t("articles.video")} hint={t("articles.video.hint")} error={error} value={video?.url ?? ""} onInput={address} />
      <FileField label={t("articles.video.upload")} accept="video/*" added={({ url }) => address(url)} />
      {video?.url.startsWith("/") && (
        <Captions locale={locale || "en"} of={video.captions ?? {}} error={captionsError} set={(captions) => change({ video: { ...video, captions } })} />
      )}
    </>
  );
}

interface FilesProps {
  files: ArticleFile[];
  error: string | undefined;
  set: (next: (now: ArticleFile[]) => ArticleFile[]) => void;
}

/** The files of a download, in their order, each with a name and a word on what it is for. */
function Files({ files, error, set }: FilesProps) {
  const box = useRef<HTMLDivElement>(null);
  const change = (at: number, part: Partial<ArticleFile>) => set((now) => now.map((file, i) => (i === at ? { ...file, ...part } : file)));
  const remove = (at: number) => {
    set((now) => now.filter((_, i) => i !== at));
    box.current?.querySelector<HTMLElement>("input[type=file]")?.focus();
  };
  return (
    <div class="downloads field-full" ref={box}>
      <FileField label={t("articles.files.add")} multiple error={error} added={(file) => set((now) => [...now, file])} />
      {files.length > 0 && (
        <ul aria-label={t("articles.files")}>
          {files.map((file, i) => (
            <li key={file.url} class="download">
              <Line label={t("articles.files.name")} error={undefined} maxLength={200} value={file.name ?? ""} onInput={(name) => change(i, { name })} />
              <Line
                label={t("articles.files.note")}
                error={undefined}
                maxLength={200}
                placeholder={t("articles.files.note.example")}
                value={file.note ?? ""}
                onInput={(note) => change(i, { note })}
              />
              <span class="muted tabular">{file.size ? fileSize(file.size, locale.value) : ""}</span>
              <IconButton icon="trash" tip="start" label={t("remove.named", { name: file.name || file.url })} onClick={() => remove(i)} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
