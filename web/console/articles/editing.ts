/** What happens while an article is written: its fields, saving, keeping what is typed, and what to do when somebody was faster. */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { api, APIError } from "../api";
import { go } from "../router";
import { me } from "../store/session";
import { fieldErrors, makeForm } from "../ui/form";
import { toast } from "../ui/toast";
import { complaint } from "./complaint";
import { type Article, latest, nothing, type Version, versionOf } from "./types";

export interface Fields extends Version {
  slug: string;
  locale: string;
  position: number;
  owner: string;
  review_after: string;
}

interface Autosave {
  body: Fields;
  revision: number;
  updated_at: string;
}

/** ms after the last letter until what was typed is kept on the server. */
const keepAfter = 1500;

export function fieldsOf(article: Article | undefined, start: Partial<Fields> = {}): Fields {
  return {
    ...(article ? versionOf(article) : nothing),
    slug: article?.slug ?? "",
    locale: article?.locale ?? "en",
    position: article?.position ?? 0,
    owner: article?.work.owner ?? me.peek()?.id ?? "",
    review_after: article?.work.review_after ?? "",
    ...start,
  };
}

const versionNames = ["title", "summary", "markdown", "aliases", "kind", "extra", "audience", "segments", "collection"] as const;
/** What is not part of a version: of a live article it changes at once. */
const placeNames = ["slug", "locale", "position"] as const;
const workNames = ["owner", "review_after"] as const;

