// What the later piece uses of the core. It is built by itself, so that the core
// is one file that compresses well, and finds the core's parts here.
import { call } from "../shared/api";
import { readJSON } from "../shared/storage";
import { Avatar } from "../shared/ui/avatar";
import { Icon } from "../shared/ui/icon";
import { locale, t } from "./boot";
import { act, config, conn, conv, outbox, PAGE, reset, say, seen, setFields, show, store, thread, where } from "./chat";
import { framed, host, hostOrigin, storage } from "./host";
import { ask } from "./screens/home";
import { IconButton } from "./screens/button";
import { author } from "./screens/thread";
import { ready, write } from "./screens/composer";
import { current, ensureToken, keep, make, token } from "./session";
import { changed, signal } from "./signals";
import { article, go, screen } from "./view";

export const kit = {
  Avatar, Icon, IconButton, PAGE, act, article, ask, author, call, changed, config, conn, conv, current, ensureToken, framed, go, host, hostOrigin, keep,
  locale, make, outbox, readJSON, ready, reset, say, screen, seen, setFields, show, signal, storage, store, t, thread, token, where, write,
};

export type Kit = typeof kit;

declare global {
  interface Window {
    parleyKit?: Kit;
  }
}
