// The frames of protocol version 1 and the objects inside them. Sequences are
// numbers: a stream would have to hold 2^53 events before one loses a digit.

export type ActorKind = "visitor" | "agent" | "bot" | "system";

export interface Actor {
  kind: ActorKind;
  id: string;
  name: string;
  program?: boolean;
}

export type State = "bot" | "queued" | "assigned" | "snoozed" | "resolved";

export type Kind =
  | "message" | "opened" | "bot" | "handoff" | "queued" | "offered" | "assigned" | "declined" | "transferred"
  | "resolved" | "reopened" | "snoozed" | "tagged" | "escalated" | "rated" | "call" | "edited" | "erased";

/** The address and title of a page of the customer's site. */
export interface Page {
  url: string;
  title?: string;
}

export interface Attachment {
  id: string;
  name: string;
  type: string;
  /** bytes */
  size: number;
  width?: number;
  height?: number;
}

export interface Choice {
  id: string;
  label: string;
  /** a line about it: it is drawn as a card */
  detail?: string;
}

export interface Source {
  title: string;
  /** path of the article with the heading's anchor */
  url: string;
  article: string;
  snippet?: string;
  /** whom the article is for; absent for everybody */
  audience?: string;
}

export interface Opened {
  inbox: string;
  visitor: string;
  contact: string;
  state: State;
  locale?: string;
  page?: Page;
  fields?: Record<string, string>;
  /** the site has proved who the visitor is */
  verified?: boolean;
}

export interface BotTrace {
  intent?: string;
  /** calibrated, 0 … 1 */
  confidence: number;
  action: string;
  sentiment?: string;
  language?: string;
  micros: number;
  /** version of the intents that had been learned */
  model?: number;
  /** where the conversation stands in a guided flow after this */
  flow?: { id: string; name: string; version: number; block?: string; ended?: string };
  /** the visitor is asked who they are after this, for a tool */
  check?: { tool: string; email?: string; seq?: number; sent?: string; tries?: number };
  /** they have shown it just now */
  proved?: { email: string; at: string };
  /** a tool was called; such an entry says nothing else */
  tool?: { name: string; outcome: string };
}

export interface Handoff {
  reason?: string;
  summary?: string;
  skills?: Record<string, number>;
  language?: string;
  priority?: number;
  team?: string;
}

export interface Queued {
  /** 1 is next */
  position?: number;
  expected_secs?: number;
  offline?: "nobody_online" | "outside_hours";
  opens_at?: string;
}

export interface Assigned {
  agent?: string;
  name?: string;
  team?: string;
  auto?: boolean;
}

export interface Rating {
  /** 1 … 5 */
  score: number;
  comment?: string;
}

/** One durable entry of a conversation, as a reader receives it. */
export interface ChatEvent {
  conv: string;
  seq: number;
  /** seq of the entry before it that this reader may see, 0 for the first */
  prev: number;
  at: string;
  cid?: string;
  from: Actor;
  kind: Kind;
  text?: string;
  /** sanitised by the server; agents' and the bot's messages only */
  html?: string;
  attachments?: Attachment[];
  choices?: Choice[];
  choice?: string;
  sources?: Source[];
  note?: boolean;
  reply_to?: number;
  /** the contact that the site had proved the visitor to be when they wrote this */
  signed?: string;
  opened?: Opened;
  bot?: BotTrace;
  handoff?: Handoff;
  queued?: Queued;
  assigned?: Assigned;
  until?: string;
  tags?: string[];
  rating?: Rating;
  ticket?: string;
  target?: number;
  reason?: string;
}

/** A row of a list of conversations; projected, so seq says up to where. */
export interface Summary {
  id: string;
  inbox: string;
  state: State;
  contact: string;
  visitor: string;
  name: string;
  agent?: string;
  agent_name?: string;
  team?: string;
  tags?: string[];
  priority?: number;
  preview?: string;
  preview_from?: ActorKind;
  unread: number;
  seq: number;
  opened_at: string;
  last_at: string;
  waiting_since?: string;
  snoozed_until?: string;
  rating?: number;
}

