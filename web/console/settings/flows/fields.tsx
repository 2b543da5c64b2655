/** Fields of the blocks' forms: texts that offer attributes, names of attributes, and where an exit leads. */
import { useSignal } from "@preact/signals";
import { useId, useRef } from "preact/hooks";
import { t } from "../../text";
import { Field, type Option, ties } from "../../ui/form";
import type { Editor } from "./model";
import { attributesOf, blockOf, type Exit } from "./flow";
import { insert, matching, type Typed, typedAt } from "./insert";
import { blockName, exitName, nowhereText } from "./names";

interface TextProps {
  editor: Editor;
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  value: string;
  /** 1 is a line, more is an area */
  rows?: number;
  placeholder?: string;
  onInput: (value: string) => void;
}

/** A text with attributes in braces; they are offered after an opening brace. */
export function Words({ editor, label, hint, error, value, rows = 1, placeholder, onInput }: TextProps) {
  const id = useId();
  const box = useRef<HTMLTextAreaElement & HTMLInputElement>(null);
  const typed = useSignal<Typed | null>(null);
  const active = useSignal(0);
  const found = typed.value ? matching(attributesOf(editor.flow.value), typed.value.word) : [];
  const look = () => {
    const { value: text, selectionStart } = box.current ?? {};
    typed.value = text === undefined ? null : typedAt(text, selectionStart ?? text.length);
    active.value = 0;
  };
  const choose = (name: string) => {
    if (!typed.value || !box.current) return;
    const made = insert(box.current.value, typed.value, name);
    typed.value = null;
    onInput(made.text);
    requestAnimationFrame(() => {
      box.current?.focus();
      box.current?.setSelectionRange(made.caret, made.caret);
    });
  };
  const keys = (event: KeyboardEvent) => {
    const name = found[active.value];
    if (!name) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      active.value = (active.value + (event.key === "ArrowDown" ? 1 : found.length - 1)) % found.length;
    } else if (event.key === "Enter" || event.key === "Tab") choose(name);
    else if (event.key === "Escape") typed.value = null;
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const shared = {
    ...ties(id, hint, error),
    class: "input",
    dir: "auto" as const,
    value,
    placeholder,
    "aria-autocomplete": "list" as const,
    "aria-controls": found.length ? `${id}-list` : undefined,
    "aria-activedescendant": found.length ? `${id}-${active.value}` : undefined,
    onInput: (event: { currentTarget: { value: string } }) => {
      onInput(event.currentTarget.value);
      look();
    },
    onClick: look,
    onKeyDown: keys,
    onBlur: () => (typed.value = null),
  };
  return (
    <Field id={id} label={label} hint={hint} error={error}>
      <div class="flow-words">
        {rows > 1 ? <textarea ref={box} rows={rows} {...shared} /> : <input ref={box} type="text" {...shared} />}
        {found.length > 0 && (
          <ul class="suggest flow-suggest" role="listbox" id={`${id}-list`} aria-label={t("flows.attributes")}>
            {found.map((name, i) => (
              <li
                key={name}
                id={`${id}-${i}`}
                role="option"
                aria-selected={i === active.value}
                class="suggest-item"
                onPointerDown={(event) => {
                  event.preventDefault();
                  choose(name);
                }}
              >
                <code>{name}</code>
              </li>
            ))}
          </ul>
        )}
      </div>
    </Field>
  );
}

/** The name of an attribute; those of the flow are offered. */
export function AttributeField({ editor, label, hint, error, value, onInput }: TextProps) {
  const id = useId();
  return (
    <Field id={id} label={label} hint={hint} error={error}>
      <input
        {...ties(id, hint, error)}
        class="input"
        type="text"
        value={value}
        list={`${id}-names`}
        autoComplete="off"
        spellcheck={false}
        onInput={(event) => onInput(event.currentTarget.value.trim())}
      />
      <datalist id={`${id}-names`}>
        {attributesOf(editor.flow.value).map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </Field>
  );
}

interface PickProps {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  value: string;
  options: readonly Option[];
  onChange: (value: string) => void;
}

export function Pick({ label, hint, error, value, options, onChange }: PickProps) {
  const id = useId();
  return (
    <Field id={id} label={label} hint={hint} error={error}>
      <select {...ties(id, hint, error)} class="input" value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </Field>
  );
}

/** Where an exit leads: a list of the flow's blocks by name. */
export function ExitField({ editor, block, exit, label }: { editor: Editor; block: string; exit: Exit; label?: string }) {
  const flow = editor.flow.value;
  const gone = exit.target && !blockOf(flow, exit.target);
  const options = [
    { value: "", label: nowhereText(blockOf(flow, block), exit) },
    ...flow.blocks.map((one) => ({ value: one.id, label: blockName(one) })),
    ...(gone ? [{ value: exit.target, label: t("flows.exit.gone", { id: exit.target }) }] : []),
  ];
  return (
    <Pick
      label={label ?? exitName(exit, blockOf(flow, block)?.type)}
      value={exit.target}
      options={options}
      onChange={(target) => editor.connect({ block, exit: exit.key }, target)}
    />
  );
}

/** Ways out that are drawn with the block's own fields: next and else. */
export function Onward({ editor, block, exits }: { editor: Editor; block: string; exits: Exit[] }) {
  return (
    <div class="flow-exits">
      {exits.map((exit) => (
        <ExitField key={exit.key} editor={editor} block={block} exit={exit} />
      ))}
    </div>
  );
}
