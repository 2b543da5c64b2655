import { call, changed, locale, token } from "./kit";
import { AttachmentView } from "../../shared/ui/attachment";
import type { Attachment } from "../../shared/wire";

const links = new Map<string, { url: string; until: number }>();
const SHORTLY = 60_000; // ms before the end of a link at which a new one is asked for

/** A file of a message, by a link signed for this visitor. */
export function Attached({ file, conv }: { file: Attachment; conv: string }) {
  const url = link(file.id, conv);
  return <AttachmentView file={file} href={url} picture={url} locale={locale} />;
}

function link(id: string, conv: string): string {
  const known = links.get(id);
  if (known && known.until > Date.now() + SHORTLY) return known.url;
  links.set(id, { url: known?.url ?? "", until: Infinity }); // asked for
  call<{ url: string; expires_at: string }>("GET", `/attachments/${id}?conv=${conv}`, undefined, token()).then(
    (answer) => {
      links.set(id, { url: answer.url, until: Date.parse(answer.expires_at) });
      changed();
    },
    () => links.delete(id),
  );
  return known?.url ?? "";
}
