/** What the composer offers while writing: canned responses after a slash, help articles after a hash. */
import { computed, signal } from "@preact/signals";
import type { Summary } from "../../shared/wire";
import { api } from "../api";
import { contact } from "../store/contacts";
import { me } from "../store/session";
import { inboxName } from "../store/staff";
import { t } from "../text";
import type { Canned } from "../types";
import { fillIn, type Trigger, triggerAt, valuesOf } from "./trigger";

export interface Suggestion {
  id: string;
  title: string;
  detail: string;
  /** What takes the place of the typed word. */
  text: string;
}

const canned = signal<Canned[] | null>(null);

/** Loads the canned responses, again after they were edited. */
export async function loadCanned(): Promise<Canned[]> {
  canned.value = (await api.get<{ canned: Canned[] }>("/canned")).canned;
  return canned.value;
}

interface Passage {
  article: string;
  title: string;
  url: string;
  snippet: string;
}

/** Suggestions for the present trigger. Late answers to older words are dropped. */
export class Suggester {
  readonly trigger = signal<Trigger | null>(null);
  readonly active = signal(0);
  private readonly articles = signal<Suggestion[]>([]);
  private turn = 0;
  readonly list = computed(() => this.select());

  constructor(private readonly conv: () => Summary) {}

  look(text: string, caret: number): void {
    const found = triggerAt(text, caret);
    this.trigger.value = found;
    this.active.value = 0;
    if (found?.sign === "/" && !canned.peek()) void loadCanned().catch(() => (canned.value = []));
    if (found?.sign === "#") void this.search(found.word);
  }

  close(): void {
    this.trigger.value = null;
  }

  move(step: 1 | -1): void {
    const size = this.list.peek().length;
    if (size) this.active.value = (this.active.peek() + step + size) % size;
  }

  private select(): Suggestion[] {
    const found = this.trigger.value;
    if (!found) return [];
    if (found.sign === "#") return this.articles.value;
    const wanted = found.word.toLowerCase();
    const c = this.conv();
    const values = valuesOf({ name: c.name, email: contact(c.contact).value?.email ?? "" }, me.value?.name ?? "", inboxName(c.inbox));
    return (canned.value ?? [])
      .filter(({ shortcut, title }) => shortcut.toLowerCase().startsWith(wanted) || title.toLowerCase().includes(wanted))
      .slice(0, 8)
      .map((each) => ({ id: each.id, title: `/${each.shortcut}`, detail: each.title || each.text, text: fillIn(each.text, values) }));
  }

  private async search(word: string): Promise<void> {
    const turn = ++this.turn;
    if (word.trim().length < 2) {
      this.articles.value = [];
      return;
    }
    try {
      const { results } = await api.get<{ results: Passage[] }>("/help/search", { q: word });
      if (turn !== this.turn) return;
      const unique = new Map(results.map((passage) => [passage.article, passage]));
      this.articles.value = [...unique.values()].slice(0, 6).map((passage) => ({
        id: passage.article,
        title: passage.title,
        detail: passage.snippet.replace(/<[^>]*>/g, ""),
        text: `[${passage.title}](${location.origin}${passage.url})`,
      }));
    } catch {
      if (turn === this.turn) this.articles.value = [];
    }
  }
}

export function SuggestionList({ suggester, id, choose }: { suggester: Suggester; id: string; choose: (one: Suggestion) => void }) {
  const entries = suggester.list.value;
  const trigger = suggester.trigger.value;
  if (!trigger) return null;
  if (!entries.length) {
    const text = trigger.sign === "/" ? t("suggest.canned.none") : trigger.word.trim().length < 2 ? t("suggest.articles.type") : "";
    return text ? <p class="suggest suggest-empty">{text}</p> : null;
  }
  return (
    <ul class="suggest" role="listbox" id={id} aria-label={trigger.sign === "/" ? t("suggest.canned") : t("suggest.articles")}>
      {entries.map((entry, i) => (
        <li
          key={entry.id}
          id={`${id}-${i}`}
          role="option"
          aria-selected={i === suggester.active.value}
          class="suggest-item"
          onPointerDown={(event) => {
            event.preventDefault();
            choose(entry);
          }}
        >
          <span class="suggest-title">{entry.title}</span>
          <span class="suggest-detail">{entry.detail}</span>
        </li>
      ))}
    </ul>
  );
}
