import type { ErrorCode } from "./wire";

/** What the REST API answered instead of the thing asked for. */
export class APIError extends Error {
  constructor(
    /** "network" when there was no answer at all */
    readonly code: ErrorCode | "network",
    message: string,
    readonly fields: Record<string, string> = {},
    /** seconds, 0 when the server did not say */
    readonly retryAfter = 0,
  ) {
    super(message);
  }
}

/** Calls /api/v1. body is sent as JSON; token as a bearer token, else the session cookie goes along. */
export async function call<T>(method: string, path: string, body?: unknown, token?: string, signal?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (token) headers["Authorization"] = "Bearer " + token;
  let answer: Response;
  try {
    answer = await fetch("/api/v1" + path, {
      method, headers, signal: signal ?? null, body: body === undefined ? null : JSON.stringify(body), credentials: token ? "omit" : "same-origin",
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new APIError("network", "");
  }
  if (answer.status === 204) return undefined as T;
  const data = (await answer.json().catch(() => null)) as { error?: { code: ErrorCode; message: string; fields?: Record<string, string> } } | null;
  if (answer.ok) return data as T;
  const error = data?.error;
  throw new APIError(error?.code ?? "internal", error?.message ?? answer.statusText, error?.fields, Number(answer.headers.get("Retry-After")) || 0);
}
