/** The page as readers will see it, made by the server 300 ms after the last letter, in a frame that runs nothing. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { api } from "../api";
import { t } from "../text";
import { Icon } from "../ui/icon";
import { lacking } from "./complaint";
import type { BrokenLink, Extra, Kind } from "./types";

const wait = 300; // ms

interface PreviewProps {
  title: string;
  summary: string;
  markdown: string;
  locale: string;
  kind: Kind;
  extra: Extra;
}

interface Answer {
  page: string;
  problems: BrokenLink[];
  /** What the kind still needs before it can be published. */
  lacks?: { field: string; message: string };
}

export function Preview({ title, summary, markdown, locale, kind, extra }: PreviewProps) {
  const frame = useRef<HTMLIFrameElement>(null);
  const problems = useSignal<BrokenLink[]>([]);
  const lacks = useSignal("");
  const first = useRef(true);
  useEffect(() => {
    let late = false;
    const load = async () => {
      try {
        const answer = await api.post<Answer>("/articles/preview", { title, summary, markdown, locale, kind, extra, page: true });
        if (late) return;
        problems.value = answer.problems;
        lacks.value = answer.lacks ? lacking(answer.lacks.field, answer.lacks.message) : "";
        if (frame.current) show(frame.current, answer.page);
      } catch {
        // The preview stays as it was; saving says what is wrong.
      }
    };
    const timer = setTimeout(() => void load(), first.current ? 0 : wait);
    first.current = false;
    return () => {
      late = true;
      clearTimeout(timer);
    };
  }, [title, summary, markdown, locale, kind, extra]);
  return (
    <div class="field preview-side">
      <span class="writing-label">{t("articles.preview")}</span>
      <iframe ref={frame} class="article-preview" sandbox="allow-same-origin" title={t("articles.preview")} />
      <Problems list={problems.value} lacks={lacks.value} />
    </div>
  );
}

/** Draws a page into the frame. Its own scripts do not run: the frame forbids them. */
function show(frame: HTMLIFrameElement, page: string): void {
  const made = new DOMParser().parseFromString(page, "text/html");
  // What surrounds the article is not what is being written.
  for (const part of made.querySelectorAll("script, body > header, body > footer, body > .skip, link[rel=canonical]")) part.remove();
  const { theme } = document.documentElement.dataset;
  if (theme) made.documentElement.dataset["theme"] = theme;
  const now = frame.contentDocument;
  const drawn = now?.body?.querySelector("main");
  const fresh = made.body.querySelector("main");
  if (now && drawn && fresh && now.documentElement.lang === made.documentElement.lang) {
    drawn.replaceWith(now.importNode(fresh, true));
    return;
  }
  frame.onload = () => frame.contentDocument?.addEventListener("click", follow);
  frame.srcdoc = `<!doctype html>${made.documentElement.outerHTML}`;
}

/** A link within the article scrolls; others stay where they are, as this is no place to read on. */
function follow(event: Event): void {
  const link = (event.target as Element).closest?.("a");
  if (!link) return;
  event.preventDefault();
  const hash = link.getAttribute("href") ?? "";
  if (hash.startsWith("#")) link.ownerDocument.getElementById(decodeURIComponent(hash.slice(1)))?.scrollIntoView();
}

function Problems({ list, lacks }: { list: readonly BrokenLink[]; lacks: string }) {
  return (
    <div role="status" class="link-problems">
      {lacks && (
        <p class="lacks">
          <Icon name="alert" size={16} />
          {lacks}
        </p>
      )}
      {list.length > 0 && (
        <details>
          <summary>
            <Icon name="alert" size={16} />
            {t("articles.links.here", { n: list.length })}
          </summary>
          <ul>
            {list.map(({ link, line, reason }, i) => (
              <li key={i}>
                <code class="code">{link}</code> {line > 0 && t("articles.line", { line })} {reason}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
