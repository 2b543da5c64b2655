import * as icons from "../../shared/ui/icons";
import { attach } from "./files";
import { config, Icon, IconButton, signal, t, write } from "./kit";

const EMOJI = [..."😀😅😂🙂😉😍🤔😐😕😢😭😡👍👎👌👏🙏💪👋🤝❤🎉✨🔥✅❌❓❗⏰📦💳📷"];
const open = signal(false);

/** Files and native emoji for the message being written. */
export default function Tools() {
  return (
    <>
      <label class="icon-button" title={t("attach")}>
        <Icon d={icons.clip} />
        <input class="sr" type="file" multiple accept={config.value?.files.types.join()} aria-label={t("attach")} onChange={(e) => (attach(e.currentTarget.files), (e.currentTarget.value = ""))} />
      </label>
      <IconButton label={t("emoji")} d={icons.smile} expanded={open.value} onClick={() => (open.value = !open.value)} />
      {open.value && (
        <div class="emoji card" role="group" aria-label={t("emoji")}>
          {EMOJI.map((glyph) => <button key={glyph} type="button" onClick={() => (insert(glyph), (open.value = false))}>{glyph}</button>)}
        </div>
      )}
    </>
  );
}

function insert(text: string): void {
  const area = document.querySelector<HTMLTextAreaElement>(".composer textarea")!;
  area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
  write(area.value);
  area.focus();
}
