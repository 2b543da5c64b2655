/** The dialog behind an exit: a new block, or a block that is there already. */
import { useSignal } from "@preact/signals";
import { t } from "../../text";
import { closeDialog, Dialog, openDialog } from "../../ui/dialog";
import { Icon } from "../../ui/icon";
import type { Place } from "./edit";
import { blockOf, exitsAt, kinds, type Kind } from "./flow";
import type { Editor } from "./model";
import { blockName, exitName, icons, nameOf, nowhereText, typeName } from "./names";

/** A list shorter than this needs no search. */
const searchFrom = 8;

/** Asks what comes behind an exit. A new block's form is opened afterwards. */
export function openPicker(editor: Editor, at: Place, open: (id: string) => void): void {
  openDialog(<Picker editor={editor} at={at} open={open} />);
}

function Picker({ editor, at, open }: { editor: Editor; at: Place; open: (id: string) => void }) {
  const flow = editor.flow.value;
  const words = useSignal("");
  const exit = exitsAt(flow, at.block).find((one) => one.key === at.exit);
  if (!exit) return null;
  const block = blockOf(flow, at.block);
  const others = flow.blocks.filter((one) => one.id !== at.block);
  const found = others.filter((one) => `${blockName(one)} ${one.id}`.toLocaleLowerCase().includes(words.value.toLocaleLowerCase()));
  const add = (type: Kind) => {
    closeDialog();
    editor.add(at, type);
    open(editor.chosen.peek());
  };
  const connect = (target: string) => {
    closeDialog();
    editor.connect(at, target);
  };
  const plain = exit.key === "start" || exit.key === "next";
  const title = plain
    ? t("flows.picker.after", { name: nameOf(flow, at.block) })
    : t("flows.picker.exit", { name: exitName(exit, block?.type) });
  return (
    <Dialog title={title} wide>
      <h3 class="flow-list-title">{t("flows.picker.new")}</h3>
      <ul class="flow-types">
        {kinds.map((type, i) => (
          <li key={type}>
            <button type="button" class="flow-type" autoFocus={i === 0} onClick={() => add(type)}>
              <Icon name={icons[type]} />
              <span>
                <strong>{typeName(type)}</strong>
                <small>{t(`flows.type.${type}.hint`)}</small>
              </span>
            </button>
          </li>
        ))}
      </ul>
      {exit.target && <p class="hint">{t("flows.picker.between", { name: nameOf(flow, exit.target) })}</p>}
      <h3 class="flow-list-title">{t("flows.picker.existing")}</h3>
      {others.length >= searchFrom && (
        <input
          class="input"
          type="search"
          aria-label={t("flows.picker.find")}
          placeholder={t("flows.picker.find")}
          value={words.value}
          onInput={(event) => (words.value = event.currentTarget.value)}
        />
      )}
      <div class="choose">
        {found.map((one) => (
          <button key={one.id} type="button" class="choose-item" aria-pressed={exit.target === one.id} onClick={() => connect(one.id)}>
            <Icon name={icons[one.type]} size={16} />
            <bdi class="choose-name">{blockName(one)}</bdi>
            <code class="code">{one.id}</code>
            {exit.target === one.id && <Icon name="check" size={16} />}
          </button>
        ))}
        <button type="button" class="choose-item" aria-pressed={!exit.target} onClick={() => connect("")}>
          <Icon name="close" size={16} />
          <span class="choose-name">{nowhereText(block, { ...exit, target: "" })}</span>
          {!exit.target && <Icon name="check" size={16} />}
        </button>
      </div>
    </Dialog>
  );
}
