/** What happens while an agent writes: draft, signs of writing, suggestions, sending. The composer draws it. */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { newCID } from "../../shared/outbox";
import type { Thread } from "../../shared/store";
import type { ChatEvent, Send, Summary } from "../../shared/wire";
import { acknowledge, draft, type Mode, setDraft } from "../store/drafts";
import { outbox, send, stale } from "../store/live";
import { me } from "../store/session";
import { t } from "../text";
import { toast } from "../ui/toast";
import { resolveAndNext } from "./actions";
import { type Suggestion, Suggester } from "./suggest";
import { takeUploads, uploadsOf } from "./uploads";

/** ms between two signs of life while writing. */
const typingEvery = 3000;

/** A message of somebody else of our side that came after the writing began. */
function overtaken(events: readonly ChatEvent[], since: number): ChatEvent | undefined {
  if (!since) return undefined;
  return events.findLast((e) => e.seq > since && e.kind === "message" && !e.note && e.from.kind === "agent" && e.from.id !== me.value?.id);
}

export class Editor {
  readonly mode = signal<Mode>("reply");
  readonly suggester: Suggester;
  readonly text: ReadonlySignal<string>;
  /** Somebody else's reply that the writer has not taken note of: it stands in the way of sending. */
  readonly newer: ReadonlySignal<ChatEvent | undefined>;
  /** Nothing can be sent: no connection, nothing written, or files on their way. */
  readonly blocked: ReadonlySignal<boolean>;
  field: HTMLTextAreaElement | null = null;
  private beatAt = 0;
  private quiet: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly thread: Thread,
    private readonly conv: () => Summary,
  ) {
    this.suggester = new Suggester(conv);
    this.text = computed(() => draft(thread.id, this.mode.value).text);
    this.newer = computed(() =>
      this.mode.value === "reply" ? overtaken(thread.events.value, draft(thread.id, "reply").since) : undefined,
    );
    this.blocked = computed(() => {
      const files = uploadsOf(thread.id);
      return stale.value || files.some(({ file }) => !file) || (!this.text.value.trim() && !files.length);
    });
  }

  /** Goes to the field to write a reply or a note. */
  start(mode: Mode): void {
    this.mode.value = mode;
    this.field?.focus();
  }

  write(text: string): void {
    setDraft(this.thread.id, this.mode.peek(), text, this.thread.last);
    if (this.mode.peek() === "reply" && text) this.beat();
    else this.rest();
  }

  input(): void {
    if (!this.field) return;
    this.write(this.field.value);
    this.suggester.look(this.field.value, this.field.selectionStart);
  }

  /** The writer has read what came meanwhile. */
  goOn(): void {
    acknowledge(this.thread.id, "reply", this.thread.last);
    this.field?.focus();
  }

  /** Sends what is written; with resolve the conversation is closed after it. */
  submit(resolve = false): void {
    if (this.blocked.peek()) return;
    if (this.newer.peek()) {
      document.getElementById("overtaken")?.focus();
      return;
    }
    const { id } = this.thread;
    const text = this.text.peek().trim();
    const files = takeUploads(id);
    const message: Send = { cid: newCID(), conv: id };
    if (text) message.text = text;
    if (files.length) message.attachments = files.map((file) => file.id);
    if (this.mode.peek() === "note") message.note = true;
    if (!outbox.peek()?.add({ type: "send", ...message }, files)) {
      toast(t("composer.full"), { bad: true });
      return;
    }
    setDraft(id, this.mode.peek(), "", 0);
    this.rest();
    this.suggester.close();
    this.field?.focus();
    if (resolve) resolveAndNext(this.conv());
  }

  /** Puts a suggestion in the place of the word that asked for it. */
  choose({ text }: Suggestion): void {
    const trigger = this.suggester.trigger.peek();
    if (!trigger || !this.field) return;
    const old = this.text.peek();
    this.write(old.slice(0, trigger.start) + text + old.slice(this.field.selectionStart));
    this.suggester.close();
    this.caret(trigger.start + text.length);
  }

  /** Types a sign that asks for suggestions. */
  ask(sign: "/" | "#"): void {
    if (!this.field) return;
    const text = this.text.peek();
    const at = this.field.selectionStart;
    const typed = at > 0 && !/\s$/.test(text.slice(0, at)) ? ` ${sign}` : sign;
    const value = text.slice(0, at) + typed + text.slice(at);
    this.write(value);
    this.caret(at + typed.length, () => this.suggester.look(value, at + typed.length));
  }

  key(event: KeyboardEvent): void {
    if (!this.suggestionKey(event) && !this.sendKey(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** The field lost the focus or the conversation is left. */
  leave(): void {
    this.rest();
    this.suggester.close();
  }

  private suggestionKey(event: KeyboardEvent): boolean {
    const { suggester } = this;
    const options = suggester.list.peek();
    if (!suggester.trigger.peek() || !options.length) return false;
    const chosen = options[suggester.active.peek()];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") suggester.move(event.key === "ArrowDown" ? 1 : -1);
    else if (chosen && (event.key === "Tab" || (event.key === "Enter" && !event.ctrlKey && !event.metaKey))) this.choose(chosen);
    else if (event.key === "Escape") suggester.close();
    else return false;
    return true;
  }

  private sendKey(event: KeyboardEvent): boolean {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.submit(event.shiftKey);
    else if (event.key === "Escape") this.field?.blur();
    else return false;
    return true;
  }

  /** Places the caret once the new text is drawn. */
  private caret(at: number, then?: () => void): void {
    const { field } = this;
    field?.focus();
    requestAnimationFrame(() => {
      field?.setSelectionRange(at, at);
      then?.();
    });
  }

  /** A sign of writing, at most one in three seconds. */
  private beat(): void {
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => this.rest(), typingEvery + 1000);
    if (Date.now() - this.beatAt < typingEvery) return;
    this.beatAt = Date.now();
    send({ type: "typing", conv: this.thread.id, on: true });
  }

  private rest(): void {
    clearTimeout(this.quiet);
    if (this.beatAt) send({ type: "typing", conv: this.thread.id, on: false });
    this.beatAt = 0;
  }
}
