// As much of a browser as the tests of the connection need.

type Listener = (event: Record<string, unknown>) => void;

export class FakeSocket {
  static readonly OPEN = 1;
  readyState = 0;
  readonly sent: Record<string, unknown>[] = [];
  onopen?: () => void;
  onmessage?: (e: { data: string }) => void;
  onclose?: () => void;

  constructor(readonly url: string) {
    sockets.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(): void {
    this.readyState = 3;
  }

  /** The other side accepts. */
  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  say(frame: object): void {
    this.raw(JSON.stringify(frame));
  }

  raw(data: string): void {
    this.onmessage?.({ data });
  }

  /** The connection breaks. */
  drop(): void {
    this.readyState = 3;
    this.onclose?.();
  }
}

let sockets: FakeSocket[] = [];
let listeners = new Map<string, Listener[]>();

/** Puts a fresh browser in place of the last test's. */
export function fakeBrowser() {
  sockets = [];
  listeners = new Map();
  const listen = (type: string, listener: Listener) => listeners.set(type, [...(listeners.get(type) ?? []), listener]);
  Object.assign(globalThis, {
    WebSocket: FakeSocket,
    addEventListener: listen,
    document: { addEventListener: listen, visibilityState: "visible" },
  });
  return {
    sockets,
    dispatch: (type: string, event: Record<string, unknown> = {}) => listeners.get(type)?.forEach((listener) => listener(event)),
  };
}
