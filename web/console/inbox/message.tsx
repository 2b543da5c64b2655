/** A message of the thread, and what stands in for one that is on its way. */
import type { ComponentChildren } from "preact";
import type { Entry } from "../../shared/outbox";
import { safeHTML } from "../../shared/html";
import { AttachmentView } from "../../shared/ui/attachment";
import { Avatar, tintOf } from "../../shared/ui/avatar";
import { Bubble } from "../../shared/ui/bubble";
import type { Attachment, ChatEvent, Source } from "../../shared/wire";
import { sentence } from "../api";
import { outbox } from "../store/live";
import { me } from "../store/session";
import { locale, t } from "../text";
import { clock, full } from "../time";
import { Icon } from "../ui/icon";
import type { Item } from "./items";

type MessageItem = Extract<Item, { type: "message" }>;

/** Where a stored file can be had; the server redirects to a short-lived address. */
function fileAddress(file: Attachment, conv: string): string {
  return `/api/v1/attachments/${file.id}?conv=${conv}&redirect=1`;
}

interface FilesProps {
  files: Attachment[];
  conv: string;
  /** They are a stranger's, and nothing has looked into them, except that the server makes pictures anew. */
  unsafe: boolean;
}

function Files({ files, conv, unsafe }: FilesProps) {
  return (
    <div class="files">
      {files.map((file) => {
        const address = fileAddress(file, conv);
        return <AttachmentView key={file.id} file={file} href={address} picture={address} locale={locale.value} />;
      })}
      {unsafe && files.some((file) => !file.width) && <p class="hint">{t("message.unscanned")}</p>}
    </div>
  );
}

function Sources({ sources }: { sources: Source[] }) {
  return (
    <ul class="sources" aria-label={t("message.sources")}>
      {sources.map((source) => (
        <li key={source.url}>
          <a class="source" href={source.url} target="_blank" rel="noopener" title={source.snippet}>
            <Icon name="book" size={14} />
            {source.title}
          </a>
        </li>
      ))}
    </ul>
  );
}

/** How an author is called in the thread. */
function author(e: ChatEvent, visitor: string): string {
  if (e.from.kind === "visitor") return visitor;
  if (e.from.id === me.value?.id) return t("you.title");
  return e.from.name || t("bot");
}

interface MessageProps {
  item: MessageItem;
  visitor: string;
  /** The visitor's contact, after which the face is tinted everywhere. */
  contact: string;
  /** Shown under the last message of ours: sent, or seen. */
  receipt?: ComponentChildren;
}

export function Message({ item, visitor, contact, receipt }: MessageProps) {
  const { event: e, first, last } = item;
  const theirs = e.from.kind === "visitor";
  const name = author(e, visitor);
  return (
    <article
      class={`message ${theirs ? "message-theirs" : "message-ours"}${first ? " message-first" : ""}${e.note ? " message-note" : ""}`}
      data-seq={e.seq}
    >
      {first && (
        <header class="message-head">
          {!theirs && e.from.kind === "bot" && <span class="badge">{t("bot.label")}</span>}
          {e.note && (
            <span class="badge note-badge">
              <Icon name="lock" size={12} />
              {t("note.label")}
            </span>
          )}
          <bdi class="message-author">{name}</bdi>
          <time dateTime={e.at} title={full(e.at)}>
            {clock(e.at)}
          </time>
          {item.edited && <span>{t("message.edited")}</span>}
        </header>
      )}
      {theirs && last && <Avatar tint={tintOf(contact)} name={e.from.name} kind="visitor" size={24} />}
      {item.erased ? (
        <Bubble side={theirs ? "theirs" : "mine"} author={name} last={last}>
          <em>{t("message.erased")}</em>
        </Bubble>
      ) : (
        <Content e={e} name={name} last={last} />
      )}
      {receipt}
    </article>
  );
}

function Content({ e, name, last }: { e: ChatEvent; name: string; last: boolean }) {
  const side = e.note ? "note" : e.from.kind === "visitor" ? "theirs" : "mine";
  return (
    <>
      {(e.text || e.html) && (
        <Bubble side={side} author={name} last={last} title={full(e.at)}>
          {e.html ? <div class="rich">{safeHTML(e.html)}</div> : e.text}
        </Bubble>
      )}
      {e.attachments && <Files files={e.attachments} conv={e.conv} unsafe={e.from.kind === "visitor"} />}
      {e.sources && <Sources sources={e.sources} />}
      {e.choices && (
        <ul class="choices" aria-label={t("message.choices")}>
          {e.choices.map((choice) => (
            <li key={choice.id} class="choice">
              {choice.label}
              {choice.detail && <span class="choice-detail">{choice.detail}</span>}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** Something of ours that the server has not stored yet, or refused. */
export function Pending({ entry }: { entry: Entry }) {
  const { command } = entry;
  if (command.type !== "send") return null;
  const failed = entry.state === "failed";
  return (
    <article class={`message message-ours message-first${command.note ? " message-note" : ""}`}>
      {command.text && (
        <Bubble side={command.note ? "note" : "mine"} author={t("you.title")} last state={failed ? "failed" : "waiting"}>
          {command.text}
        </Bubble>
      )}
      {entry.files && (
        <div class="files">
          {entry.files.map((file) => (
            <AttachmentView key={file.id} file={file} href="#" locale={locale.value} />
          ))}
        </div>
      )}
      <p class={`receipt${failed ? " receipt-bad" : ""}`} role={failed ? "alert" : undefined}>
        {failed ? (
          <>
            <Icon name="alert" size={14} />
            {sentence(entry.error?.message ?? "") || t("message.failed")}
            <button type="button" class="link" onClick={() => outbox.peek()?.retry(command.cid)}>
              {t("retry")}
            </button>
            <button type="button" class="link" onClick={() => outbox.peek()?.discard(command.cid)}>
              {t("discard")}
            </button>
          </>
        ) : (
          <>
            <Icon name="clock" size={14} />
            {entry.state === "waiting" && entry.attempt === 0 ? t("message.waiting") : t("message.sending")}
          </>
        )}
      </p>
    </article>
  );
}
