import type { Identity } from "../bridge";
import { call, ensureToken } from "./kit";

/** Tells the server more about the visitor. */
export async function describe(facts: Omit<Identity, "id" | "proof">): Promise<void> {
  const known = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
  if (Object.keys(known).length) await call("PATCH", "/visitors/me", known, await ensureToken());
}
