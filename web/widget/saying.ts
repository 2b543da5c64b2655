/** The property that holds what the visitor answers a proactive message with, from the page to the frame. */
export const SAY = "parley/1/say";
