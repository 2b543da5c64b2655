import { batch, signal } from "@preact/signals-core";
import type { Bye, ClientFrame, Hello, Place, ServerFrame } from "./wire";

/**
 * idle: never connected or closed by us; connecting: a socket is being made;
 * online: welcomed; waiting: will try again at retryAt; refused: the server
 * said not to come back, see Conn.bye.
 */
export type ConnState = "idle" | "connecting" | "online" | "waiting" | "refused";

export interface ConnOptions {
  /** ws: or wss: address of /ws/v1 */
  url: string;
  /** Names this program in the server's log. */
  client: string;
  /**
   * The token to say hello with; undefined when the session cookie is enough.
   * fresh asks for a new one because the last was refused. An error with the
   * code forbidden or unauthenticated ends the attempts, any other delays them.
   */
  token(fresh: boolean): Promise<string | undefined>;
  /** The last sequence seen in each conversation, asked before each hello. */
  resume(): Place[];
  /** Called for every frame, within one signal batch for each socket message. */
  receive(frame: ServerFrame): void;
  /** Called when a welcomed connection is gone. */
  lost?(): void;
}

const FIRST_WAIT = 500; // ms
const LONGEST_WAIT = 30_000; // ms
const STABLE_AFTER = 10_000; // ms online after which the waits start over
const SILENCE = 25_000; // ms without a frame before we ask for a sign of life
const ANSWER_WITHIN = 10_000; // ms for connecting and for that sign
const UNAUTHENTICATED = 4401;
const REFUSALS = ["forbidden", "unauthenticated"];

/** The wait before reconnect number n (0 is the first): doubling, half of it random. */
export function backOff(n: number, random: () => number = Math.random): number {
  const full = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** n);
  return full / 2 + (full / 2) * random();
}

/** The address of the socket of the origin that served this page. */
export function socketURL(path = "/ws/v1"): string {
  return location.origin.replace(/^http/, "ws") + path;
}

/**
 * A socket of protocol version 1 that stays connected. It says hello with what
 * it has to resume, reconnects with growing waits, at once when the network or
 * the tab comes back, and does as the server's bye says.
 */
export class Conn {
  readonly state = signal<ConnState>("idle");
  /** When the next attempt is due, ms since the epoch; 0 when none is. */
  readonly retryAt = signal(0);
  /** Since when there is no connection, ms since the epoch; 0 while online. */
  readonly lostAt = signal(0);
  /** The server's last goodbye. */
  readonly bye = signal<Bye | null>(null);

  #socket: WebSocket | undefined;
  #attempts = 0;
  #stale = false; // the last token was refused
  #wait: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #stable: ReturnType<typeof setTimeout> | undefined;

  readonly #options: ConnOptions;

  constructor(options: ConnOptions) {
    this.#options = options;
    const nudge = () => {
      if (this.state.value === "waiting" && document.visibilityState === "visible") this.retryNow();
    };
    addEventListener("online", nudge);
    document.addEventListener("visibilitychange", nudge);
    // A page with an open socket cannot enter the back/forward cache.
    addEventListener("pagehide", () => this.#drop("waiting"));
    addEventListener("pageshow", (e) => {
      if (e.persisted) nudge();
    });
  }

  /** Connects unless it is connected or on its way. */
  connect(): void {
    if (this.state.value === "idle" || this.state.value === "refused") this.retryNow();
  }

  /** Tries now instead of at retryAt. */
  retryNow(): void {
    clearTimeout(this.#wait);
    if (!this.#socket && this.state.value !== "connecting") void this.#dial();
  }

  /** Closes for good, until connect. */
  close(): void {
    this.#drop("idle");
    this.lostAt.value = 0;
  }

  /** Closes and connects again, after the identity has changed. */
  restart(): void {
    this.#drop("idle");
    this.connect();
  }

  /** Sends a frame; false when there is no welcomed connection. */
  send(frame: ClientFrame): boolean {
    if (this.state.value !== "online" || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Asks for everything after each place, on the present connection. */
  resume(places: Place[]): boolean {
    return this.send({ type: "hello", resume: places });
  }

  async #dial(): Promise<void> {
    this.state.value = "connecting";
    this.retryAt.value = 0;
    this.lostAt.value ||= Date.now();
    let token: string | undefined;
    try {
      token = await this.#options.token(this.#stale);
    } catch (error) {
      if (this.state.value !== "connecting") return;
      if (REFUSALS.includes((error as { code: string }).code)) this.state.value = "refused";
      else this.#later();
      return;
    }
    if (this.state.value !== "connecting" || this.#socket) return; // closed meanwhile
    const socket = (this.#socket = new WebSocket(this.#options.url));
    this.#watch(socket, ANSWER_WITHIN);
    socket.onopen = () => {
      const hello: Hello = { client: this.#options.client, resume: this.#options.resume() };
      if (token !== undefined) hello.token = token;
      socket.send(JSON.stringify({ type: "hello", ...hello }));
    };
    socket.onmessage = (e) => {
      if (socket === this.#socket) this.#hear(socket, String(e.data));
    };
    socket.onclose = () => {
      if (socket === this.#socket) this.#lost();
    };
  }

  #hear(socket: WebSocket, data: string): void {
    this.#watch(socket, SILENCE);
    batch(() => {
      for (const line of data.split("\n")) {
        if (line) this.#take(JSON.parse(line) as ServerFrame);
      }
    });
  }

  #take(frame: ServerFrame): void {
    if (frame.type === "bye") this.bye.value = frame;
    if (frame.type === "welcome") this.#welcomed();
    this.#options.receive(frame);
  }

  #welcomed(): void {
    this.#stale = false;
    this.bye.value = null;
    this.lostAt.value = 0;
    this.state.value = "online";
    this.#stable = setTimeout(() => (this.#attempts = 0), STABLE_AFTER);
  }

  // The server's own pings are invisible here, so after a silence we ask, and
  // take a silent answer for a dead connection.
  #watch(socket: WebSocket, patience: number): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => {
      if (patience === SILENCE && this.send({ type: "ping" })) {
        this.#watch(socket, ANSWER_WITHIN);
        return;
      }
      socket.close();
      if (socket === this.#socket) this.#lost();
    }, patience);
  }

  #lost(): void {
    const bye = this.bye.value;
    this.#drop("waiting");
    this.lostAt.value ||= Date.now();
    if (bye && !bye.reconnect) {
      if (bye.code !== UNAUTHENTICATED || this.#stale) {
        this.state.value = "refused";
        return;
      }
      this.#stale = true; // once more, with a new token
    }
    this.#later(bye?.after_ms);
  }

  #later(after?: number): void {
    const delay = after ? after * (1 + Math.random() / 4) : backOff(this.#attempts++);
    this.state.value = "waiting";
    this.retryAt.value = Date.now() + delay;
    this.#wait = setTimeout(() => this.retryNow(), delay);
  }

  #drop(next: ConnState): void {
    clearTimeout(this.#wait);
    clearTimeout(this.#watchdog);
    clearTimeout(this.#stable);
    const socket = this.#socket;
    const welcomed = this.state.value === "online";
    this.#socket = undefined;
    socket?.close();
    if (this.state.value === "idle" && next === "waiting") return; // never wanted
    this.bye.value = next === "idle" ? null : this.bye.value;
    this.retryAt.value = 0;
    this.state.value = next;
    if (welcomed) this.#options.lost?.();
  }
}
