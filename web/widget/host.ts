import { local, type KeyValue } from "../shared/storage";
import { boot } from "./boot";
import { MARK, type FrameState, type HostState } from "./bridge";
import { signal } from "./signals";

const parameters = new URLSearchParams(location.search);
/** The origin of the page around. */
export const hostOrigin = parameters.get("host");

/** Whether this is a panel in a customer's page, or a page of its own. */
export const framed = parent !== window && !!hostOrigin;

const said: FrameState = { unread: 0, talking: false };

function post(extra?: Partial<FrameState>): void {
  if (framed) parent.postMessage({ [MARK]: { ...said, ...extra } }, hostOrigin!);
}

let changed: ((before: HostState) => void) | undefined;

/** Calls back when the page around the frame says something new. */
export function onHost(listener: (before: HostState) => void): void {
  changed = listener;
}

// Nothing here starts before the page has said what it keeps for this visitor.
function meet(): Promise<HostState> {
  return new Promise((resolve) => {
    addEventListener("message", (e) => {
      const now = (e.data as Record<string, HostState> | null)?.[MARK];
      if (!now || e.source !== parent || e.origin !== hostOrigin) return;
      if (!changed) return resolve(now);
      const before = host.value;
      host.value = now;
      changed(before);
    });
    parent.postMessage({ [MARK]: {} }, hostOrigin!);
  });
}

/** What the page around the frame says; a page of its own is always open. */
export const host = signal<HostState>(framed ? await meet() : { open: true, page: { url: document.referrer || location.href, title: "" }, out: 0 });
said.kept = host.value.kept;

/** Tells the page around the frame what holds now. */
export function tellHost(state: Partial<FrameState>): void {
  const before = JSON.stringify(said);
  Object.assign(said, state);
  if (JSON.stringify(said) !== before) post();
}

/** Asks the page around the frame to hide it. */
export function closePanel(): void {
  post({ close: true });
}

/** The frame's own storage, as far as the browser lets it. */
export const own = local(`parley:${boot.inbox}:`);

/**
 * The visitor's storage. The frame's own is used where it works. Browsers block
 * or forget storage of frames of other sites, so the token is also kept by the
 * page around, and everything is when there is nothing else.
 */
export const storage: KeyValue = {
  durable: own.durable || framed,
  get: (key) => own.get(key) ?? keptValues()[key] ?? null,
  set(key, value) {
    own.set(key, value);
    if (!framed || (own.durable && key !== "token")) return;
    const values = keptValues();
    if (value === null) delete values[key];
    else values[key] = value;
    tellHost({ kept: JSON.stringify(values) });
  },
};

function keptValues(): Record<string, string> {
  try {
    return JSON.parse(said.kept ?? "{}") as Record<string, string>;
  } catch {
    return {};
  }
}
