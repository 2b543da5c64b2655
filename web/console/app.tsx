/** Which page is shown. Pages that are not needed at once come when they are. */
import { useSignal } from "@preact/signals";
import { Component, type ComponentChildren, type ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { useCommands } from "./commands";
import { InboxPage } from "./inbox/page";
import { go, match, place } from "./router";
import { openPalette } from "./shell/palette";
import { Shell } from "./shell/shell";
import { openShortcuts } from "./shell/shortcuts";
import { begin, me, startError } from "./store/session";
import { t } from "./text";
import { Failed, Skeleton } from "./ui/state";

type Page = ComponentType;

const pages = {
  signin: () => import("./sign/page").then((m) => m.SignInPage),
  setup: () => import("./sign/page").then((m) => m.SetUpPage),
  search: () => import("./search/page").then((m) => m.SearchPage),
  settings: () => import("./settings/page").then((m) => m.SettingsPage),
} satisfies Record<string, () => Promise<Page>>;

const loaded = new Map<keyof typeof pages, Page>();

/** Fetches a page's code before it is asked for, on hover. */
export function prefetch(path: string): void {
  const name = path.split("/")[1] as keyof typeof pages;
  if (name in pages && !loaded.has(name)) void pages[name]();
}

function Lazy({ page }: { page: keyof typeof pages }) {
  const ready = useSignal(loaded.has(page));
  const error = useSignal<unknown>(null);
  const load = () => {
    error.value = null;
    pages[page]().then(
      (made) => {
        loaded.set(page, made);
        ready.value = true;
      },
      (reason: unknown) => (error.value = reason),
    );
  };
  useEffect(() => {
    if (!ready.peek()) load();
  }, []);
  const Found = loaded.get(page);
  if (ready.value && Found) return <Found />;
  return error.value ? <Failed error={error.value} retry={load} /> : <Skeleton rows={5} />;
}

/** A page that fails while drawing takes only itself down. */
class Boundary extends Component<{ children: ComponentChildren }, { error: unknown }> {
  override state = { error: null as unknown };

  override componentDidCatch(error: unknown): void {
    console.error(error);
    this.setState({ error });
  }

  override render() {
    if (!this.state.error) return this.props.children;
    return <Failed error={this.state.error} retry={() => location.reload()} />;
  }
}

function redirect(): void {
  const { path } = place.value;
  if (path === "/" || path === "/inbox") go("/inbox/mine", "replace");
}

function Routed() {
  const { path } = place.value;
  if (match("/search", path)) return <Lazy key="search" page="search" />;
  if (path === "/settings" || path.startsWith("/settings/")) return <Lazy key="settings" page="settings" />;
  return <InboxPage />;
}

export function App() {
  const { path } = place.value;
  useEffect(redirect, [path]);
  useCommands(() => [
    { id: "palette", title: t("palette.open"), group: "general", keys: ["mod+k"], run: openPalette },
    { id: "shortcuts", title: t("cmd.shortcuts"), group: "general", keys: ["?"], run: openShortcuts },
    { id: "search", title: t("cmd.search"), group: "go", keys: ["/"], run: () => go("/search") },
    { id: "settings", title: t("cmd.settings"), group: "go", keys: ["g s"], run: () => go("/settings") },
  ]);
  if (path === "/signin") return <Lazy key="signin" page="signin" />;
  if (path === "/setup") return <Lazy key="setup" page="setup" />;
  if (!me.value) return <Starting />;
  return (
    <Shell>
      <Boundary key={path.split("/")[1]}>
        <Routed />
      </Boundary>
    </Shell>
  );
}

/** Before it is known who sits here, or when that could not be learnt. */
function Starting() {
  return (
    <main class="starting" id="main">
      {startError.value ? <Failed error={startError.value} retry={() => void begin()} /> : <Skeleton rows={6} />}
    </main>
  );
}
