/** Fits the composer to its text, where field-sizing does not. */
export function grow(): void {
  const area = document.querySelector<HTMLElement>(".composer textarea");
  if (!area || CSS.supports("field-sizing", "content")) return;
  area.style.height = "auto";
  area.style.height = area.scrollHeight + "px";
}
