/** The lists of the inbox's views: pages from the server, kept live by what the socket says. */
import { computed, effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import type { Summary } from "../../shared/wire";
import { api } from "../api";
import { compare, holds, type View, viewIds } from "../inbox/views";
import { conversation, everyConversation, learn, revision, watchConversations } from "./conversations";
import { me } from "./session";

interface Page {
  conversations: Summary[];
  next?: string;
}

/** One view, perhaps of one inbox only. */
export class List {
  readonly view: View;
  readonly inbox: string;
  readonly loading = signal(false);
  readonly loaded = signal(false);
  readonly error = signal<unknown>(null);
  /** The ids in order. A conversation older than the last loaded page waits for that page. */
  readonly ids: ReadonlySignal<string[]>;
  private readonly next = signal("");
  /** The end of what is loaded, as it was then. */
  private readonly end = signal<Summary | null>(null);

  constructor(view: View, inbox: string) {
    this.view = view;
    this.inbox = inbox;
    this.ids = computed(() => this.select());
  }

  get more(): boolean {
    return this.next.value !== "";
  }

  private select(): string[] {
    void revision.value;
    const agent = me.value?.id ?? "";
    const end = this.next.value ? this.end.value : null;
    const found: Summary[] = [];
    for (const { shown } of everyConversation()) {
      const c = shown.peek();
      if (this.inbox && c.inbox !== this.inbox) continue;
      if (holds(this.view, c, agent) && (!end || compare(this.view, c, end) <= 0)) found.push(c);
    }
    return found.sort((a, b) => compare(this.view, a, b)).map((c) => c.id);
  }

  /** Loads the first page, or reloads it after the connection was lost. */
  async load(): Promise<void> {
    await this.fetch("");
  }

  async loadMore(): Promise<void> {
    if (this.next.peek() && !this.loading.peek()) await this.fetch(this.next.peek());
  }

  private async fetch(cursor: string): Promise<void> {
    this.loading.value = true;
    try {
      const page = await api.get<Page>("/conversations", { view: this.view, inbox: this.inbox, cursor, limit: 60 });
      learn(page.conversations);
      const last = page.conversations.at(-1);
      this.next.value = page.next ?? "";
      this.end.value = last ?? null;
      this.loaded.value = true;
      this.error.value = null;
    } catch (error) {
      this.error.value = error;
    } finally {
      this.loading.value = false;
    }
  }
}

const lists = new Map<string, List>();

/** The list of a view; asked for the first time, it loads. */
export function list(view: View, inbox = ""): List {
  const key = `${view} ${inbox}`;
  let found = lists.get(key);
  if (!found) {
    found = new List(view, inbox);
    lists.set(key, found);
    const made = found;
    untracked(() => void made.load());
  }
  return found;
}

/** Loads again what is on the page; for after a lost connection. */
export function refreshLists(): void {
  for (const each of lists.values()) void each.load();
  void countAgain();
}

export type Counts = Record<View, number>;

/** How many conversations each view holds; null until known. */
export const counts = signal<Counts | null>(null);

/** At most one recount in this many ms, whatever the traffic. */
const recountEvery = 2000;
let recount: ReturnType<typeof setTimeout> | undefined;

export async function countAgain(): Promise<void> {
  counts.value = await api.get<Counts>("/conversations/counts");
}

function countSoon(): void {
  recount ??= setTimeout(() => {
    recount = undefined;
    countAgain().catch(() => {
      // The next change counts again; until then the old numbers stand.
    });
  }, recountEvery);
}

/** Keeps the counts live: by difference where the conversation was known, else by asking. */
export function startCounting(): void {
  watchConversations((now, before) => {
    const agent = me.peek()?.id ?? "";
    const old = counts.peek();
    if (!before || !old) return countSoon();
    const moved = viewIds.filter((view) => holds(view, now, agent) !== holds(view, before, agent));
    if (!moved.length) return;
    const next = { ...old };
    for (const view of moved) next[view] = Math.max(0, next[view] + (holds(view, now, agent) ? 1 : -1));
    counts.value = next;
    countSoon();
  });
  effect(() => {
    if (me.value) untracked(() => void countAgain().catch(countSoon));
  });
}

/** Unread messages in the conversations of the agent: what the title shows. */
export const unreadMine = computed(() => {
  void revision.value;
  const agent = me.value?.id ?? "";
  let sum = 0;
  for (const { shown } of everyConversation()) {
    const c = shown.peek();
    if (holds("mine", c, agent)) sum += c.unread;
  }
  return sum;
});

/** A conversation by id, loading it when it was never heard of. */
export async function need(id: string): Promise<Summary> {
  const have = conversation(id)?.peek();
  if (have) return have;
  const { conversation: c } = await api.get<{ conversation: Summary }>(`/conversations/${id}`);
  learn([c]);
  return c;
}
