/** The copilot of one conversation: what it was asked for, and what it proposes. It never sends anything. */
import { computed, signal } from "@preact/signals";
import type { Source } from "../../shared/wire";
import { api, APIError, reason, sentence } from "../api";
import type { Mode } from "../store/drafts";
import { t } from "../text";
import type { Editor } from "./editor";

export type Wish = "draft" | "friendlier" | "shorter" | "formal" | "spelling" | "translate" | "summarise";

/** The wishes that change what is written already. */
export const rewrites: readonly Wish[] = ["friendlier", "shorter", "formal", "spelling", "translate"];

interface Proposal {
  text: string;
  sources: Source[];
  by: "model" | "articles";
  /** Articles on the same question that the visitor may not read. */
  for_agents?: Source[];
}

interface Line {
  delta?: string;
  done?: Proposal;
  error?: { message: string };
}

/** Whether a language model is connected; undefined until it is known. Without one there are drafts from articles only. */
const model = signal<boolean | undefined>(undefined);

export async function learnModel(): Promise<void> {
  try {
    model.value = !!(await api.get<{ llm: unknown }>("/bot/status")).llm;
  } catch {
    model.value = undefined; // asked again with the next conversation
  }
}

export class Copilot {
  readonly wish = signal<Wish | null>(null);
  readonly proposal = signal<Proposal | null>(null);
  readonly failure = signal("");
  private readonly written = signal("");
  /** What there is of the text. */
  readonly text = computed(() => this.proposal.value?.text ?? this.written.value);
  readonly busy = computed(() => this.wish.value !== null && !this.proposal.value && !this.failure.value);
  private running: AbortController | null = null;
  /** Where the text that is on its way belongs, whatever the agent looks at when it comes. */
  private mode: Mode = "reply";

  constructor(
    private readonly conv: string,
    private readonly editor: Editor,
  ) {}

  /** What can be asked for now. */
  offered(): Wish[] {
    if (!model.value) return ["draft"];
    return ["draft", "summarise", ...(this.editor.text.value.trim() ? rewrites : [])];
  }

  async ask(wish: Wish): Promise<void> {
    this.discard();
    const running = new AbortController();
    this.running = running;
    this.wish.value = wish;
    const isRewrite = rewrites.includes(wish);
    if (isRewrite) this.mode = this.editor.mode.peek();
    else this.mode = wish === "summarise" ? "note" : "reply";
    const path = isRewrite ? "rewrite" : wish;
    const body: Record<string, string> = { conversation: this.conv };
    if (isRewrite) Object.assign(body, { how: wish, text: this.editor.text.peek() });
    if (wish === "summarise") body["language"] = document.documentElement.lang;
    try {
      await api.lines<Line>(`/copilot/${path}`, body, (line) => this.take(line), running.signal);
      if (this.running === running && this.busy.peek()) this.failure.value = t("copilot.broken");
    } catch (error) {
      if (this.running === running) this.failure.value = error instanceof APIError ? reason(error) : t("copilot.broken");
    }
  }

  private take({ delta, done, error }: Line): void {
    if (delta) this.written.value += delta;
    if (done) this.proposal.value = done;
    if (error) this.failure.value = sentence(error.message);
  }

  /** Puts the proposal into the field, for the agent to read, change and send. */
  accept(): void {
    const found = this.proposal.peek();
    const wish = this.wish.peek();
    if (!found || !wish) return;
    this.editor.start(this.mode);
    const before = this.editor.text.peek().trimEnd();
    const text = wish === "draft" ? found.text + links(found.sources.slice(0, 1)) : found.text;
    this.discard();
    this.editor.write(before && !rewrites.includes(wish) ? `${before}\n\n${text}` : text);
    this.editor.field?.focus();
  }

  /** Asks for the same once more. */
  again(): void {
    const wish = this.wish.peek();
    if (wish) void this.ask(wish);
  }

  /** The agent wants none of it, and goes on writing. */
  dismiss(): void {
    this.discard();
    this.editor.field?.focus();
  }

  /** Ends what is being written, and forgets it. */
  discard(): void {
    this.running?.abort();
    this.running = null;
    this.wish.value = null;
    this.proposal.value = null;
    this.failure.value = "";
    this.written.value = "";
  }
}

function links(sources: readonly Source[]): string {
  return sources.map(({ title, url }) => `\n\n[${title.replace(/[[\]]/g, "")}](${location.origin}${url})`).join("");
}
