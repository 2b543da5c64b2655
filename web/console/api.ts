/**
 * The REST API as the console uses it: the session cookie goes along, an ended
 * session leads to the sign-in page, and every refusal becomes a sentence.
 */
import { APIError, call } from "../shared/api";
import { t } from "./text";

export { APIError };

export type Query = Record<string, string | number | undefined>;

let signedOut: () => void = () => {};

/** Says what to do when the session has ended. */
export function onSignedOut(run: () => void): void {
  signedOut = run;
}

function withQuery(path: string, query: Query): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const text = new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, String(value)])).toString();
  return path + (text && `?${text}`);
}

async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  try {
    return await call<T>(method, path, body);
  } catch (error) {
    // The sign-in page's own refusals are about the password, not the session.
    if (error instanceof APIError && error.code === "unauthenticated" && !path.startsWith("/agents/login")) signedOut();
    throw error;
  }
}

/** Posts, and hands on each line of the answer, a JSON object, as it comes. */
async function lines<T>(path: string, body: unknown, each: (line: T) => void, signal: AbortSignal): Promise<void> {
  let answer: Response;
  try {
    answer = await fetch("/api/v1" + path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      credentials: "same-origin",
      signal,
    });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new APIError("network", "");
  }
  if (!answer.ok || !answer.body) {
    const data = (await answer.json().catch(() => null)) as { error?: { code: APIError["code"]; message: string } } | null;
    if (data?.error?.code === "unauthenticated") signedOut();
    throw new APIError(data?.error?.code ?? "internal", data?.error?.message ?? answer.statusText);
  }
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) if (part) each(JSON.parse(part) as T);
  }
}

export const api = {
  lines,
  get: <T>(path: string, query: Query = {}) => ask<T>("GET", withQuery(path, query)),
  post: <T>(path: string, body: unknown = {}) => ask<T>("POST", path, body),
  put: <T>(path: string, body: unknown) => ask<T>("PUT", path, body),
  patch: <T>(path: string, body: unknown) => ask<T>("PATCH", path, body),
  delete: <T>(path: string) => ask<T>("DELETE", path),
};

/** A server's message as a sentence: it writes them without capital and full stop, to be put together. */
export function sentence(message: string): string {
  if (!message) return "";
  return message.charAt(0).toLocaleUpperCase() + message.slice(1) + (/[.!?]$/.test(message) ? "" : ".");
}

/** The sentence to show for whatever was thrown. */
export function reason(error: unknown): string {
  if (error instanceof APIError && error.code === "network") return t("error.network");
  return sentence(error instanceof Error ? error.message : String(error)) || t("error.unknown");
}
