import type { ChatEvent } from "../../shared/wire";
import * as icons from "../../shared/ui/icons";
import { author, Avatar, framed, host, IconButton, seen, signal, t } from "./kit";
import { wish } from "./wish";

const latest = signal<ChatEvent | null>(null);
let told = 0;

/** Shows a message beside the launcher while the chat is closed. */
export function peek(e: ChatEvent): void {
  if (framed && !host.value.open) latest.value = e;
}

/** The last message that was not seen, as large as the launcher gives it room. */
export default function Peek() {
  const e = latest.value;
  if (!e || host.value.open || e.seq <= seen.value) return null;
  return (
    <div class="peek">
      <Avatar name={e.from.name} kind={e.from.kind} />
      <p role="status">
        <b><bdi>{author(e.from)}</bdi></b>
        <span class="preview" dir="auto">{e.text || t("notice")}</span>
      </p>
      <button class="cover" aria-label={t("read")} onClick={() => wish({ open: true })} />
      <IconButton label={t("dismiss")} d={icons.close} onClick={() => (latest.value = null)} />
    </div>
  );
}

/** After drawing: asks for the room that the preview takes. */
export function fitPeek(): void {
  const height = document.querySelector<HTMLElement>(".peek")?.offsetHeight ?? 0;
  if (height === told || host.value.open) return;
  told = height;
  wish({ peek: height });
}
