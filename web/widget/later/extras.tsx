import type { ChatEvent } from "../../shared/wire";
import { Attached } from "./attached";
import { openArticle } from "./article";
import { Icon, locale, say, t } from "./kit";
import { AttachmentView } from "../../shared/ui/attachment";
import * as icons from "../../shared/ui/icons";

/** What came with a message besides its text. Quick replies work until they are answered. */
export default function Extras({ e, live }: { e: ChatEvent; live: boolean }) {
  return (
    <>
      {e.attachments?.map((file) => (e.seq ? <Attached key={file.id} file={file} conv={e.conv} /> : <AttachmentView key={file.id} file={file} href="" locale={locale} />))}
      {e.sources && <Sources sources={e.sources} />}
      {live && e.choices && <Choices e={e} />}
    </>
  );
}

function Sources({ sources }: { sources: NonNullable<ChatEvent["sources"]> }) {
  return (
    <ul class="sources" aria-label={t("sources")}>
      {sources.map((s) => (
        <li key={s.url}>
          <a href={s.url} target="_blank" rel="noopener" dir="auto" onClick={openArticle}>
            <Icon d={icons.file} size={14} />
            {s.title}
          </a>
        </li>
      ))}
    </ul>
  );
}

function Choices({ e }: { e: ChatEvent }) {
  return (
    <div class="choices">
      {e.choices!.map((c) => (
        <button key={c.id} class="button pill" dir="auto" onClick={() => say(c.label, [], c.id)}>
          {c.label}
          {c.detail && <span class="preview">{c.detail}</span>}
        </button>
      ))}
    </div>
  );
}
