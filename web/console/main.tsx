/**
 * The agents' console: a single page under /console. What happens, in order:
 * texts and theme, who is signed in, the staff's names, the socket; everything
 * else is drawn from the signals in store/.
 */
import "../styles/tokens.css";
import "../styles/motion.css";
import "../styles/base.css";
import "../shared/ui/thread.css";
import "./styles/controls.css";
import "./styles/layout.css";
import "./styles/inbox.css";
import "./styles/thread.css";
import "./styles/pages.css";
import "./styles/settings.css";
import "./styles/articles.css";
import "./styles/flows.css";
import { effect } from "@preact/signals";
import { render } from "preact";
import { onSignedOut, reason } from "./api";
import { App, prefetch } from "./app";
import * as keys from "./keys";
import * as router from "./router";
import * as attention from "./store/attention";
import { startCounting } from "./store/lists";
import * as live from "./store/live";
import * as offers from "./store/offers";
import { begin, ended, me } from "./store/session";
import * as settings from "./store/settings";
import { loadStaff } from "./store/staff";
import * as time from "./time";
import { toast } from "./ui/toast";

async function main(): Promise<void> {
  await settings.start();
  onSignedOut(ended);
  router.start();
  keys.start();
  time.start();
  const root = document.getElementById("app");
  if (!root) throw new Error("the page has no element #app");
  render(<App />, root);
  document.addEventListener("pointerover", (event) => {
    const link = (event.target as Element).closest?.("a");
    if (link?.pathname.startsWith(router.base)) prefetch(link.pathname.slice(router.base.length));
  });

  let staffOf = "";
  effect(() => {
    const id = me.value?.id ?? "";
    if (id === staffOf) return;
    staffOf = id;
    if (id) loadStaff().catch((error: unknown) => toast(reason(error), { bad: true }));
  });
  live.start();
  startCounting();
  attention.start();
  offers.start();
  const { path } = router.place.peek();
  if (path !== "/signin" && path !== "/setup") await begin();
}

void main();