export type PresenceState = "online" | "away" | "busy" | "offline";

/** A place in a conversation. */
export interface Place {
  conv: string;
  seq: number;
}

export type ErrorCode =
  | "invalid" | "unauthenticated" | "forbidden" | "not_found" | "conflict" | "too_large" | "rate_limited" | "busy" | "internal";

export type Action =
  | "assign" | "transfer" | "accept" | "decline" | "resolve" | "reopen" | "snooze" | "tag" | "handoff" | "rate" | "escalate";

export interface ActArgs {
  agent?: string;
  team?: string;
  reason?: string;
  until?: string;
  tags?: string[];
  score?: number;
  comment?: string;
  skills?: Record<string, number>;
}

export interface Hello {
  token?: string;
  resume?: Place[];
  client?: string;
}

export interface Open {
  cid: string;
  text?: string;
  attachments?: string[];
  fields?: Record<string, string>;
  page?: Page;
}

export interface Send {
  cid: string;
  conv: string;
  text?: string;
  attachments?: string[];
  choice?: string;
  note?: boolean;
  reply_to?: number;
  attempt?: number;
}

export interface Act {
  cid: string;
  conv: string;
  action: Action;
  args?: ActArgs;
}

export type ClientFrame =
  | ({ type: "hello" } & Hello)
  | ({ type: "open" } & Open)
  | ({ type: "send" } & Send)
  | ({ type: "act" } & Act)
  | { type: "typing"; conv: string; on: boolean; preview?: string }
  | { type: "read"; conv: string; seq: number }
  | { type: "history"; conv: string; before?: number; limit?: number }
  | { type: "watch" | "unwatch"; conv: string }
  | { type: "presence"; state: PresenceState; capacity?: number }
  | { type: "ping"; n?: number };

export interface Limits {
  /** bytes of an inbound frame */
  frame: number;
  /** bytes of a message */
  text: number;
  /** events of a page */
  history: number;
  /** seconds between the server's pings */
  ping: number;
}

export interface Welcome {
  who: Actor;
  session: string;
  now: string;
  limits: Limits;
  conversations: Summary[];
}

export interface Ack {
  cid: string;
  conv: string;
  seq: number;
  at: string;
}

export interface Failure {
  cid?: string;
  code: ErrorCode;
  message: string;
  fields?: Record<string, string>;
  retry_after_ms?: number;
}

export interface Bye {
  code: number;
  reason: string;
  reconnect: boolean;
  after_ms?: number;
}

export interface Typing {
  conv: string;
  from?: Actor;
  on?: boolean;
  /** what the visitor has typed so far; agents only */
  preview?: string;
}

export interface Read {
  conv: string;
  from?: Actor;
  seq?: number;
}

/** Bot text to append; replaced by the event with the same cid. */
export interface Delta {
  conv: string;
  cid?: string;
  text?: string;
}

export interface QueuePlace {
  conv: string;
  position?: number;
  expected_secs?: number;
}

/** A personal message to one agent. */
export interface Notice {
  notice: "offer" | "assigned" | "revoked" | "article";
  agent?: string;
  conv?: string;
  until?: string;
  /** of an article: its id, its title, and what happened to it */
  article?: string;
  title?: string;
  reason?: string;
}

export type ServerFrame =
  | ({ type: "welcome" } & Welcome)
  | ({ type: "ack" } & Ack)
  | ({ type: "event" } & ChatEvent)
  | { type: "page"; conv: string; events: ChatEvent[]; more: boolean }
  | ({ type: "typing" } & Typing)
  | ({ type: "read" } & Read)
  | ({ type: "delta" } & Delta)
  | ({ type: "queue" } & QueuePlace)
  | { type: "presence"; agent: string; state: PresenceState; capacity?: number }
  | { type: "conversation"; conversation: Summary }
  | ({ type: "notice" } & Notice)
  | ({ type: "error" } & Failure)
  | { type: "pong"; n?: number; now: string }
  | ({ type: "bye" } & Bye);