function pick<K extends keyof Fields>(fields: Fields, names: readonly K[]): Pick<Fields, K> {
  return Object.fromEntries(names.map((name) => [name, fields[name]])) as Pick<Fields, K>;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export class Editing {
  readonly article = signal<Article | undefined>(undefined);
  readonly form;
  /** The state of what is typed: kept on the server, on its way there, or not. */
  readonly kept = signal<"" | "saving" | "kept" | "failed">("");
  /** What was typed earlier and not saved. */
  readonly earlier = signal<Autosave | null>(null);
  /** The article as somebody else has saved it meanwhile. */
  readonly theirs = signal<Article | null>(null);
  readonly unsaved: ReadonlySignal<boolean>;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private saved: Fields;

  /** A new article begins with some fields; made runs when it is stored. */
  constructor(
    article: Article | undefined,
    start: Partial<Fields> = {},
    private readonly made: () => void = () => {},
  ) {
    this.article.value = article;
    this.saved = fieldsOf(article);
    this.form = makeForm(fieldsOf(article, start), complaint);
    if (Object.keys(start).length) this.form.dirty.value = true;
    this.unsaved = computed(() => this.form.dirty.value && !same(this.form.values.value, this.saved));
  }

  private get typedPath(): string {
    const id = this.article.peek()?.id ?? "";
    return `/articles/autosave${id && `?article=${id}`}`;
  }

  set<K extends keyof Fields>(name: K, value: Fields[K]): void {
    this.form.set(name, value);
    this.touched();
  }

  /** Something was typed: it is kept a moment after the last letter. */
  touched(): void {
    clearTimeout(this.timer);
    this.kept.value = "";
    this.timer = setTimeout(() => void this.keep(), keepAfter);
  }

  async keep(): Promise<void> {
    clearTimeout(this.timer);
    if (!this.unsaved.peek()) return;
    const body = this.form.values.peek();
    const article = this.article.peek();
    this.kept.value = "saving";
    try {
      await api.put(this.typedPath, { body, revision: article ? latest(article) : 0 });
      if (body === this.form.values.peek()) this.kept.value = "kept";
    } catch {
      this.kept.value = "failed"; // the words stay on the page, and the next letter tries again
    }
  }

  /** Looks for what was typed before. */
  async recall(): Promise<void> {
    try {
      const found = await api.get<Autosave | undefined>(this.typedPath);
      if (found && !same({ ...this.saved, ...found.body }, this.saved)) this.earlier.value = found;
    } catch {
      // What is stored is there to work on; the next visit asks again.
    }
  }

  /** Goes on with what was typed before. */
  resume(): void {
    const earlier = this.earlier.peek();
    if (!earlier) return;
    this.form.values.value = { ...this.form.values.peek(), ...earlier.body };
    this.form.dirty.value = true;
    this.earlier.value = null;
  }

  async forget(): Promise<void> {
    clearTimeout(this.timer);
    this.earlier.value = null;
    this.kept.value = "";
    try {
      await api.delete(this.typedPath);
    } catch {
      // It is forgotten after a month in any case.
    }
  }

  /** The article is now as the server says; what was typed into other fields stays. */
  adopt(article: Article): void {
    this.article.value = article;
    this.saved = fieldsOf(article);
    this.form.values.value = this.saved;
    this.form.errors.value = {};
    this.form.dirty.value = false;
  }

  /** Saves everything that has changed. The answer is the article, or null when it was refused. */
  async save(base?: number): Promise<Article | null> {
    clearTimeout(this.timer);
    let stored: Article | null = null;
    const done = await this.form.submit(async (fields) => {
      const before = this.article.peek();
      stored = before ? await this.change(before, fields, base) : await this.create(fields);
    });
    if (!done) {
      this.theirs.value = await this.overtaken();
      return null;
    }
    await this.forget();
    if (stored) this.adopt(stored);
    return stored;
  }

  private async create(fields: Fields): Promise<Article> {
    const made = await api.post<Article>("/articles", { ...pick(fields, versionNames), ...pick(fields, placeNames) });
    this.made();
    const arranged = await this.arrange(made, fields);
    // What was typed belonged to a new article, not to this one.
    await this.forget();
    this.form.dirty.value = false;
    this.article.value = arranged;
    go(`/settings/articles/${made.id}`, "replace");
    return arranged;
  }

  private async change(before: Article, fields: Fields, base: number | undefined): Promise<Article> {
    const old = fieldsOf(before);
    const version = pick(fields, versionNames);
    const versionChanged = !same(version, pick(old, versionNames));
    const placeChanged = !same(pick(fields, placeNames), pick(old, placeNames));
    let article = before;
    if (before.status === "published") {
      if (versionChanged || base) {
        article = await api.put<Article>(`/articles/${before.id}/staged`, { ...version, revision: latest(before), base: base ?? 0 });
      }
      if (placeChanged) article = await api.patch<Article>(`/articles/${before.id}`, pick(fields, placeNames));
    } else if (versionChanged || placeChanged) {
      const body = { ...(versionChanged && version), ...(placeChanged && pick(fields, placeNames)), revision: before.revision };
      article = await api.patch<Article>(`/articles/${before.id}`, body);
    }
    return this.arrange(article, fields);
  }

  private async arrange(article: Article, fields: Fields): Promise<Article> {
    const wanted = pick(fields, workNames);
    if (same(wanted, pick(fieldsOf(article), workNames))) return article;
    return api.patch<Article>(`/articles/${article.id}/work`, wanted);
  }

  /** After a refusal: the article as it is now, when somebody else has changed it. */
  private async overtaken(): Promise<Article | null> {
    const before = this.article.peek();
    if (!before) return null;
    try {
      const now = await api.get<Article>(`/articles/${before.id}`);
      return latest(now) !== latest(before) || now.revision !== before.revision ? now : null;
    } catch {
      return null; // the form says what went wrong
    }
  }

  /** Keeps the own text on top of theirs, which stays among the versions. */
  async keepMine(): Promise<void> {
    const theirs = this.theirs.peek();
    if (!theirs) return;
    this.article.value = theirs;
    this.theirs.value = null;
    await this.save();
  }

  /** Drops the own text. */
  async takeTheirs(): Promise<void> {
    const theirs = this.theirs.peek();
    if (!theirs) return;
    this.theirs.value = null;
    this.form.failure.value = "";
    this.adopt(theirs);
    await this.forget();
  }

  /** Takes a step of the workflow with the text that is on the page. */
  async take(action: string, more: Record<string, unknown> = {}): Promise<boolean> {
    if (this.unsaved.peek() && !(await this.save())) return false;
    const article = this.article.peek();
    if (!article) return false;
    try {
      this.adopt(await api.post<Article>(`/articles/${article.id}/workflow`, { action, revision: latest(article), ...more }));
      return true;
    } catch (error) {
      toast(complaint(error), { bad: true });
      if (error instanceof APIError) this.form.errors.value = fieldErrors(error);
      if (error instanceof APIError && error.code === "conflict") this.theirs.value = await this.overtaken();
      return false;
    }
  }

  end(): void {
    clearTimeout(this.timer);
    void this.keep();
  }
}
