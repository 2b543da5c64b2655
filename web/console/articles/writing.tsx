/** The Markdown with its toolbar, and beside it the page that it makes. */
import { useSignal } from "@preact/signals";
import { useId, useRef } from "preact/hooks";
import { keyLabel } from "../commands";
import { t } from "../text";
import { Icon, type IconName } from "../ui/icon";
import { apply, type Format, newLine, type Selected } from "./format";
import { addPictures, picturesIn } from "./pictures";
import { Preview } from "./preview";
import type { Editing } from "./editing";

interface Tool {
  format: Format;
  icon?: IconName;
  /** Stands where an icon would. */
  sign?: string;
  keys?: string;
}

const tools: (Tool | "line")[] = [
  { format: "heading", sign: "H", keys: "mod+shift+h" },
  { format: "bold", sign: "B", keys: "mod+b" },
  { format: "italic", sign: "I", keys: "mod+i" },
  { format: "link", icon: "link", keys: "mod+k" },
  "line",
  { format: "bullets", sign: "•", keys: "mod+shift+8" },
  { format: "numbers", sign: "1.", keys: "mod+shift+7" },
  { format: "quote", icon: "quote", keys: "mod+shift+9" },
  { format: "note", icon: "note" },
  "line",
  { format: "code", icon: "code", keys: "mod+e" },
  { format: "block", sign: "{ }" },
  { format: "table", sign: "⊞" },
];

