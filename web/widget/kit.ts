// What the later piece uses of the core. It is built by itself, so that the core
// is one file that compresses well, and finds the core's parts here.
import { call } from "../shared/api";
import { readJSON } from "../shared/storage";
import { Avatar } from "../shared/ui/avatar";
import { Icon } from "../shared/ui/icon";
import { locale, t } from "./boot";
import { act, config, conn, conv, outbox, reset, say, setFields, show, store, thread, where } from "./chat";
import { host, storage } from "./host";
import { ask } from "./screens/home";
import { IconButton } from "./screens/button";
import { ready, write } from "./screens/composer";
import { current, ensureToken, keep, make, token } from "./session";
import { changed, signal } from "./signals";
import { article, go, screen } from "./view";

export const kit = {
  Avatar, Icon, IconButton, act, article, ask, call, changed, config, conn, conv, current, ensureToken, go, host, keep, locale, make, outbox,
  readJSON, ready, reset, say, screen, setFields, show, signal, storage, store, t, thread, token, where, write,
};

export type Kit = typeof kit;

declare global {
  interface Window {
    parleyKit?: Kit;
  }
}
