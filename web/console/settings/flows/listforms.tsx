/** Forms of the blocks that have a list of ways out: options to choose, and cases. */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { t } from "../../text";
import { Button, IconButton } from "../../ui/button";
import { Field, ties } from "../../ui/form";
import { type BlockFormProps, Retry } from "./blockform";
import { optionId } from "./edit";
import { AttributeField, ExitField, Pick, Words } from "./fields";
import { alone, type Branch, type Case, type Choose, comparisons, exitsOf, type Option } from "./flow";

/** As many as the server takes. */
const mostOptions = 12;
const mostCases = 30;

interface RowProps {
  name: string;
  at: number;
  size: number;
  /** The least that must stay. */
  least: number;
  move: (to: number) => void;
  remove: () => void;
  children: ComponentChildren;
}

/** One entry of a list, with its tools. */
function Row({ name, at, size, least, move, remove, children }: RowProps) {
  return (
    <fieldset class="flow-row">
      <legend class="sr">{name}</legend>
      <div class="flow-row-fields">{children}</div>
      <div class="flow-row-tools">
        <IconButton icon="up" label={t("flows.row.up", { name })} tip="start" disabled={at === 0} onClick={() => move(at - 1)} />
        <IconButton icon="down" label={t("flows.row.down", { name })} tip="start" disabled={at === size - 1} onClick={() => move(at + 1)} />
        <IconButton icon="trash" label={t("remove.named", { name })} tip="start" disabled={size <= least} onClick={remove} />
      </div>
    </fieldset>
  );
}

function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const one = list[from] as T;
  return list.toSpliced(from, 1).toSpliced(to, 0, one);
}

export function ChooseForm({ editor, block, lack, set }: BlockFormProps<Choose>) {
  const put = (i: number, part: Partial<Option>) =>
    set({ options: block.options.map((option, j) => (i === j ? { ...option, ...part } : option)) });
  const add = () => set({ options: [...block.options, { id: optionId("option", block.options), label: "", next: block.options.at(-1)?.next ?? "" }] });
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
      <h3 class="flow-list-title">{t("flows.options")}</h3>
      {block.options.map((option, i) => {
        const name = option.label || t("flows.option.n", { n: i + 1 });
        const exit = exitsOf(block)[i];
        return (
          <Row
            key={option.id}
            name={name}
            at={i}
            size={block.options.length}
            least={1}
            move={(to) => set({ options: moved(block.options, i, to) })}
            remove={() => set({ options: block.options.toSpliced(i, 1) })}
          >
            <OptionLabel n={i + 1} value={option.label} error={lack(`options.${i}`)} onInput={(label) => put(i, { label })} />
            {exit && <ExitField editor={editor} block={block.id} exit={exit} label={t("flows.then")} />}
          </Row>
        );
      })}
      {block.options.length < mostOptions && (
        <Button small icon="plus" onClick={add}>
          {t("flows.option.add")}
        </Button>
      )}
      <Retry editor={editor} block={block} set={set} />
    </>
  );
}

function OptionLabel({ n, value, error, onInput }: { n: number; value: string; error?: string | undefined; onInput: (value: string) => void }) {
  const id = useId();
  return (
    <Field id={id} label={t("flows.option.n", { n })} error={error}>
      <input
        {...ties(id, "", error)}
        class="input"
        type="text"
        dir="auto"
        maxLength={80}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </Field>
  );
}

export function BranchForm({ editor, block, lack, set }: BlockFormProps<Branch>) {
  const put = (i: number, part: Partial<Case["if"]>) =>
    set({ cases: block.cases.map((one, j) => (i === j ? { ...one, if: { ...one.if, ...part } } : one)) });
  const add = () => set({ cases: [...block.cases, { if: { attribute: "", is: "equals", value: "" }, next: "" }] });
  return (
    <>
      {block.cases.map(({ if: condition }, i) => {
        const exit = exitsOf(block)[i];
        return (
          <Row
            key={i}
            name={t("flows.case.n", { n: i + 1 })}
            at={i}
            size={block.cases.length}
            least={1}
            move={(to) => set({ cases: moved(block.cases, i, to) })}
            remove={() => set({ cases: block.cases.toSpliced(i, 1) })}
          >
            <AttributeField
              editor={editor}
              label={t("flows.case.attribute")}
              value={condition.attribute}
              error={lack(`cases.${i}.attribute`)}
              onInput={(attribute) => put(i, { attribute })}
            />
            <Pick
              label={t("flows.case.is")}
              value={condition.is}
              options={comparisons.map((value) => ({ value, label: t(`flows.is.${value}`) }))}
              onChange={(is) => put(i, { is: is as (typeof comparisons)[number] })}
            />
            {!alone.includes(condition.is) && (
              <Words
                editor={editor}
                label={t("flows.case.value")}
                value={condition.value ?? ""}
                error={lack(`cases.${i}.value`)}
                onInput={(value) => put(i, { value })}
              />
            )}
            {exit && <ExitField editor={editor} block={block.id} exit={exit} label={t("flows.then")} />}
          </Row>
        );
      })}
      {block.cases.length < mostCases && (
        <Button small icon="plus" onClick={add}>
          {t("flows.case.add")}
        </Button>
      )}
    </>
  );
}
