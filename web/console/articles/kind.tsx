/** What sort of article it is, and what such a one needs beside its text. */
import { useId } from "preact/hooks";
import { upload } from "../../shared/upload";
import { t } from "../text";
import { IconButton } from "../ui/button";
import { type Form, Line, SelectField } from "../ui/form";
import { toast } from "../ui/toast";
import type { Fields } from "./editing";
import { type ArticleFile, type Extra, kinds } from "./types";

export function KindFields({ form }: { form: Form<Fields> }) {
  const { kind, extra } = form.values.value;
  const error = form.errors.value["extra"];
  const change = (part: Extra) => form.set("extra", { ...form.values.peek().extra, ...part });
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
          error={error}
          value={String(extra.minutes ?? "")}
          onInput={(text) => change({ minutes: Math.max(0, Math.floor(Number(text)) || 0) })}
        />
      )}
      {kind === "video" && (
        <Line
          label={t("articles.video")}
          hint={t("articles.video.hint")}
          error={error}
          value={extra.video?.url ?? ""}
          onInput={(url) => change({ video: { ...extra.video, url } })}
        />
      )}
      {(kind === "video" || kind === "download") && (
        <Upload
          label={t(kind === "video" ? "articles.video.upload" : "articles.files.add")}
          added={(file) => {
            const now = form.values.peek().extra;
            change(kind === "video" ? { video: { ...now.video, url: file.url } } : { files: [...(now.files ?? []), file] });
          }}
        />
      )}
      {kind === "download" && (extra.files ?? []).length > 0 && (
        <ul class="files field-full" aria-label={t("articles.files")}>
          {extra.files?.map((file, i) => (
            <li key={file.url + i} class="actions">
              <bdi>{file.name ?? file.url}</bdi>
              <IconButton
                icon="trash"
                label={t("remove.named", { name: file.name ?? file.url })}
                onClick={() => change({ files: extra.files?.filter((_, at) => at !== i) ?? [] })}
              />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Upload({ label, added }: { label: string; added: (file: ArticleFile) => void }) {
  const id = useId();
  const send = async (files: File[]) => {
    for (const file of files) {
      try {
        const stored = (await upload(file, { url: "/api/v1/articles/files", progress: () => {} }).done) as unknown as ArticleFile;
        added({ url: stored.url, name: stored.name ?? file.name });
      } catch (error) {
        toast((error instanceof Error && error.message) || t("file.failed"), { bad: true });
      }
    }
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        class="input"
        id={id}
        type="file"
        multiple
        onChange={(event) => {
          void send([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = "";
        }}
      />
    </div>
  );
}
