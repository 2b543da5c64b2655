import assert from "node:assert/strict";
import test from "node:test";
import { fakeBrowser, type FakeSocket } from "./fake-browser";
import { backOff, Conn, type ConnOptions } from "./conn";
import type { Place, ServerFrame } from "./wire";

interface Setup {
  conn: Conn;
  frames: ServerFrame[];
  tokens: boolean[];
  places: Place[];
  lost: number;
  socket(): FakeSocket;
}

function setup(options: Partial<ConnOptions> = {}) {
  const browser = fakeBrowser();
  const state = { frames: [] as ServerFrame[], tokens: [] as boolean[], places: [] as Place[], lost: 0 };
  const conn = new Conn({
    url: "ws://test/ws/v1", client: "test",
    token: async (fresh) => (state.tokens.push(fresh), fresh ? "new" : "old"),
    resume: () => state.places,
    receive: (frame) => state.frames.push(frame),
    lost: () => state.lost++,
    ...options,
  });
  return Object.assign(state, { conn, browser, socket: () => browser.sockets.at(-1)! }) satisfies Setup;
}

async function online(s: Setup): Promise<FakeSocket> {
  s.conn.connect();
  await Promise.resolve();
  await Promise.resolve();
  const socket = s.socket();
  socket.open();
  socket.say({ type: "welcome", who: { kind: "visitor", id: "v", name: "" }, session: "s", now: "", limits: {}, conversations: [] });
  return socket;
}

test("hello carries the token and what to resume; welcome makes it online", async () => {
  const s = setup();
  s.places.push({ conv: "a", seq: 7 });
  const socket = await online(s);
  assert.deepEqual(socket.sent[0], { type: "hello", client: "test", resume: [{ conv: "a", seq: 7 }], token: "old" });
  assert.equal(s.conn.state.value, "online");
  assert.equal(s.conn.lostAt.value, 0);
  s.conn.close();
});

test("several objects in one message are all received, in order", async () => {
  const s = setup();
  const socket = await online(s);
  socket.raw('{"type":"pong","now":"1"}\n{"type":"pong","now":"2"}\n');
  assert.deepEqual(s.frames.slice(1).map((f) => (f as { now: string }).now), ["1", "2"]);
  s.conn.close();
});

test("nothing is sent before the welcome", async () => {
  const s = setup();
  assert.equal(s.conn.send({ type: "ping" }), false);
  s.conn.connect();
  await Promise.resolve();
  await Promise.resolve();
  s.socket().open();
  assert.equal(s.conn.send({ type: "ping" }), false);
  assert.equal(s.socket().sent.length, 1);
  s.conn.close();
});

test("waits double up to 30 s, half of each random", () => {
  assert.equal(backOff(0, () => 0), 250);
  assert.equal(backOff(0, () => 1), 500);
  assert.equal(backOff(3, () => 1), 4000);
  assert.equal(backOff(20, () => 1), 30_000);
  assert.equal(backOff(20, () => 0), 15_000);
});

test("a lost connection is reported and retried", async () => {
  const s = setup();
  const socket = await online(s);
  socket.drop();
  assert.equal(s.lost, 1);
  assert.equal(s.conn.state.value, "waiting");
  assert.ok(s.conn.retryAt.value > Date.now());
  assert.ok(s.conn.lostAt.value > 0);
  s.conn.close();
  assert.equal(s.conn.state.value, "idle");
});

test("the network's return ends the wait", async () => {
  const s = setup();
  (await online(s)).drop();
  const before = s.browser.sockets.length;
  s.browser.dispatch("online");
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(s.browser.sockets.length, before + 1);
  s.conn.close();
});

test("a goodbye without return ends the attempts", async () => {
  const s = setup();
  const socket = await online(s);
  socket.say({ type: "bye", code: 4403, reason: "no", reconnect: false });
  socket.drop();
  assert.equal(s.conn.state.value, "refused");
});

test("a refused token is replaced once", async () => {
  const s = setup();
  let socket = await online(s);
  socket.say({ type: "bye", code: 4401, reason: "expired", reconnect: false });
  socket.drop();
  assert.equal(s.conn.state.value, "waiting");
  s.conn.retryNow();
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual(s.tokens, [false, true]);
  socket = s.socket();
  socket.open();
  socket.say({ type: "bye", code: 4401, reason: "expired", reconnect: false });
  socket.drop();
  assert.equal(s.conn.state.value, "refused");
});

test("the server's own time to come back is kept", async () => {
  const s = setup();
  const socket = await online(s);
  socket.say({ type: "bye", code: 4429, reason: "slow down", reconnect: true, after_ms: 20_000 });
  socket.drop();
  const wait = s.conn.retryAt.value - Date.now();
  assert.ok(wait >= 19_900 && wait <= 25_000, String(wait));
  s.conn.close();
});

test("no token for this browser ends the attempts, a network error does not", async () => {
  const refused = setup({ token: () => Promise.reject(Object.assign(new Error(), { code: "forbidden" })) });
  refused.conn.connect();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(refused.conn.state.value, "refused");
  const offline = setup({ token: () => Promise.reject(Object.assign(new Error(), { code: "network" })) });
  offline.conn.connect();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(offline.conn.state.value, "waiting");
  offline.conn.close();
});

test("leaving the page closes the socket, so that it can be kept; coming back reconnects", async () => {
  const s = setup();
  const socket = await online(s);
  s.browser.dispatch("pagehide");
  assert.equal(socket.readyState, 3);
  const before = s.browser.sockets.length;
  s.browser.dispatch("pageshow", { persisted: true });
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(s.browser.sockets.length, before + 1);
  s.conn.close();
});

declare function setImmediate(f: (value?: unknown) => void): void;
