/**
 * The palette: one field that finds what can be done here, conversations,
 * people, articles and settings. Each action shows its key, so that the palette
 * teaches the keyboard.
 */
import { computed, signal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import type { Summary } from "../../shared/wire";
import { api } from "../api";
import { commands } from "../commands";
import { nameOf } from "../inbox/open";
import { go } from "../router";
import { everyConversation } from "../store/conversations";
import { sections } from "../settings/sections";
import { may } from "../store/session";
import { t } from "../text";
import type { Contact } from "../types";
import { Kbd } from "../ui/button";
import { closeDialog, Dialog, openDialog } from "../ui/dialog";
import { Icon, type IconName } from "../ui/icon";
import { fuzzy } from "./fuzzy";

interface Entry {
  id: string;
  group: "actions" | "conversations" | "people" | "articles" | "settings";
  title: string;
  detail?: string;
  icon: IconName;
  keys?: string;
  /** How well it answers the query. */
  score: number;
  run: () => void;
}

const query = signal("");
const active = signal(0);
const found = signal<Entry[]>([]);

/** Entries of each group at most. */
const most = 6;
/** The score of what the server found in a text that is not shown. */
const remote = 40;

export function openPalette(): void {
  query.value = "";
  found.value = [];
  active.value = 0;
  openDialog(<Palette />);
}

/** The entries that answer the query best; all in their order while nothing is typed. */
function best(all: Entry[], limit: number): Entry[] {
  return all
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, limit);
}

function actions(): Entry[] {
  const icons: Record<string, IconName> = { conversation: "chat", composer: "pencil", go: "arrow", general: "spark" };
  const all = commands.value.filter((command) => command.id !== "palette");
  const made = all.map((command) => {
    const entry: Entry = {
      id: `do.${command.id}`,
      group: "actions",
      title: command.title,
      icon: icons[command.group] ?? "spark",
      score: fuzzy(query.value, command.title),
      run: command.run,
    };
    return command.keys?.[0] ? { ...entry, keys: command.keys[0] } : entry;
  });
  return best(made, query.value ? most : 9);
}

function conversations(): Entry[] {
  const all: Summary[] = [...everyConversation()].map(({ shown }) => shown.peek());
  const words = query.value.trim().toLocaleLowerCase();
  const said = (c: Summary) => (words.length > 1 && c.preview?.toLocaleLowerCase().includes(words) ? 50 : 0);
  const made = all.map((c): Entry => ({
    id: `conv.${c.id}`,
    group: "conversations",
    title: nameOf(c),
    detail: c.preview ?? "",
    icon: "chat",
    score: fuzzy(query.value, nameOf(c)) || said(c),
    run: () => go(`/inbox/all/${c.id}`),
  }));
  return best(made, query.value ? most : 4);
}

function settingsPages(): Entry[] {
  if (!query.value) return [];
  const open = sections.filter((section) => may(section.role));
  const made = open.map((section): Entry => {
    const title = t(`settings.${section.id}`);
    return {
      id: `settings.${section.id}`,
      group: "settings",
      title,
      icon: section.icon,
      score: fuzzy(query.value, title),
      run: () => go(`/settings/${section.id}`),
    };
  });
  return best(made, most);
}

/** The groups in the order of their best entries; actions come first while nothing is typed. */
const entries = computed<Entry[]>(() => {
  const people = found.value.filter(({ group }) => group === "people");
  const articles = found.value.filter(({ group }) => group === "articles");
  const groups = [actions(), conversations(), people, articles, settingsPages()];
  return groups.sort((a, b) => (query.value ? (b[0]?.score ?? 0) - (a[0]?.score ?? 0) : 0)).flat();
});

/** Asks the server for people and articles, 150 ms after the last letter. */
function useRemote(): void {
  const text = query.value.trim();
  useEffect(() => {
    if (text.length < 2) {
      found.value = [];
      return;
    }
    let late = false;
    const timer = setTimeout(async () => {
      const [people, articles] = await Promise.allSettled([
        api.get<{ contacts: Contact[] }>("/contacts", { q: text }),
        api.get<{ results: { article: string; title: string }[] }>("/articles/search", { q: text }),
      ]);
      if (late) return;
      const contacts = people.status === "fulfilled" ? people.value.contacts : [];
      const passages = articles.status === "fulfilled" ? articles.value.results : [];
      const unique = new Map(passages.map((passage) => [passage.article, passage]));
      found.value = [
        ...contacts.slice(0, most).map((c): Entry => ({
          id: `person.${c.id}`,
          group: "people",
          title: c.name || c.email,
          detail: c.name ? c.email : "",
          icon: "person",
          score: fuzzy(text, c.name || c.email) || remote,
          run: () => go(`/search?contact=${c.id}&q=${encodeURIComponent(c.name || c.email)}`),
        })),
        ...[...unique.values()].slice(0, most).map((a): Entry => ({
          id: `article.${a.article}`,
          group: "articles",
          title: a.title,
          icon: "book",
          score: fuzzy(text, a.title) || remote,
          run: () => go(`/settings/articles/${a.article}`),
        })),
      ];
    }, 150);
    return () => {
      late = true;
      clearTimeout(timer);
    };
  }, [text]);
}

function Palette() {
  const id = useId();
  useRemote();
  const list = entries.value;
  const current = Math.min(active.value, list.length - 1);
  const choose = (entry: Entry | undefined) => {
    if (!entry) return;
    closeDialog();
    // After the dialog has given the focus back, the action may take it.
    setTimeout(entry.run);
  };
  const keys = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) active.value = (current + step + list.length) % Math.max(1, list.length);
    else if (event.key === "Enter" && !event.isComposing) choose(list[current]);
    else return;
    event.preventDefault();
  };
  useEffect(() => document.getElementById(`${id}-${current}`)?.scrollIntoView({ block: "nearest" }), [current]);
  return (
    <Dialog title={t("palette.title")} bare>
      <div class="palette">
        <div class="palette-field">
          <Icon name="search" />
          <input
            role="combobox"
            aria-expanded="true"
            aria-controls={id}
            aria-activedescendant={list.length ? `${id}-${current}` : undefined}
            aria-autocomplete="list"
            aria-label={t("palette.title")}
            placeholder={t("palette.placeholder")}
            autoFocus
            value={query.value}
            onInput={(event) => {
              query.value = event.currentTarget.value;
              active.value = 0;
            }}
            onKeyDown={keys}
          />
          <Kbd keys="escape" />
        </div>
        <div class="palette-list" role="listbox" id={id} aria-label={t("palette.results")}>
          {list.map((entry, i) => (
            <div
              key={entry.id}
              role="option"
              id={`${id}-${i}`}
              aria-selected={i === current}
              class={`palette-item${entry.group !== list[i - 1]?.group ? " palette-first" : ""}`}
              data-group={t(`palette.${entry.group}`)}
              onPointerMove={() => (active.value = i)}
              onClick={() => choose(entry)}
            >
              <Icon name={entry.icon} size={16} />
              <span class="palette-text">
                <bdi>{entry.title}</bdi>
                {entry.detail && <span class="palette-detail">{entry.detail}</span>}
              </span>
              {entry.keys && <Kbd keys={entry.keys} />}
            </div>
          ))}
        </div>
        {!list.length && <p class="palette-none">{t("palette.none")}</p>}
      </div>
    </Dialog>
  );
}
