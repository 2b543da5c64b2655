/** The part of the page that is left above a keyboard on the screen, in CSS pixels. */
export interface Room {
  top: number;
  height: number;
}

const LEAST = 120; // CSS pixels; less is the browser's own bars

/**
 * Calls back when a keyboard on the screen takes a part of the page, moves it,
 * or goes (undefined). Browsers shrink the visual viewport then and leave the
 * page's own height as it is. Zooming by fingers shrinks it too, and is not meant.
 */
export function onKeyboard(listener: (room: Room | undefined) => void): void {
  const view = visualViewport;
  const look = () => {
    if (view!.scale > 1.01) return;
    listener(innerHeight - view!.height < LEAST ? undefined : { top: view!.offsetTop, height: view!.height });
  };
  view?.addEventListener("resize", look);
  view?.addEventListener("scroll", look);
}
