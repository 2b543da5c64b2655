import type { Kit } from "../kit";

/** The core's parts, put here by the core before it fetches this piece. */
export const {
  Avatar, Icon, IconButton, act, article, ask, call, changed, config, conn, conv, current, ensureToken, go, host, keep, locale, make, outbox,
  readJSON, ready, reset, say, screen, setFields, show, signal, storage, store, t, thread, token, where, write,
} = window.parleyKit as Kit;
