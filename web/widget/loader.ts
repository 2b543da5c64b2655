// The launcher on the customer's page: a button, and a frame that is made only
// when somebody reaches for it or a conversation is open. No innerHTML and no
// style element: pages with a strict policy or Trusted Types refuse both.
import { MARK, type FrameState, type HostState, type Identity, type Theme } from "./bridge";

/** From the server, the script element's data attributes, and parley("update"). */
interface Options {
  /** key, when the script's address has none */
  inbox?: string;
  accent?: string;
  /** text on accent */
  on?: string;
  side?: string;
  /** px of the panel's corners */
  radius?: number | string;
  /** text on the button */
  text?: string;
  /** name of a button without a text */
  label?: string;
  lang?: string;
  theme?: Theme;
  hidden?: boolean;
  /** z-index */
  z?: number;
  /** where the button leads when the chat cannot be reached; without it there is no button then */
  contact?: string;
}

interface Parley {
  (command: string, value?: unknown, listener?: unknown): void;
  /** calls made before this script came */
  q?: Iterable<unknown>[];
  v?: number;
}

declare global {
  interface Window {
    parley?: Parley;
  }
}

function start(script: HTMLScriptElement, before: Parley | undefined): void {
  const { origin, searchParams } = new URL(script.src);
  const root = document.documentElement;
  const make = <K extends keyof HTMLElementTagNameMap>(name: K) => document.createElement(name);
  const options: Options = { ...Object("__PARLEY_LOOK__"), ...script.dataset };
  const inbox = searchParams.get("inbox") || options.inbox!;
  const listeners: [string, (data?: unknown) => void][] = [];
  let state: Partial<FrameState> = {};
  try {
    state = JSON.parse(localStorage[MARK + inbox]);
  } catch {
    // Nothing yet, or blocked: the visitor is new.
  }
  let user: Identity | undefined;
  let frame: HTMLIFrameElement | undefined;
  let ready = false;
  let failed = false;
  let open = false;
  let out = 0;

  const host = make("div");
  const panel = make("div");
  const button = make("button");
  const sheet = new CSSStyleSheet();
  const shadow = host.attachShadow({ mode: "open" });
  shadow.adoptedStyleSheets = [sheet];
  shadow.append(panel);
  panel.append(button);

  const emit = (name: string, data?: unknown) => listeners.forEach(([wanted, listener]) => wanted === name && listener(data));

  const save = () => {
    try {
      localStorage[MARK + inbox] = JSON.stringify(state);
    } catch {
      // Blocked: the conversation lasts as long as the page.
    }
  };

  const draw = () => {
    const n = state.unread;
    button.textContent = options.text!;
    host.ariaLabel = button.ariaLabel = (options.text || options.label || "Chat") + (n ? ` (${n})` : "");
    button.role = failed ? "link" : null;
    button.ariaHasPopup = failed ? null : "dialog";
    button.ariaExpanded = `${open}`;
    button.dataset["n"] = `${n || ""}`;
    panel.className = open ? "o" : "";
    panel.hidden = !open && !!(failed ? !options.contact : options.hidden);
    sheet.replaceSync(css(options));
    if (!ready) return;
    const title = document.title.replace(/^\(\d+\) /, "");
    document.title = (n ? `(${n}) ` : "") + title;
    const now: HostState = { open, page: { url: location.href, title }, theme: options.theme, user, kept: state.kept, out };
    frame!.contentWindow!.postMessage({ [MARK]: now }, origin);
  };

  const mount = () => {
    if (frame) return;
    frame = make("iframe");
    frame.title = host.ariaLabel!;
    frame.allow = "clipboard-write;autoplay";
    frame.src = `${origin}/widget/frame?` + new URLSearchParams({ inbox, lang: options.lang || root.lang, host: location.origin });
    panel.append(frame);
    // What the button does not need: a preview, notices, room for the keyboard.
    import(`${origin}/widget/aside.js`).then((aside) => aside.attend(origin, frame, panel), () => {});
    const check = () => {
      failed = !ready;
      toggle(open && ready);
      draw();
    };
    setTimeout(check, 10_000); // never came
    frame.onload = () => setTimeout(check, 2000); // came, and is not the chat
  };

  const toggle = (show: boolean) => {
    if (failed && show) {
      if (options.contact) location.assign(options.contact);
    } else if (show !== open) {
      mount();
      open = show;
      draw();
      (open ? frame! : button).focus();
      emit(open ? "open" : "close");
    }
  };

  const commands: Record<string, (value: never, listener: never) => unknown> = {
    open: () => toggle(true),
    close: () => toggle(false),
    toggle: () => toggle(!open),
    hide: () => toggle(!(options.hidden = true)),
    show: () => (options.hidden = false),
    on: (name: string, listener: () => void) => listeners.push([name, listener]),
    update: (changes: Options) => Object.assign(options, changes),
    identify: (who: Identity) => (user = { ...user, ...who }),
    logout: () => {
      user = undefined;
      state = {};
      out++;
      save();
    },
  };
  const parley: Parley = (command, value, listener) => {
    commands[command]?.(value as never, listener as never);
    draw();
  };
  parley.v = 1;
  window.parley = parley;

  addEventListener("message", ({ data, source, origin: from }) => {
    if (from !== origin || source !== frame?.contentWindow || !data[MARK]) return; // the frame speaks to aside.ts, too
    const said = data[MARK] as FrameState;
    const news = !ready || said.unread !== state.unread;
    failed = !(ready = true);
    Object.assign(state, said); // the frame's first word says nothing yet
    save();
    if (said.close) toggle(false);
    if (news) {
      draw();
      emit("unread", state.unread);
    }
  });
  (window as { navigation?: EventTarget }).navigation?.addEventListener("navigatesuccess", draw);
  addEventListener("popstate", draw);
  button.onclick = () => toggle(!open);
  button.onpointerenter = button.onfocus = mount;
  host.role = "region";
  draw();
  // Beside the body, where frameworks that replace it leave the chat alone.
  root.append(host);
  if (state.talking) setTimeout(mount, 1000);
  before?.q?.forEach((args) => parley(...(args as [string])));
}

