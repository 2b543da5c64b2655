// What the customer's page and the chat's frame say to each other. Both check
// the exact origin and the sending window of every message. Each says all that
// holds now, so no message depends on an earlier one.

/** The property that holds a message, so that others' messages are not taken for ours. */
export const MARK = "parley/1";

/** Who the customer's page says the visitor is. */
export interface Identity {
  /** the customer's own id of this person */
  id?: string;
  name?: string;
  email?: string;
  /** signed by the customer's server: a JWT (HS256), or HMAC-SHA256 of id in hexadecimal */
  proof?: string;
  attributes?: Record<string, unknown>;
}

export type Theme = "auto" | "light" | "dark";

/** From the page to the frame. */
export interface HostState {
  open: boolean;
  page: { url: string; title: string };
  theme?: Theme | undefined;
  user?: Identity | undefined;
  /** what the frame gave to keep; undefined for a new visitor */
  kept?: string | undefined;
  /** how often the visitor was signed out */
  out: number;
}

/** The property that holds what the frame wishes of aside.ts, which works in the page. */
export const ASIDE = "parley/1/aside";

/** From the frame to aside.ts, each part by itself, and each answered with Around. */
export interface Wish {
  /** px that a preview of a new message needs beside the closed launcher, 0 to put it away */
  peek?: number;
  /** the visitor opens the chat by the preview */
  open?: boolean;
  /** the visitor wants notices: ask the browser */
  ask?: boolean;
  /** shown when nobody looks at the site; the page's scripts can read it, so it says nothing of what was said */
  notice?: { title: string; body: string; tag: string };
}

/** From aside.ts to the frame. */
export interface Around {
  /** the chat covers the page */
  covers: boolean;
  /** whether the browser shows notices of the page, after it was asked */
  notices?: boolean | undefined;
}

/** From the frame to the page; its first word is empty, and asks for the page's. */
export interface FrameState {
  unread: number;
  /** kept in the page's own storage, because the frame's may be blocked */
  kept?: string | undefined;
  /** a conversation is open: load the frame at once on the next page */
  talking: boolean;
  /** the visitor closes the panel */
  close?: boolean;
}
