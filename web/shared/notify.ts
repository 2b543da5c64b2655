// Ways to call somebody back to this tab. None of them does anything before
// the person has asked for it or touched the page.

let audio: AudioContext | undefined;

/** Two soft notes. Silent until the browser allows sound; one tab plays, not all of them. */
export async function chime(): Promise<void> {
  const play = () => {
    audio ??= new AudioContext();
    if (audio.state !== "running") return void audio.resume().catch(() => {});
    const now = audio.currentTime;
    for (const [at, pitch] of [[0, 660], [0.12, 880]] as const) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.0001, now + at);
      volume.gain.exponentialRampToValueAtTime(0.06, now + at + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, now + at + 0.35);
      tone.connect(volume).connect(audio.destination);
      tone.start(now + at);
      tone.stop(now + at + 0.4);
    }
  };
  await alone("chime", play);
}

/** Runs the work in one tab: the others find the lock taken for a second. */
export async function alone(name: string, work: () => void): Promise<void> {
  const locks = (navigator as { locks?: LockManager }).locks;
  if (!locks) return work();
  try {
    await locks.request("parley:" + name, { ifAvailable: true }, async (lock) => {
      if (!lock) return;
      work();
      await new Promise((resolve) => setTimeout(resolve, 1000));
    });
  } catch {
    work(); // no locks where storage is blocked
  }
}

const LOOKED_AT = "parley:looked-at";

/**
 * Tells the other tabs of this site, from now on, while this one is looked at:
 * notices that they would show are not needed then, see unwatched. The lock is
 * let go with the page, which would not be kept for going back to otherwise.
 */
export function watch(): void {
  const { locks } = navigator as { locks?: LockManager };
  let release: (() => void) | undefined;
  const look = () => {
    release?.();
    release = undefined;
    if (document.hidden) return;
    const held = new Promise<void>((resolve) => (release = resolve));
    locks?.request(LOOKED_AT, { mode: "shared" }, () => held).catch(() => {});
  };
  document.addEventListener("visibilitychange", look);
  look();
}

/** Whether no tab of this site that called watch is looked at. */
export async function unwatched(): Promise<boolean> {
  const { locks } = navigator as { locks?: LockManager };
  const all = await locks?.query().catch(() => undefined);
  return !all?.held?.some((lock) => lock.name === LOOKED_AT);
}

/** Asks for permission; call from a click only. */
export async function askToNotify(): Promise<boolean> {
  if (!("Notification" in window)) return false;
  return (await Notification.requestPermission()) === "granted";
}

/** A desktop notification while the page is hidden. The tag replaces an older one of the same matter. */
export function notify(title: string, body: string, tag: string, open: () => void): void {
  if (!document.hidden || !("Notification" in window) || Notification.permission !== "granted") return;
  void alone("notify:" + tag, () => {
    const note = new Notification(title, { body, tag });
    note.onclick = () => {
      focus();
      open();
      note.close();
    };
  });
}

/** Puts the number of unread before a title: "(2) Inbox"; takes it away at 0. */
export function badged(title: string, unread: number): string {
  const plain = title.replace(/^\(\d+\+?\) /, "");
  return unread ? `(${unread > 99 ? "99+" : unread}) ${plain}` : plain;
}
