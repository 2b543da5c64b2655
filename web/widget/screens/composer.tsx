import { t } from "../boot";
import { say } from "../chat";
import { storage } from "../host";
import { signal } from "../signals";
import { later } from "../view";
import * as icons from "../../shared/ui/icons";
import { IconButton } from "./button";


const draft = signal(storage.get("draft") ?? "");

/** What may be sent besides the text; set by later/files. */
export const ready: { files: () => import("../../shared/wire").Attachment[]; clear: () => void } = { files: () => [], clear: () => {} };

/** Replaces the draft. */
export function write(text: string): void {
  draft.value = text;
  storage.set("draft", text || null);
  later("typing")(text);
}

function submit(e?: Event): void {
  e?.preventDefault();
  const text = draft.value.trim();
  const files = ready.files();
  if (!text && !files.length) return;
  later("typing")("");
  say(text, files);
  ready.clear();
  draft.value = "";
  storage.set("draft", null);
  document.querySelector<HTMLElement>("textarea")?.focus();
}

export function Composer({ ended }: { ended: boolean }) {
  const Files = later("Files");
  const Tools = later("Tools");
  const label = t(ended ? "reopen" : "placeholder");
  return (
    <form class="composer" onSubmit={submit}>
      <Files />
      <textarea
        rows={1} value={draft.value} placeholder={label} aria-label={label} dir={draft.value ? "auto" : undefined} data-focus
        onInput={(e) => write(e.currentTarget.value)}
        onKeyDown={(e) => {
          if (e.key === "Enter" && !e.shiftKey && !e.isComposing) submit(e);
        }}
      />
      <div class="tools">
        <Tools />
        <IconButton type="submit" class="send" label={t("send")} d={icons.send} flip disabled={!draft.value.trim() && !ready.files().length} />
      </div>
    </form>
  );
}
