// Works in the customer's page beside the launcher, where an inbox has rules by
// which it speaks first. It shows one message, on a page that a rule is for, to a
// visitor who is not in a conversation, and keeps what it must remember in the
// page's own storage.
import { MARK } from "./bridge";
import { SAY } from "./saying";

/** As GET /widget/{key}/proactive gives them. */
interface Rule {
  flow: string;
  /** patterns of paths, or of whole addresses; none means all pages */
  pages: string[];
  seconds: number;
  visits: number;
  every_hours: number;
  message: string;
  reply: string;
}

interface Kept {
  /** of the last page, ms since 1970 */
  at: number;
  visits: number;
  /** flow → when its message was shown last */
  shown: Record<string, number>;
}

const VISIT = 30 * 60_000;
const FRESH = 60_000;
const CLOSE: Record<string, string> = { de: "Schließen", ar: "إغلاق" };

/** Begins. origin is the product's, inbox the key. */
export function speak(origin: string, inbox: string): void {
  const place = MARK + "/proactive/" + inbox;
  const kept = count(read<Kept>(place));
  keep(place, kept);
  let rules: Rule[] = [];
  let fetched = 0;
  let timers: number[] = [];
  let shown: HTMLElement | undefined;

  const talking = () => !!read<{ talking: boolean }>(MARK + inbox)?.talking;
  const hide = () => {
    shown?.remove();
    shown = undefined;
  };
  const load = async () => {
    if (Date.now() - fetched < FRESH) return;
    const answer = await fetch(`${origin}/api/v1/widget/${encodeURIComponent(inbox)}/proactive`, { credentials: "omit" });
    rules = answer.ok ? ((await answer.json()) as { rules: Rule[] }).rules : [];
    fetched = Date.now();
  };
  const due = (rule: Rule) => kept.visits >= rule.visits && Date.now() - (kept.shown[rule.flow] ?? 0) >= rule.every_hours * 3_600_000 && on(rule.pages);
  const show = async (flow: string) => {
    await load(); // the team may have gone home meanwhile, or the queue grown
    const rule = rules.find((r) => r.flow === flow);
    if (!rule || shown || talking() || document.hidden || opened || !due(rule)) return;
    kept.shown[flow] = Date.now();
    keep(place, kept);
    shown = bubble(rule, hide, () => {
      hide();
      window.parley!("open");
      say(origin, rule.reply, talking);
    });
  };
  const watch = () => {
    timers.forEach(clearTimeout);
    hide();
    timers = rules.filter(due).map((rule) => setTimeout(() => void show(rule.flow).catch(() => {}), rule.seconds * 1000));
  };
  let opened = false;
  window.parley!("on", "open", () => {
    opened = true;
    hide();
  });
  (window as { navigation?: EventTarget }).navigation?.addEventListener("navigatesuccess", watch);
  addEventListener("popstate", watch);
  void load().then(watch, () => {}); // without rules nobody is spoken to
}

/** Whether a pattern fits this page: of its path when it begins with a slash, else of its address. */
function on(pages: string[]): boolean {
  return !pages.length || pages.some((page) => {
    const pattern = page.split("*").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join(".*");
    return new RegExp(`^${pattern}$`).test(page.startsWith("/") ? location.pathname : location.href);
  });
}

function count(before: Kept | undefined): Kept {
  const now = Date.now();
  const visits = before?.visits ?? 0;
  return { at: now, visits: before && now - before.at < VISIT ? visits : visits + 1, shown: before?.shown ?? {} };
}

function read<T>(key: string): T | undefined {
  try {
    return (JSON.parse(localStorage.getItem(key) ?? "null") as T | null) ?? undefined;
  } catch {
    return undefined;
  }
}

function keep(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Blocked: the page forgets, and so may speak again on the next one.
  }
}

/** The shadow root of the launcher. */
function launcher(): ShadowRoot | undefined {
  return [...document.documentElement.children].map((e) => e.shadowRoot).find((root) => root?.querySelector("button"))!;
}

/** Says the words in the chat as the visitor's, again and again until a conversation has begun: the frame may only just load. */
function say(origin: string, text: string, talking: () => boolean): void {
  let left = 60;
  const timer = setInterval(() => {
    if (talking() || !left--) return clearInterval(timer);
    launcher()?.querySelector("iframe")?.contentWindow?.postMessage({ [SAY]: text }, origin);
  }, 250);
}

function bubble(rule: Rule, dismiss: () => void, reply: () => void): HTMLElement {
  const button = launcher()?.querySelector("button");
  const dressed = button && getComputedStyle(button);
  const side = button && button.getBoundingClientRect().left < innerWidth / 2 ? "left" : "right";
  const host = document.createElement("div");
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`*{all:unset;box-sizing:border-box}
section{position:fixed;z-index:2147482999;${side}:calc(20px + env(safe-area-inset-${side}));bottom:calc(88px + env(safe-area-inset-bottom));width:min(300px,100vw - 40px);padding:16px;border-radius:16px;background:Canvas;color:CanvasText;color-scheme:light dark;border:1px solid #64748b59;box-shadow:0 4px 16px #0f172a40;font:15px/1.45 system-ui;animation:in .2s}
p{display:block;margin:0 28px 12px 0}
button{cursor:pointer;border-radius:8px;font:600 14px/20px system-ui}
button:focus-visible{outline:3px solid Highlight;outline-offset:2px}
.reply{display:block;width:100%;padding:10px 12px;text-align:center;background:${dressed?.backgroundColor ?? "#1d5bd6"};color:${dressed?.color ?? "#fff"}}
.close{position:absolute;top:4px;right:4px;width:36px;height:36px;text-align:center;line-height:36px;font-size:18px}
@keyframes in{from{opacity:0;transform:translateY(8px)}}
@media(prefers-reduced-motion:reduce){section{animation:none}}`);
  shadow.adoptedStyleSheets = [sheet];
  const make = (name: string, text: string, className = "") => Object.assign(document.createElement(name), { textContent: text, className });
  const box = make("section", "");
  const words = make("p", "");
  const answer = make("button", rule.reply, "reply");
  const close = make("button", "✕", "close");
  words.role = "status";
  close.ariaLabel = CLOSE[document.documentElement.lang.slice(0, 2)] ?? "Close";
  answer.onclick = reply;
  close.onclick = dismiss;
  box.append(words, close, answer);
  box.onkeydown = (e) => e.key === "Escape" && dismiss();
  shadow.append(box);
  document.documentElement.append(host);
  setTimeout(() => (words.textContent = rule.message)); // said by screen readers, as the region was there before
  return host;
}
