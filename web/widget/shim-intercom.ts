// Answers to Intercom's snippet and API with Parley's launcher, so that a site
// switches by changing the address it loads from. The inbox key takes the place
// of the app id.

interface Settings {
  app_id?: string;
  user_id?: string;
  name?: string;
  email?: string;
  user_hash?: string;
  intercom_user_jwt?: string;
  alignment?: string;
  hide_default_launcher?: boolean;
  custom_launcher_selector?: string;
  language_override?: string;
  [attribute: string]: unknown;
}

type Command = (command: string, ...args: unknown[]) => void;

const OURS = new Set([
  "app_id", "api_base", "user_id", "name", "email", "user_hash", "intercom_user_jwt", "alignment", "hide_default_launcher", "custom_launcher_selector",
  "language_override", "horizontal_padding", "vertical_padding", "created_at",
]);

const base = new URL((document.currentScript as HTMLScriptElement).src).origin;
const page = window as unknown as { parley?: Command & { q?: unknown[] }; intercomSettings?: Settings; Intercom?: Command & { q?: unknown[][] } };
let booted = false;

const parley: Command = (...args) => (page.parley as Command)(...args);

function boot(settings: Settings = {}): void {
  const all = { ...page.intercomSettings, ...settings };
  if (!booted && all.app_id) {
    booted = true;
    page.parley ??= Object.assign((...args: unknown[]) => void page.parley!.q!.push(args), { q: [] as unknown[] });
    const script = document.createElement("script");
    script.src = `${base}/widget.js?inbox=${encodeURIComponent(all.app_id)}`;
    script.async = true;
    if (all.alignment) script.dataset["side"] = all.alignment;
    if (all.hide_default_launcher) script.dataset["hidden"] = "1";
    if (all.language_override) script.dataset["lang"] = all.language_override;
    document.head.append(script);
    if (all.custom_launcher_selector) {
      document.querySelectorAll(all.custom_launcher_selector).forEach((element) => element.addEventListener("click", () => parley("toggle")));
    }
  }
  if (booted) identify(all);
}

function identify(settings: Settings): void {
  const { user_id, name, email, user_hash, intercom_user_jwt } = settings;
  const own = Object.entries(settings).filter(([key]) => !OURS.has(key));
  const attributes = own.length ? Object.fromEntries(own) : undefined;
  if (user_id || name || email || attributes) parley("identify", { id: user_id ?? email, name, email, proof: intercom_user_jwt ?? user_hash, attributes });
}

const commands: Record<string, (...args: never[]) => void> = {
  boot, update: boot,
  shutdown: () => parley("logout"),
  show: () => parley("open"),
  hide: () => parley("close"),
  showSpace: () => parley("open"),
  showMessages: () => parley("open"),
  showNewMessage: () => parley("open"),
  onShow: (listener: () => void) => parley("on", "open", listener),
  onHide: (listener: () => void) => parley("on", "close", listener),
  onUnreadCountChange: (listener: (n: number) => void) => parley("on", "unread", listener),
};

const waiting = page.Intercom?.q ?? [];
page.Intercom = (command, ...args) => commands[command]?.(...(args as never[]));
boot();
for (const args of waiting) page.Intercom(...(Array.from(args) as [string]));

export {};
