// Works in the customer's page beside the launcher, and is fetched when the
// frame is: what a button does not need. It keeps the chat above a keyboard and
// the page still beneath it, shows the preview of a new message, and notices,
// which browsers refuse to frames of other sites.
import { onKeyboard } from "../shared/keyboard";
import { askToNotify, notify, unwatched, watch } from "../shared/notify";
import { ASIDE, type Around, type Wish } from "./bridge";

const COVERED = "(max-width:480px),(max-height:480px)"; // as in loader.ts

/** Begins. origin is the product's, panel holds the frame and has the class o while the chat is open. */
export function attend(origin: string, frame: HTMLIFrameElement, panel: HTMLElement): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("[data-p='1']:not(.o) iframe{visibility:visible;width:280px}");
  (panel.getRootNode() as ShadowRoot).adoptedStyleSheets.push(sheet);

  const place = (style: Partial<CSSStyleDeclaration>) => Object.assign(frame.style, { position: "", top: "", bottom: "", height: "", ...style });
  const peek = (height: number) => {
    panel.dataset["p"] = height ? "1" : "";
    place({ height: height ? height + "px" : "" });
  };

  const { style } = document.documentElement;
  let overflow: string | undefined;
  const cover = () => {
    const covered = panel.className === "o" && matchMedia(COVERED).matches;
    if (covered === (overflow !== undefined)) return;
    document.body.inert = covered; // the keyboard stays in what covers the page
    const before = overflow ?? "";
    overflow = covered ? style.overflow : undefined;
    style.overflow = covered ? "hidden" : before;
  };
  const tell = (notices?: boolean) => {
    const around: Around = { covers: overflow !== undefined, notices };
    frame.contentWindow?.postMessage({ [ASIDE]: around }, origin);
  };
  window.parley!("on", "open", () => (peek(0), cover(), tell()));
  window.parley!("on", "close", () => (place({}), cover()));
  matchMedia(COVERED).addEventListener("change", () => (cover(), tell()));
  cover();
  onKeyboard((room) => panel.className === "o" && place(room ? { position: "fixed", top: room.top + "px", bottom: "auto", height: room.height + "px" } : {}));

  if (globalThis.Notification?.permission === "granted") watch();
  addEventListener("message", async ({ data, source, origin: from }) => {
    const wish = data?.[ASIDE] as Wish | undefined;
    if (!wish || from !== origin || source !== frame.contentWindow) return;
    const { notice } = wish;
    if (wish.peek !== undefined && panel.className !== "o") peek(wish.peek);
    if (wish.open) window.parley!("open");
    if (notice && (await unwatched())) notify(notice.title, notice.body, notice.tag, () => window.parley!("open"));
    const allowed = wish.ask && (await askToNotify());
    if (allowed) watch();
    tell(allowed);
  });
}
