import "../styles/tokens.css";
import "../shared/ui/bubble.css";
import "./widget.css";
import { render } from "preact";
import { Avatar } from "../shared/ui/avatar";
import { boot, t } from "./boot";
import { begin, config, conv, mark, markSeen, pending, reset, seen, unread, where } from "./chat";
import { closePanel, framed, host, onHost, tellHost } from "./host";
import { IconButton } from "./screens/button";
import { Home } from "./screens/home";
import { keepPlace, Thread } from "./screens/thread";
import { kit } from "./kit";
import { changed, drawWith } from "./signals";
import { back, fetchLater, go, later, screen, takeMoved } from "./view";
import * as icons from "../shared/ui/icons";

function App() {
  const at = screen.value;
  const Connection = later("Connection");
  const Other = later("Other");
  const Peek = later("Peek");
  return (
    <div class={`app at-${at}${host.value.open ? " open" : ""}`} onKeyDown={(e) => e.key === "Escape" && closePanel()}>
      <Header />
      <Connection />
      {at === "home" ? <Home /> : at === "thread" ? <Thread /> : <Other />}
      <Peek />
    </div>
  );
}

function Header() {
  const home = screen.value === "home";
  const Menu = later("Menu");
  return (
    <header>
      {home ? <b class="name"><bdi>{boot.name}</bdi></b> : (
        <IconButton label={t("back")} d={icons.back} flip onClick={back} />
      )}
      {screen.value === "thread" && <With />}
      {(home || screen.value === "thread") && <Menu />}
      {framed && <IconButton label={t("close")} d={icons.close} onClick={closePanel} />}
    </header>
  );
}

/** Who is at the other end. */
function With() {
  const { state, agent } = where();
  const bot = config.value?.inbox.bot_name || boot.name;
  const name = agent ? agent.name || t("team") : state === "bot" ? bot : boot.name;
  const line = state === "resolved" ? "ended" : agent ? "withYou" : state === "queued" ? "waiting" : state === "bot" ? "botHere" : config.value?.open ? "open" : "away";
  return (
    <div class="with">
      <Avatar name={agent ? name : state === "bot" ? "" : name} kind={state === "bot" ? "bot" : "agent"} />
      <div>
        <h1><bdi>{name}</bdi></h1>
        <p>{t(line)}</p>
      </div>
    </div>
  );
}

function draw(): void {
  const restore = keepPlace();
  render(<App />, document.getElementById("app")!);
  restore();
  later("drawn")();
  if (host.value.open) {
    const start = document.querySelector<HTMLElement>("[data-focus]"); // an article's is there when it has come
    if (start && takeMoved()) start.focus({ preventScroll: true });
    if (screen.value === "thread" && !document.hidden) markSeen();
  }
  const news = unread();
  tellHost({ unread: news.length, talking: !!conv.value });
}

function dress(): void {
  const root = document.documentElement;
  const dark = host.value.theme === "dark" || (host.value.theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset["theme"] = dark ? "dark" : "light";
  root.classList.toggle("framed", framed);
  const chosen = { ...boot.radius, ...(dark ? boot.dark : boot.light) };
  for (const name in chosen) root.style.setProperty("--" + name, chosen[name]!);
}

/** The panel comes before the visitor's eyes. */
function opened(): void {
  mark.value = seen.value;
  go(conv.value && (pending().length || where().state !== "resolved") ? "thread" : "home");
}

window.parleyKit = kit;

function meet(): void {
  if (host.value.user) void fetchLater().then((piece) => piece.meet());
}

dress();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", dress);
document.addEventListener("visibilitychange", changed);
void begin();
if (host.value.open) opened();
drawWith(draw);
meet();

onHost((before) => {
  const now = host.value;
  dress();
  if (now.out !== before.out) {
    reset();
    go("home");
  } else if (JSON.stringify(now.user) !== JSON.stringify(before.user)) {
    meet();
  }
  if (now.open && !before.open) opened();
  changed();
});
