/** The form of the chosen block: what it says or does, where it leads, and what is wrong with it. */
import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../../text";
import { Button, IconButton } from "../../ui/button";
import { Field, ties } from "../../ui/form";
import { Icon } from "../../ui/icon";
import { Levels } from "../levels";
import { neighbour } from "./edit";
import { AttributeField, Onward, Pick, Words } from "./fields";
import { type Ask, type Block, type Choose, expectations, exitsOf, type Handoff, outcomes, priorities } from "./flow";
import { blockId, type Lacks, lacks } from "./lacks";
import { BranchForm, ChooseForm } from "./listforms";
import type { Editor } from "./model";
import { icons, typeName } from "./names";
import { ProblemLine } from "./problems";
import { ToolForm } from "./toolform";

export interface BlockFormProps<T extends Block> {
  editor: Editor;
  block: T;
  /** What is missing in a field, as text. */
  lack: (field: string) => string | undefined;
  set: (part: Partial<T>) => void;
}

export function BlockForm({ editor, block }: { editor: Editor; block: Block }) {
  const title = useRef<HTMLHeadingElement>(null);
  const id = useId();
  const found: Lacks = lacks(block);
  const problems = editor.problems.value.filter((problem) => problem.block === block.id);
  const exits = exitsOf(block).filter((exit) => exit.key === "next" || exit.key === "else");
  const flow = editor.flow.value;
  return (
    <section class="flow-form" aria-labelledby={id}>
      <header class="flow-form-head">
        <Icon name={icons[block.type]} />
        <h2 id={id} ref={title} tabIndex={-1}>
          {typeName(block.type)}
        </h2>
        <IconButton
          icon="up"
          label={t("flows.move.up")}
          disabled={neighbour(flow, block.id, "up") === undefined}
          onClick={() => editor.move(block.id, "up")}
        />
        <IconButton
          icon="down"
          label={t("flows.move.down")}
          disabled={neighbour(flow, block.id, "down") === undefined}
          onClick={() => editor.move(block.id, "down")}
        />
        <IconButton icon="trash" label={t("flows.block.remove")} tip="start" onClick={() => editor.remove(block.id)} />
      </header>
      <p class="hint">{t(`flows.type.${block.type}.hint`)}</p>
      {problems.length > 0 && (
        <ul class="flow-block-problems">
          {problems.map((problem) => (
            <li key={problem.code + problem.message}>
              <ProblemLine problem={problem} />
            </li>
          ))}
        </ul>
      )}
      <Own
        editor={editor}
        block={block}
        lack={(field) => (found[field] ? t(found[field]) : undefined)}
        set={(part) => editor.update(block.id, part)}
      />
      {exits.length > 0 && <Onward editor={editor} block={block.id} exits={exits} />}
      <IdField key={block.id} editor={editor} block={block} />
    </section>
  );
}

/** The fields of the block's own kind. */
function Own({ editor, block, lack, set }: BlockFormProps<Block>) {
  const words = (field: string, label: string, value: string, rows: number, hint?: string) => (
    <Words
      editor={editor}
      label={label}
      value={value}
      rows={rows}
      hint={hint}
      error={lack(field)}
      onInput={(next) => set({ [field]: next } as Partial<Block>)}
    />
  );
  const attribute = (value: string) => (
    <AttributeField
      editor={editor}
      label={t("flows.attribute")}
      hint={t("flows.attribute.hint")}
      value={value}
      error={lack("attribute")}
      onInput={(next) => set({ attribute: next } as Partial<Block>)}
    />
  );
  switch (block.type) {
    case "say":
      return words("text", t("flows.say.text"), block.text, 5, t("flows.text.hint"));
    case "ask":
      return <AskForm editor={editor} block={block} lack={lack} set={set} />;
    case "choose":
      return <ChooseForm editor={editor} block={block} lack={lack} set={set} />;
    case "branch":
      return <BranchForm editor={editor} block={block} lack={lack} set={set} />;
    case "set":
      return (
        <>
          {attribute(block.attribute)}
          {words("value", t("flows.set.value"), block.value, 1, t("flows.text.hint"))}
        </>
      );
    case "tool":
      return <ToolForm editor={editor} block={block} lack={lack} set={set} />;
    case "search":
      return words("query", t("flows.search.query"), block.query, 1, t("flows.search.query.hint"));
    case "handoff":
      return <HandoffForm editor={editor} block={block} lack={lack} set={set} />;
    case "ticket":
      return (
        <>
          {words("subject", t("flows.ticket.subject"), block.subject, 1, t("flows.text.hint"))}
          <Pick
            label={t("flows.ticket.priority")}
            value={block.priority || "normal"}
            options={priorities.map((value) => ({ value, label: t(`flows.priority.${value}`) }))}
            onChange={(priority) => set({ priority } as Partial<Block>)}
          />
        </>
      );
    case "rate":
      return (
        <>
          {words("text", t("flows.ask.text"), block.text, 2, t("flows.text.hint"))}
          {attribute(block.attribute)}
        </>
      );
    case "end":
      return (
        <Pick
          label={t("flows.end.outcome")}
          hint={t("flows.end.outcome.hint")}
          value={block.outcome}
          options={outcomes.map((value) => ({ value, label: t(`flows.outcome.${value || "none"}`) }))}
          onChange={(outcome) => set({ outcome } as Partial<Block>)}
        />
      );
  }
}

