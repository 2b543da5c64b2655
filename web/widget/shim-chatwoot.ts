// Answers to Chatwoot's snippet and API with Parley's launcher, so that a site
// switches by changing the address it loads from. The inbox key takes the place
// of the website token.

interface Settings {
  hideMessageBubble?: boolean;
  position?: string;
  locale?: string;
  darkMode?: string;
  launcherTitle?: string;
}

interface Person {
  name?: string;
  email?: string;
  identifier_hash?: string;
}

type Command = (command: string, ...args: unknown[]) => void;

const base = new URL((document.currentScript as HTMLScriptElement).src).origin;
const page = window as unknown as Record<string, unknown> & { parley?: Command & { q?: unknown[] }; chatwootSettings?: Settings };

/** The launcher's command, queued until it is there. */
const parley: Command = (...args) => (page.parley as Command)(...args);

function run(options: { websiteToken: string }): void {
  if (page["$chatwoot"]) return;
  page.parley ??= Object.assign((...args: unknown[]) => void page.parley!.q!.push(args), { q: [] as unknown[] });
  const settings = page.chatwootSettings ?? {};
  const theme = { light: "light", dark: "dark" }[settings.darkMode ?? ""] ?? "auto";
  const script = document.createElement("script");
  const data: Record<string, string | undefined> = {
    theme, lang: settings.locale, side: settings.position, label: settings.launcherTitle, hidden: settings.hideMessageBubble ? "1" : undefined,
  };
  for (const name in data) if (data[name]) script.dataset[name] = data[name];
  script.src = `${base}/widget.js?inbox=${encodeURIComponent(options.websiteToken)}`;
  script.async = true;
  script.onload = () => dispatchEvent(new Event("chatwoot:ready"));
  script.onerror = () => dispatchEvent(new Event("chatwoot:error"));
  parley("on", "open", () => dispatchEvent(new Event("chatwoot:opened")));
  parley("on", "close", () => dispatchEvent(new Event("chatwoot:closed")));
  page["$chatwoot"] = {
    toggle: (state?: string) => parley(state ?? "toggle"),
    toggleBubbleVisibility: (state: string) => parley(state),
    popoutChatWindow: () => window.open(`${base}/chat?inbox=${encodeURIComponent(options.websiteToken)}`, "_blank", "noopener"),
    setUser: (id: string, person: Person = {}) => parley("identify", { id, name: person.name, email: person.email, proof: person.identifier_hash }),
    setCustomAttributes: (attributes: object) => parley("identify", { attributes }),
    setLocale: (lang: string) => parley("update", { lang }),
    setColorScheme: (wanted: string) => parley("update", { theme: wanted }),
    reset: () => parley("logout"),
    // Of no use to Parley, and calling them must not break the page.
    deleteCustomAttribute() {}, setConversationCustomAttributes() {}, deleteConversationCustomAttribute() {}, setLabel() {}, removeLabel() {},
  };
  document.head.append(script);
}

page["chatwootSDK"] = { run };

export {};
