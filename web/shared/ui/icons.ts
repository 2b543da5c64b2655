// The icons that the shared components and the widget draw: 24 by 24, 2 px
// strokes. Each is a constant, so that a program carries those it uses.
export const alert = "M12 4 2.8 20h18.4zM12 10v4M12 17v.1";
export const arrow = "M5 12h14M13 6l6 6-6 6";
export const back = "M15 5l-7 7 7 7";
export const bot = "M5 9h14v10H5zM12 9V5M9.5 13v2M14.5 13v2";
export const chat = "M4 5h16v11h-9l-5 4v-4H4z";
export const check = "M5 12.5 10 17.5 19.5 7";
export const checks = "M2 13l4 4L14.5 7M12 16l1 1L21.5 7";
export const clip = "M19 11l-7.5 7.5a4.5 4.5 0 0 1-6.4-6.4l8-8a3 3 0 0 1 4.3 4.3l-8 8a1.5 1.5 0 0 1-2.1-2.2L14.5 7";
export const clock = "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7.5V12l3 2";
export const close = "M6 6l12 12M18 6 6 18";
export const down = "M6 9.5l6 6 6-6";
export const download = "M12 4v11M7 11l5 5 5-5M4 20h16";
export const file = "M6 3h8l5 5v13H6zM14 3v5h5";
export const more = "M5 11.5v1M12 11.5v1M19 11.5v1";
export const person = "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20.5a7.5 7.5 0 0 1 15 0";
export const search = "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5l5 5";
export const send = "M5 4.5 20 12 5 19.5 7.5 12zM7.5 12H13";
export const smile = "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8.5 14a4.2 4.2 0 0 0 7 0M9 9.5v.1M15 9.5v.1";

/** All of them by name. */
export const icons = { alert, arrow, back, bot, chat, check, checks, clip, clock, close, down, download, file, more, person, search, send, smile } as const;

/** Those that point along the line, and are mirrored from right to left. */
export const directional: ReadonlySet<string> = new Set(["arrow", "back", "send"]);
