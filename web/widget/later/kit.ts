import type { Kit } from "../kit";

/** The core's parts, put here by the core before it fetches this piece. */
export const {
  Avatar, Icon, IconButton, PAGE, act, article, ask, author, call, changed, config, conn, conv, current, ensureToken, framed, go, host, hostOrigin, keep,
  locale, make, outbox, readJSON, ready, reset, say, screen, seen, setFields, show, signal, storage, store, t, thread, token, where, write,
} = window.parleyKit as Kit;