/** Writes into a field so that the browser's own undo still works. */
function write(field: HTMLTextAreaElement, next: Selected): void {
  const old = field.value;
  let from = 0;
  while (from < old.length && from < next.text.length && old[from] === next.text[from]) from++;
  let tail = 0;
  while (tail < old.length - from && tail < next.text.length - from && old[old.length - 1 - tail] === next.text[next.text.length - 1 - tail]) tail++;
  const by = next.text.slice(from, next.text.length - tail);
  const focused = document.activeElement === field;
  if (focused) field.setSelectionRange(from, old.length - tail);
  const typed = focused && (by ? document.execCommand("insertText", false, by) : document.execCommand("delete"));
  if (!typed || field.value !== next.text) {
    field.value = next.text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  field.setSelectionRange(next.start, next.end);
}

function read({ value, selectionStart, selectionEnd }: HTMLTextAreaElement): Selected {
  return { text: value, start: selectionStart, end: selectionEnd };
}

/** The tool of a keystroke. Letters are compared where they are printed, digits where they lie: Shift makes them signs. */
function toolOf(event: KeyboardEvent): Format | undefined {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return undefined;
  const key = event.code.startsWith("Digit") ? event.code.slice(5) : event.key.toLowerCase();
  const stroke = `mod+${event.shiftKey ? "shift+" : ""}${key}`;
  return tools.find((tool): tool is Tool => tool !== "line" && tool.keys === stroke)?.format;
}

export function Writing({ editing, readOnly }: { editing: Editing; readOnly: boolean }) {
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const side = useSignal<"write" | "preview">("write");
  const over = useSignal(false);
  const { title, summary, markdown, locale, kind, extra } = editing.form.values.value;
  const error = editing.form.errors.value["markdown"];
  const run = (format: Format) => {
    if (!field.current || readOnly) return;
    field.current.focus();
    write(field.current, apply(format, read(field.current), { text: t("articles.tool.text"), link: "https://" }));
  };
  const pictures = (files: File[]) =>
    addPictures(files, {
      read: () => (field.current ? read(field.current) : { text: editing.form.values.peek().markdown, start: 0, end: 0 }),
      write: (next) => {
        if (field.current) write(field.current, next);
        else editing.set("markdown", next.text);
      },
    });
  const key = (event: KeyboardEvent) => {
    const format = toolOf(event);
    if (format) run(format);
    else if (event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.isComposing && field.current) {
      const next = newLine(read(field.current));
      if (!next) return;
      write(field.current, next);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const take = (event: ClipboardEvent | DragEvent, data: DataTransfer | null) => {
    over.value = false;
    const files = picturesIn(data);
    if (!files.length || readOnly) return;
    event.preventDefault();
    void pictures(files);
  };
  return (
    <div class={`writing writing-${side.value}`}>
      <div class="segments only-narrow" role="group" aria-label={t("articles.side")}>
        {(["write", "preview"] as const).map((name) => (
          <button key={name} type="button" class="segment" aria-pressed={side.value === name} onClick={() => (side.value = name)}>
            {t(name === "write" ? "articles.write" : "articles.preview")}
          </button>
        ))}
      </div>
      <div class="field writing-side">
        <label for={id}>{t("articles.markdown")}</label>
        {!readOnly && <Toolbar run={run} pictures={pictures} controls={id} />}
        <textarea
          ref={field}
          class={`input writing-text${over.value ? " writing-over" : ""}`}
          id={id}
          dir="auto"
          spellcheck
          readOnly={readOnly}
          aria-invalid={error ? true : undefined}
          aria-describedby={`${id}-hint`}
          value={markdown}
          onInput={(event) => editing.set("markdown", event.currentTarget.value)}
          onKeyDown={key}
          onPaste={(event) => take(event, event.clipboardData)}
          onDrop={(event) => take(event, event.dataTransfer)}
          onDragOver={(event) => {
            if (![...(event.dataTransfer?.items ?? [])].some(({ kind }) => kind === "file")) return;
            event.preventDefault();
            over.value = true;
          }}
          onDragLeave={() => (over.value = false)}
        />
        {error && <p class="error-text">{error}</p>}
        <p class="hint" id={`${id}-hint`}>
          {t("articles.markdown.hint")}
        </p>
      </div>
      <Preview title={title} summary={summary} markdown={markdown} locale={locale} kind={kind} extra={extra} />
    </div>
  );
}

interface ToolbarProps {
  run: (format: Format) => void;
  pictures: (files: File[]) => unknown;
  controls: string;
}

/** One stop of the Tab key; arrows move within, as the pattern of toolbars says. */
function Toolbar({ run, pictures, controls }: ToolbarProps) {
  const box = useRef<HTMLDivElement>(null);
  const choose = useRef<HTMLInputElement>(null);
  const current = useSignal(0);
  const move = (event: KeyboardEvent) => {
    const all = [...(box.current?.querySelectorAll<HTMLElement>("button") ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const rtl = getComputedStyle(box.current as HTMLElement).direction === "rtl" ? -1 : 1;
    const to = { ArrowRight: at + rtl, ArrowLeft: at - rtl, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    current.value = (to + all.length) % all.length;
    all[current.value]?.focus();
  };
  let index = -1;
  const stop = () => (++index === current.value ? 0 : -1);
  return (
    <div ref={box} class="toolbar" role="toolbar" aria-label={t("articles.toolbar")} aria-controls={controls} onKeyDown={move}>
      {tools.map((tool, i) =>
        tool === "line" ? (
          <span key={i} class="toolbar-line" aria-hidden="true" />
        ) : (
          <button
            key={tool.format}
            type="button"
            class="icon-button tip tip-below"
            tabIndex={stop()}
            aria-label={t(`articles.tool.${tool.format}`)}
            data-tip={tool.keys ? `${t(`articles.tool.${tool.format}`)}  ${keyLabel(tool.keys)}` : t(`articles.tool.${tool.format}`)}
            onClick={() => run(tool.format)}
          >
            {tool.icon ? <Icon name={tool.icon} /> : <span class={`tool-sign tool-${tool.format}`}>{tool.sign}</span>}
          </button>
        ),
      )}
      <button
        type="button"
        class="icon-button tip tip-below"
        tabIndex={stop()}
        aria-label={t("articles.tool.picture")}
        data-tip={t("articles.tool.picture")}
        onClick={() => choose.current?.click()}
      >
        <Icon name="image" />
      </button>
      <input
        ref={choose}
        type="file"
        accept="image/png,image/jpeg,image/gif,image/webp"
        multiple
        hidden
        onChange={(event) => {
          void pictures([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = "";
        }}
      />
    </div>
  );
}
