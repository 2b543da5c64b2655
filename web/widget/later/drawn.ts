import { onKeyboard } from "../../shared/keyboard";
import { framed, host } from "./kit";
import { fitPeek } from "./peek";
import { covers } from "./wish";

/** What is to be measured after each drawing. */
export function drawn(): void {
  grow();
  if (!framed) return;
  fitPeek();
  const { open } = host.value;
  Object.assign(document.querySelector(".app")!, {
    role: open ? "dialog" : null, ariaLabel: open ? document.title : null, ariaModal: open && covers.value ? "true" : null,
  });
}

// Fits the composer to its text, where field-sizing does not.
function grow(): void {
  const area = document.querySelector<HTMLElement>(".composer textarea");
  if (!area || CSS.supports("field-sizing", "content")) return;
  area.style.height = "auto";
  area.style.height = area.scrollHeight + "px";
}

// In a page of its own the chat makes room for the keyboard itself.
if (!framed) {
  onKeyboard((room) => {
    document.querySelector<HTMLElement>(".app")!.style.height = room ? room.height + "px" : "";
    if (room) scrollTo(0, 0);
  });
}
