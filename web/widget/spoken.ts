// Works in the frame of an inbox that speaks first: the visitor has answered its
// message in the page, and the conversation begins with that. It finds the core's
// parts when it needs them, as the later piece does.
import { SAY } from "./saying";

addEventListener("message", (e) => {
  const text = (e.data as Record<string, unknown> | null)?.[SAY];
  const kit = window.parleyKit;
  if (typeof text !== "string" || !kit || e.source !== parent || e.origin !== kit.hostOrigin) return;
  if (!kit.config.value || kit.conv.value || kit.screen.value === "form") return;
  kit.ask();
  // Where a form comes first, the words wait in the composer.
  if ((kit.screen.value as string) === "form") kit.write(text);
  else kit.say(text);
});