// The shapes are cut out of the text colour: no image that a policy could refuse.
function css(o: Options): string {
  const side = o.side || "right";
  const fill = o.accent || "#1d5bd6";
  const radius = +(o.radius ?? 16);
  return `*{all:unset;box-sizing:border-box}
div{position:fixed;z-index:${o.z || 2147483000};${side}:calc(20px + env(safe-area-inset-${side}));bottom:calc(20px + env(safe-area-inset-bottom))}
button{display:flex;align-items:center;gap:8px;height:56px;padding:0 16px;border-radius:${radius * 2}px;font:600 15px/20px system-ui;background:${fill};color:${o.on || "#fff"};box-shadow:0 4px 16px #0f172a40;cursor:pointer;forced-color-adjust:none}
button:hover{filter:brightness(1.1)}
button:focus-visible{outline:3px solid ${fill};outline-offset:3px}
button:before{content:"";width:24px;height:24px;background:currentColor;clip-path:path("M3 3h18v14H11l-5 4v-4H3z")}
.o button:before{clip-path:path("M12 17 3 8l2-2 7 7 7-7 2 2z")}
button:after{content:attr(data-n);position:absolute;top:-4px;right:-4px;min-width:20px;padding:0 5px;border-radius:10px;background:#b3261e;color:#fff;font:600 12px/20px system-ui;text-align:center}
[data-n=""]:after,[hidden]{display:none}
iframe{position:absolute;${side}:0;bottom:68px;width:392px;height:min(680px,100dvh - 108px);border-radius:${radius}px;background:Canvas;color-scheme:light dark;box-shadow:0 4px 16px #0f172a40;visibility:hidden}
.o iframe{visibility:visible}
@media(max-width:480px),(max-height:480px){.o iframe{position:fixed;inset:0;width:100%;height:100%;border-radius:0}.o button{display:none}}`;
}

// A second snippet on the page, or the same one run again, changes nothing.
if (!window.parley?.v) start(document.currentScript as HTMLScriptElement, window.parley);
