/** A trial conversation with the draft. The server keeps nothing: what it answers comes back with the next message. */
import { signal } from "@preact/signals";
import type { Choice } from "../../../shared/wire";
import { api, reason } from "../../api";
import type { Flow } from "./flow";
import type { Editor } from "./model";
import { bodyOf } from "./wire";

export interface Said {
  mine: boolean;
  text: string;
  html: string;
  choices: Choice[];
}

interface Answer {
  messages: { text?: string; html?: string; choices?: Choice[] | null }[] | null;
  state?: unknown;
  ended?: string;
  trace?: string[] | null;
}

export class Talk {
  readonly lines = signal<Said[]>([]);
  /** How the flow ended, "" while it goes on. */
  readonly ended = signal("");
  readonly busy = signal(false);
  readonly failure = signal("");
  /** Calls tools really, instead of filling in sample values. */
  readonly real = signal(false);
  /** The draft that the talk began with. */
  readonly about = signal<Flow | null>(null);
  private state: unknown;
  private turn = 0;

  constructor(private readonly editor: Editor) {}

  /** Begins anew with the present draft. */
  async restart(): Promise<void> {
    this.turn++;
    this.state = undefined;
    this.lines.value = [];
    this.ended.value = "";
    this.busy.value = false;
    this.about.value = this.editor.flow.peek();
    this.editor.trace.value = [];
    await this.step();
  }

  async say(text: string, choice?: string): Promise<void> {
    if (this.busy.peek() || this.ended.peek()) return;
    this.lines.value = [...this.lines.peek(), { mine: true, text, html: "", choices: [] }];
    await this.step(choice === undefined ? { text } : { text, choice });
  }

  private async step(say?: { text: string; choice?: string }): Promise<void> {
    const turn = ++this.turn;
    this.busy.value = true;
    this.failure.value = "";
    const flow = { ...bodyOf(this.editor.flow.peek()), id: this.editor.flow.peek().id };
    try {
      const body = { flow, call_tools: this.real.peek(), ...(this.state !== undefined && { state: this.state }), ...(say && { say }) };
      const answer = await api.post<Answer>("/flows/try", body);
      if (turn !== this.turn) return;
      this.state = answer.state;
      const said = (answer.messages ?? []).map(({ text, html, choices }) => ({ mine: false, text: text ?? "", html: html ?? "", choices: choices ?? [] }));
      this.lines.value = [...this.lines.peek(), ...said];
      this.ended.value = answer.ended ?? "";
      this.editor.trace.value = [...this.editor.trace.peek(), ...(answer.trace ?? [])];
    } catch (error) {
      if (turn === this.turn) this.failure.value = reason(error);
    } finally {
      if (turn === this.turn) this.busy.value = false;
    }
  }
}
