/** Colours on a customer's accent, as the widget chooses them (WCAG 2.2, relative luminance). */

function luminance(hex: string): number {
  const parts = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);
  const [r = 0, g = 0, b = 0] = parts.map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** White where it can be read on the colour, else ink. */
export function textOn(hex: string): string {
  if (!/^#[0-9a-f]{6}$/i.test(hex)) return "#ffffff";
  return 1.05 / (luminance(hex) + 0.05) >= 4.5 ? "#ffffff" : "#0a1426";
}
