/**
 * The console's router: one signal with the current place, the History API,
 * and links intercepted in one listener. Paths are relative to /console.
 */
import { signal } from "@preact/signals";

export const base = "/console";

export interface Place {
  /** Begins with a slash, without the base. */
  path: string;
  query: URLSearchParams;
}

function read(): Place {
  return { path: location.pathname.slice(base.length) || "/", query: new URLSearchParams(location.search) };
}

/** Where the console is. */
export const place = signal<Place>(read());

export function href(path: string): string {
  return base + path;
}

/** Asked before a page is left: true when it takes care of that itself and calls leave, or never does. */
type Guard = (leave: () => void) => boolean;

let guard: Guard | null = null;

/** Keeps people on a page until the guard lets them go; call the result when there is nothing to guard any more. */
export function guardLeaving(ask: Guard): () => void {
  guard = ask;
  return () => {
    if (guard === ask) guard = null;
  };
}

function leaving(leave: () => void): boolean {
  const ask = guard;
  if (!ask) return false;
  return ask(() => {
    guard = null;
    leave();
  });
}

/** Goes to a path. A step that the back button should skip replaces the current one. */
export function go(path: string, how: "push" | "replace" = "push"): void {
  if (href(path) === location.pathname + location.search) return;
  if (leaving(() => go(path, how))) return;
  if (how === "push") history.pushState(null, "", href(path));
  else history.replaceState(null, "", href(path));
  place.value = read();
}

/** The parameters of a pattern such as "/inbox/:view", or null when the path is another. */
export function match(pattern: string, path: string): Record<string, string> | null {
  const want = pattern.split("/");
  const have = path.split("/");
  if (want.length !== have.length) return null;
  const found: Record<string, string> = {};
  for (const [i, part] of want.entries()) {
    const value = have[i] ?? "";
    if (part.startsWith(":") && value) found[part.slice(1)] = decodeURIComponent(value);
    else if (part !== value) return null;
  }
  return found;
}

/** Starts listening; called once by main. */
export function start(): void {
  addEventListener("popstate", () => {
    const { pathname, search } = location;
    const here = place.peek();
    const query = here.query.toString();
    const back = () => history.pushState(null, "", href(here.path) + (query && `?${query}`));
    // The browser has moved already: it is moved back while the guard asks.
    const asked = leaving(() => go(pathname.slice(base.length) + search));
    if (asked) back();
    else place.value = read();
  });
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element).closest?.("a");
    if (!link || link.target || link.origin !== location.origin || link.hasAttribute("download")) return;
    if (link.pathname !== base && !link.pathname.startsWith(`${base}/`)) return;
    if (link.hash && link.pathname === location.pathname) return;
    event.preventDefault();
    go(link.pathname.slice(base.length) + link.search);
  });
}
