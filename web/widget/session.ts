import { call } from "../shared/api";
import { readJSON } from "../shared/storage";
import { boot, locale } from "./boot";
import { host, own, storage } from "./host";
import { fetchLater } from "./view";

export interface Session {
  token: string;
  visitor: string;
  verified?: boolean;
  expires_at: string;
  /** what was said of the visitor when the token was made */
  user?: string;
}

const RENEW_BEFORE = 3 * 86_400_000; // ms

let session: Session | undefined;
let asking: Promise<string> | undefined;

/** The token at hand, if any. */
export function token(): string | undefined {
  return current()?.token;
}

/** The session at hand. */
export function current(): Session | undefined {
  return (session ??= readJSON<Session>(storage, "token"));
}

/** A token that the server should accept, made when there is none. fresh: the last was refused. */
export async function ensureToken(fresh = false): Promise<string> {
  const held = current();
  const left = held ? Date.parse(held.expires_at) - Date.now() : 0;
  if (held && !fresh && left > RENEW_BEFORE) return held.token;
  return (asking ??= make(fresh || left <= 0 ? undefined : held).finally(() => (asking = undefined)));
}

/** Asks for a token; with a held one, for the same visitor or for whom the page now vouches. */
export async function make(held: Session | undefined): Promise<string> {
  const { user, page } = host.value;
  const body = {
    inbox: boot.inbox,
    visitor: { id: user?.id, name: user?.name, email: user?.email, locale, page },
    proof: user?.proof,
  };
  let made: Session;
  try {
    made = await call<Session>("POST", "/visitors", body, held?.token);
  } catch (error) {
    // A token that is no good any more must not keep a visitor out.
    if (held && (error as { code?: string }).code === "unauthenticated") return make(undefined);
    throw error;
  }
  keep({ ...made, user: JSON.stringify(user) });
  if (user?.attributes) void fetchLater().then((piece) => piece.describe({ attributes: user.attributes }));
  return made.token;
}

/** Forgets the visitor. */
export function forget(): void {
  session = undefined;
  storage.set("token", null);
}

/** Holds on to a session, here and where it survives. */
export function keep(next: Session): void {
  session = next;
  const text = JSON.stringify(next);
  storage.set("token", next.verified ? null : text);
  // What the page around keeps, its scripts can read: not a signed-in person's.
  if (next.verified) own.set("token", text);
}