function AskForm({ editor, block, lack, set }: BlockFormProps<Ask>) {
  const own = typeof block.expect === "object";
  return (
    <>
      <Words
        editor={editor}
        label={t("flows.ask.text")}
        hint={t("flows.text.hint")}
        rows={3}
        value={block.text}
        error={lack("text")}
        onInput={(text) => set({ text })}
      />
      <AttributeField
        editor={editor}
        label={t("flows.ask.attribute")}
        hint={t("flows.attribute.hint")}
        value={block.attribute}
        error={lack("attribute")}
        onInput={(attribute) => set({ attribute })}
      />
      <Pick
        label={t("flows.ask.expect")}
        value={own ? "pattern" : String(block.expect)}
        options={[...expectations, "pattern" as const].map((value) => ({ value, label: t(`flows.expect.${value as "text"}`) }))}
        onChange={(value) => set({ expect: value === "pattern" ? { pattern: "" } : (value as "text") })}
      />
      {typeof block.expect === "object" && (
        <PlainField
          label={t("flows.ask.pattern")}
          hint={t("flows.ask.pattern.hint")}
          value={block.expect.pattern}
          error={lack("pattern")}
          onInput={(pattern) => set({ expect: { pattern } })}
        />
      )}
      <Retry editor={editor} block={block} set={set} />
    </>
  );
}

/** What happens to an answer that is none. */
export function Retry<T extends Ask | Choose>({ editor, block, set }: Omit<BlockFormProps<T>, "lack">) {
  return (
    <>
      <Words
        editor={editor}
        label={t("flows.ask.invalid")}
        hint={t("flows.ask.invalid.hint")}
        rows={2}
        value={block.invalid ?? ""}
        onInput={(invalid) => set({ invalid } as Partial<T>)}
      />
      <Pick
        label={t("flows.ask.attempts")}
        value={String(block.attempts || 2)}
        options={[1, 2, 3, 4, 5].map((n) => ({ value: String(n), label: t("flows.ask.attempts.n", { n }) }))}
        onChange={(n) => set({ attempts: Number(n) } as Partial<T>)}
      />
    </>
  );
}

function HandoffForm({ editor, block, set }: BlockFormProps<Handoff>) {
  return (
    <>
      <Words
        editor={editor}
        label={t("flows.handoff.text")}
        hint={t("flows.handoff.text.hint")}
        rows={2}
        value={block.text}
        onInput={(text) => set({ text })}
      />
      <Words
        editor={editor}
        label={t("flows.handoff.reason")}
        hint={t("flows.handoff.reason.hint")}
        value={block.reason}
        onInput={(reason) => set({ reason })}
      />
      <Levels label={t("intents.skills")} hint={t("intents.skills.hint")} levels={block.skills} onChange={(skills) => set({ skills })} />
    </>
  );
}

interface PlainProps {
  label: string;
  hint?: string;
  error?: string | undefined;
  value: string;
  onInput: (value: string) => void;
}

function PlainField({ label, hint, error, value, onInput }: PlainProps) {
  const id = useId();
  return (
    <Field id={id} label={label} hint={hint} error={error}>
      <input
        {...ties(id, hint, error)}
        class="input code-input"
        type="text"
        spellcheck={false}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </Field>
  );
}

/** The block's name in YAML and in the trace. It changes when the field is left, not while it is typed. */
function IdField({ editor, block }: { editor: Editor; block: Block }) {
  const id = useId();
  const text = useSignal(block.id);
  const error = useSignal("");
  useEffect(() => {
    text.value = block.id;
  }, [block.id]);
  const keep = () => {
    const wanted = text.peek().trim();
    if (wanted === block.id) error.value = "";
    else if (!blockId.test(wanted)) error.value = t("flows.id.bad");
    else error.value = editor.rename(block.id, wanted) ? "" : t("flows.id.taken");
  };
  return (
    <details class="more">
      <summary>{t("flows.id.more")}</summary>
      <Field id={id} label={t("flows.id")} hint={t("flows.id.hint")} error={error.value}>
        <div class="field-row">
          <input
            {...ties(id, t("flows.id.hint"), error.value)}
            class="input code-input"
            type="text"
            spellcheck={false}
            value={text.value}
            onInput={(event) => (text.value = event.currentTarget.value)}
            onKeyDown={(event) => event.key === "Enter" && keep()}
          />
          <Button onClick={keep}>{t("flows.id.change")}</Button>
        </div>
      </Field>
    </details>
  );
}
