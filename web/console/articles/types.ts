/** Articles as the REST API gives them to authors. */

export const statuses = ["in_progress", "awaiting_review", "approved", "published", "archived"] as const;

export type Status = (typeof statuses)[number];

export const audiences = ["public", "signed_in", "segment", "agents"] as const;

export type Audience = (typeof audiences)[number];

export const kinds = ["article", "faq", "tutorial", "troubleshooting", "video", "download"] as const;

export type Kind = (typeof kinds)[number];

/** A file to download, as the server knows it. */
export interface ArticleFile {
  url: string;
  name?: string;
  note?: string;
  /** bytes */
  size?: number;
}

/** A film. Members that are not edited here stay as they are. */
export interface Video {
  url: string;
  /** Addresses of WebVTT files by language. */
  captions?: Record<string, string>;
  [more: string]: unknown;
}

/** What a kind needs beside the text. */
export interface Extra {
  minutes?: number;
  video?: Video | undefined;
  files?: ArticleFile[];
}

/** What authors know of an article beside its text. People are ids of accounts, "" is nobody. */
export interface Work {
  owner: string;
  reviewer: string;
  asked_by: string;
  written_by: string;
  publish_at?: string;
  /** day, "" for never */
  review_after: string;
}

/** What a revision keeps, and what a new version replaces when it is published. */
export interface Version {
  title: string;
  summary: string;
  markdown: string;
  aliases: string[];
  kind: Kind;
  extra: Extra;
  audience: Audience;
  segments: string[];
  collection: string;
}

/** The new version of a published article. */
export interface Staged extends Version {
  status: Exclude<Status, "published" | "archived">;
  author: string;
  revision: number;
  /** the live revision that it was written from */
  base: number;
  updated_at: string;
}

export interface Article {
  id: string;
  slug: string;
  locale: string;
  collection?: string;
  title: string;
  summary: string;
  markdown?: string;
  aliases: string[];
  status: Status;
  audience: Audience;
  segments: string[];
  kind: Kind;
  extra: Extra;
  position: number;
  author: string;
  revision: number;
  source?: string;
  updated_at: string;
  published_at?: string;
  work: Work;
  staged?: Staged;
}

export interface Revision extends Version {
  number: number;
  author: string;
  at: string;
}

export interface Remark {
  id: string;
  kind: string;
  text: string;
  author: string;
  at: string;
}

export interface Template {
  id: string;
  name: string;
  markdown: string;
  position: number;
}

export interface Rules {
  review_required: boolean;
  review_days: number;
}

export interface BrokenLink {
  article?: string;
  title?: string;
  staged?: boolean;
  link: string;
  text: string;
  line: number;
  reason: string;
  outside?: boolean;
  unsure?: boolean;
}

/** The status of the version that is being written. */
export function written(article: Article): Status {
  return article.staged?.status ?? article.status;
}

/** The number of the text that an author sees. */
export function latest(article: Article): number {
  return article.staged?.revision ?? article.revision;
}

/** The version that readers see, or will see when it is published. */
export function liveVersion(from: Omit<Version, "markdown" | "collection"> & Partial<Version>): Version {
  const { title, summary, markdown = "", aliases, kind, extra, audience, segments, collection = "" } = from;
  return { title, summary, markdown, aliases, kind, extra, audience, segments, collection };
}

/** The version that an author goes on with. */
export function versionOf(article: Article): Version {
  return liveVersion(article.staged ?? article);
}

/** What an article is before anybody has written anything. */
export const nothing: Version = { title: "", summary: "", markdown: "", aliases: [], kind: "article", extra: {}, audience: "public", segments: [], collection: "" };
