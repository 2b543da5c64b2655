/**
 * The flow as a graph. For the keyboard it is one stop: arrows follow the lines,
 * Tab goes to the exits of the chosen block. For screen readers it is a list of
 * blocks from top to bottom, each with its exits.
 */
import { useEffect, useMemo, useRef } from "preact/hooks";
import { t } from "../../text";
import { Icon } from "../../ui/icon";
import { blockOf, exitsAt, type Flow, gist } from "./flow";
import { type BlockSpot, type ExitSpot, layout, type Layout, size, slim } from "./layout";
import type { Editor } from "./model";
import { exitName, icons, nameOf, nowhereText, typeName } from "./names";
import { openPicker } from "./picker";
import { passed, type Passed } from "./trace";

interface GraphProps {
  editor: Editor;
  readonly: boolean;
  /** A block was chosen by a click or by Enter: its form is wanted. */
  open: (id: string) => void;
}

export function Graph({ editor, readonly, open }: GraphProps) {
  const flow = editor.flow.value;
  const phone = matchMedia("(max-width: 719px)").matches;
  const drawn = useMemo(() => layout(flow, phone ? slim : size), [flow, phone]);
  const way = useMemo(() => passed(editor.trace.value), [editor.trace.value]);
  const list = useRef<HTMLOListElement>(null);
  const chosen = editor.chosen.value;

  useEffect(() => {
    list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [chosen, drawn]);

  const focus = (id: string | undefined) => {
    if (id === undefined) return;
    editor.chosen.value = id;
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>("[aria-current]")?.focus());
  };
  const keys = (event: KeyboardEvent) => {
    const { id } = (event.target as HTMLElement).dataset;
    if (id === undefined || event.ctrlKey || event.metaKey) return;
    if (event.altKey) {
      if (readonly || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
      editor.move(id, event.key === "ArrowUp" ? "up" : "down");
      focus(id);
    } else if (!act(id, event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  const act = (id: string, key: string): boolean => {
    const to = target(editor, drawn, id, key);
    if (to !== undefined) focus(to);
    else if (key === "Enter") open(id);
    else if (readonly) return false;
    else if (key === "Delete" || key === "Backspace") {
      if (id) editor.remove(id);
      focus(editor.chosen.peek());
    } else if (key === "Insert" || key === "+" || key === "a") {
      const exits = exitsAt(flow, id);
      const exit = exits.find(({ key: name }) => name === "next" || name === "start") ?? exits[0];
      if (exit) openPicker(editor, { block: id, exit: exit.key }, open);
    } else return false;
    return true;
  };
  return (
    <div class="flow-scroll">
      <div class="flow-graph" dir="ltr" style={{ inlineSize: `${drawn.width}px`, blockSize: `${drawn.height}px` }}>
        <svg class="flow-lines" width={drawn.width} height={drawn.height} aria-hidden="true">
          {drawn.lines.map((line) => {
            const to = line.to || (exitsAt(flow, line.from).find((exit) => exit.key === line.exit)?.target ?? "");
            return <path key={`${line.from} ${line.exit} ${line.to}`} d={line.path} class={to && way.took(line.from, to) ? "flow-took" : undefined} />;
          })}
        </svg>
        <ol ref={list} aria-label={t("flows.outline")} onKeyDown={keys}>
          {drawn.blocks.map((spot) => (
            <li key={spot.id}>
              <BlockCard editor={editor} spot={spot} way={way} chosen={chosen === spot.id} open={open} />
              {drawn.exits
                .filter((exit) => exit.from === spot.id)
                .map((exit) => (
                  <ExitChip key={exit.exit.key} editor={editor} spot={exit} way={way} reachable={chosen === spot.id} readonly={readonly} open={open} />
                ))}
            </li>
          ))}
        </ol>
      </div>
    </div>
  );
}

/** Where an arrow leads from a block. */
function target(editor: Editor, drawn: Layout, from: string, key: string): string | undefined {
  if (key === "ArrowDown") return editor.beside(from, "down");
  if (key === "ArrowUp") return editor.beside(from, "up");
  if (key === "Home") return drawn.blocks[0]?.id;
  if (key === "End") return drawn.blocks.at(-1)?.id;
  if (key !== "ArrowLeft" && key !== "ArrowRight") return undefined;
  const here = drawn.blocks.find((spot) => spot.id === from);
  const row = drawn.blocks.filter((spot) => spot.y === here?.y);
  return row[row.findIndex((spot) => spot.id === from) + (key === "ArrowRight" ? 1 : -1)]?.id;
}

const at = ({ x, y, width, height }: BlockSpot | ExitSpot) => ({
  left: `${x}px`,
  insetBlockStart: `${y}px`,
  inlineSize: `${width}px`,
  blockSize: `${height}px`,
});

interface CardProps {
  editor: Editor;
  spot: BlockSpot;
  way: Passed;
  chosen: boolean;
  open: (id: string) => void;
}

function BlockCard({ editor, spot, way, chosen, open }: CardProps) {
  const flow = editor.flow.value;
  const block = blockOf(flow, spot.id);
  const problems = editor.problems.value.filter((problem) => problem.block === spot.id);
  const level = problems.some((problem) => problem.level === "error") ? "error" : problems.length ? "warning" : undefined;
  const step = way.steps.get(spot.id);
  return (
    <button
      type="button"
      class={`flow-block flow-kind-${block?.type ?? "trigger"}${spot.reachable ? "" : " flow-lost"}${step ? " flow-passed" : ""}`}
      data-id={spot.id}
      style={at(spot)}
      tabIndex={chosen ? 0 : -1}
      aria-current={chosen ? "true" : undefined}
      onClick={() => open(spot.id)}
    >
      <span class="flow-block-kind">
        <Icon name={block ? icons[block.type] : "spark"} size={14} />
        {block ? typeName(block.type) : t("flows.trigger")}
        {level && (
          <span class={`flow-mark flow-problem-${level}`}>
            <Icon name="alert" size={14} />
            <span class="sr">{t(`flows.level.${level}`)}</span>
          </span>
        )}
        {step && (
          <span class="flow-step">
            <span class="sr">{t("flows.step")} </span>
            {step}
          </span>
        )}
      </span>
      <bdi class="flow-block-text">{block ? gistOrHint(flow, spot.id) : triggerGist(flow)}</bdi>
    </button>
  );
}

function gistOrHint(flow: Flow, id: string): string {
  const block = blockOf(flow, id);
  if (!block) return "";
  if (block.type === "end") return t(`flows.outcome.${block.outcome || "none"}`);
  return gist(block) || (block.type === "handoff" ? t("flows.handoff.gist") : t("flows.block.empty"));
}

function triggerGist(flow: Flow): string {
  const { intents, phrases, proactive } = flow.trigger;
  const names = [...intents.map((name) => name.replaceAll("_", " ")), ...phrases];
  return names.join(", ") || proactive?.message || t("flows.trigger.empty");
}

interface ChipProps {
  editor: Editor;
  spot: ExitSpot;
  way: Passed;
  /** Only the exits of the chosen block are stops of the Tab key. */
  reachable: boolean;
  readonly: boolean;
  open: (id: string) => void;
}

function ExitChip({ editor, spot, way, reachable, readonly, open }: ChipProps) {
  const flow = editor.flow.value;
  const { from, exit, plain, back } = spot;
  const block = blockOf(flow, from);
  const name = exitName(exit, block?.type);
  const leads = exit.target ? t("flows.leads", { name: nameOf(flow, exit.target) }) : nowhereText(block, exit);
  const label = plain ? t("flows.add.after", { name: nameOf(flow, from) }) : `${name}: ${leads}`;
  const took = !!exit.target && way.took(from, exit.target);
  return (
    <button
      type="button"
      class={`flow-exit${plain ? " flow-exit-plain" : ""}${exit.target ? "" : " flow-exit-open"}${took ? " flow-exit-took" : ""}`}
      style={at(spot)}
      tabIndex={reachable ? 0 : -1}
      disabled={readonly}
      aria-label={label}
      title={label}
      onClick={() => openPicker(editor, { block: from, exit: exit.key }, open)}
    >
      {!plain && <bdi>{name}</bdi>}
      <Icon name={back ? "undo" : "plus"} size={14} />
    </button>
  );
}

