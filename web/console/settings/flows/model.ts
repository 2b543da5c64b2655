/** What the editor of one flow holds: the draft with its history, what is chosen, what the server said. */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { api, APIError, reason } from "../../api";
import { t } from "../../text";
import { announce, toast } from "../../ui/toast";
import * as edit from "./edit";
import { type Block, blockOf, exitsAt, type Flow, type Kind, type Problem, TRIGGER } from "./flow";
import * as past from "./history";
import { nameOf, typeName } from "./names";
import { bodyOf, type Stored, stored } from "./wire";

export class Editor {
  private readonly history: Signal<past.History<Flow>>;
  /** as the server has it */
  readonly saved: Signal<Stored>;
  readonly flow: ReadonlySignal<Flow>;
  readonly dirty: ReadonlySignal<boolean>;
  readonly canUndo: ReadonlySignal<boolean>;
  readonly canRedo: ReadonlySignal<boolean>;
  /** id of the chosen block; TRIGGER is the flow as a whole */
  readonly chosen = signal(TRIGGER);
  readonly problems = signal<Problem[]>([]);
  /** Why the draft could not be checked, "" when it was. */
  readonly unchecked = signal("");
  readonly busy = signal(false);
  /** Why the last save was refused, "" when it was not. */
  readonly failure = signal("");
  /** Somebody else has saved since this draft was loaded. */
  readonly conflict = signal(false);
  /** ids of the blocks that the preview has passed, in order */
  readonly trace = signal<string[]>([]);
  private checks = 0;

  constructor(from: Stored) {
    this.saved = signal(from);
    this.history = signal(past.begin<Flow>(from.flow));
    this.flow = computed(() => this.history.value.present);
    this.dirty = computed(() => JSON.stringify(bodyOf(this.flow.value)) !== JSON.stringify(bodyOf(this.saved.value.flow)));
    this.canUndo = computed(() => this.history.value.past.length > 0);
    this.canRedo = computed(() => this.history.value.future.length > 0);
  }

  /** Makes a change; those in a row about the same are undone together. */
  set(flow: Flow, about = ""): void {
    this.history.value = past.change(this.history.peek(), flow, about);
  }

  undo(): void {
    this.history.value = past.undo(this.history.peek());
    this.keepChosen();
  }

  redo(): void {
    this.history.value = past.redo(this.history.peek());
    this.keepChosen();
  }

  private keepChosen(): void {
    if (this.chosen.peek() && !blockOf(this.flow.peek(), this.chosen.peek())) this.chosen.value = TRIGGER;
  }

  /** Changes members of a block. */
  update(id: string, part: Partial<Block>): void {
    this.set(edit.update(this.flow.peek(), id, part), `${id} ${Object.keys(part).join(" ")}`);
  }

  connect(at: edit.Place, target: string): void {
    this.set(edit.connect(this.flow.peek(), at, target));
    announce(target ? t("flows.connected", { name: nameOf(this.flow.peek(), target) }) : t("flows.disconnected"));
  }

  add(at: edit.Place, type: Kind): void {
    const { flow, id } = edit.add(this.flow.peek(), at, type, { options: [t("flows.option.first"), t("flows.option.second")] });
    this.set(flow);
    this.chosen.value = id;
    announce(t("flows.added", { type: typeName(type) }));
  }

  remove(id: string): void {
    const flow = this.flow.peek();
    if (!blockOf(flow, id)) return;
    const from = edit.before(flow, id)[0] ?? TRIGGER;
    const name = nameOf(flow, id);
    this.set(edit.remove(flow, id));
    this.chosen.value = from === id ? TRIGGER : from;
    toast(t("flows.removed", { name }), { action: { label: t("undo"), run: () => this.undo() } });
  }

  move(id: string, way: "up" | "down"): void {
    const before = this.flow.peek();
    this.set(edit.move(before, id, way));
    announce(t(this.flow.peek() === before ? "flows.move.not" : "flows.moved"));
  }

  /** A new id; false when it is taken. */
  rename(id: string, to: string): boolean {
    const before = this.flow.peek();
    const after = edit.rename(before, id, to);
    if (after === before) return false;
    this.set(after);
    if (this.chosen.peek() === id) this.chosen.value = to;
    return true;
  }

  /** The block in a direction: up to what leads here, down to where the first exit leads. */
  beside(id: string, way: "up" | "down"): string | undefined {
    const flow = this.flow.peek();
    if (way === "up") return edit.before(flow, id)[0];
    return exitsAt(flow, id).find((exit) => exit.target && blockOf(flow, exit.target))?.target;
  }

  /** Asks the server what is wrong with the draft. A late answer about an older draft is dropped. */
  async check(): Promise<void> {
    const turn = ++this.checks;
    try {
      const { problems } = await api.post<{ problems: Problem[] | null }>("/flows/check", { flow: bodyOf(this.flow.peek()) });
      if (turn !== this.checks) return;
      this.problems.value = problems ?? [];
      this.unchecked.value = "";
    } catch (error) {
      if (turn === this.checks) this.unchecked.value = reason(error);
    }
  }

  /** Stores the draft; the answer says whether that worked. */
  async save(): Promise<boolean> {
    if (this.busy.peek()) return false;
    this.busy.value = true;
    this.failure.value = "";
    const flow = this.flow.peek();
    try {
      const answer = stored(await api.put<unknown>(`/flows/${flow.id}`, { ...bodyOf(flow), version: this.saved.peek().flow.version }));
      this.saved.value = { ...answer, flow: { ...flow, version: answer.flow.version } };
      this.conflict.value = false;
      return true;
    } catch (error) {
      if (error instanceof APIError && error.code === "conflict" && (await this.overtaken())) this.conflict.value = true;
      else this.failure.value = reason(error);
      return false;
    } finally {
      this.busy.value = false;
    }
  }

  /** Whether somebody else has saved the flow; a taken name is a conflict too. */
  private async overtaken(): Promise<boolean> {
    const { flow } = this.saved.peek();
    return stored(await api.get<unknown>(`/flows/${flow.id}`).catch(() => ({ version: 0 }))).flow.version !== flow.version;
  }

  /** Saves what is not saved, and makes the draft what visitors get. */
  async publish(note: string): Promise<void> {
    if (this.dirty.peek() && !(await this.save())) throw new APIError("conflict", this.failure.peek() || t("flows.conflict"));
    const { flow } = this.saved.peek();
    const answer = stored(await api.post<unknown>(`/flows/${flow.id}/publish`, { version: flow.version, note }));
    this.saved.value = { ...answer, flow: { ...this.flow.peek(), version: answer.flow.version } };
  }

  /** Leaves the own draft for the server's. It can be undone. */
  async reload(): Promise<void> {
    const answer = stored(await api.get<unknown>(`/flows/${this.flow.peek().id}`));
    this.saved.value = answer;
    this.set(answer.flow);
    this.conflict.value = false;
    this.keepChosen();
  }

  /** Makes a published version the draft again. */
  async restore(version: number): Promise<void> {
    const answer = stored(await api.post<unknown>(`/flows/${this.flow.peek().id}/versions/${version}/restore`));
    this.saved.value = answer;
    this.set(answer.flow);
    this.keepChosen();
  }

  /** Saves the own draft over what somebody else has saved. */
  async overwrite(): Promise<boolean> {
    const answer = stored(await api.get<unknown>(`/flows/${this.flow.peek().id}`));
    this.saved.value = answer;
    return this.save();
  }
}

/** Drafts that were left unsaved, by flow: they are there again on coming back, until the page is closed. */
const left = new Map<string, Editor>();

/** The editor of a flow: the one with unsaved changes, else a new one. */
export function editorOf(from: Stored): Editor {
  const kept = left.get(from.flow.id);
  if (kept?.dirty.peek()) return kept;
  const made = new Editor(from);
  left.set(from.flow.id, made);
  return made;
}

export function forget(id: string): void {
  left.delete(id);
}
