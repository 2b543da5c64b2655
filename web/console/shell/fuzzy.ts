/** Less than this is chance: letters that happen to occur in that order. */
const chance = 2.2;

/**
 * Scores how well a text answers a typed query: 0 when it does not, up to 4 for
 * letters that begin words or stand together, 100 and more for the query as it
 * stands.
 */
export function fuzzy(query: string, text: string): number {
  const wanted = query.toLocaleLowerCase().replace(/\s+/g, "");
  const have = text.toLocaleLowerCase();
  if (!wanted) return 1;
  const whole = have.indexOf(query.toLocaleLowerCase().trim());
  if (whole >= 0) return 100 + (whole === 0 ? 50 : /\s/.test(have[whole - 1] ?? "") ? 25 : 0) - Math.min(20, have.length / 10);
  let score = 0;
  let at = -1;
  for (const letter of wanted) {
    const next = have.indexOf(letter, at + 1);
    if (next < 0) return 0;
    score += next === at + 1 ? 3 : next === 0 || /[\s-]/.test(have[next - 1] ?? "") ? 4 : 1;
    at = next;
  }
  return score / wanted.length < chance ? 0 : score / wanted.length;
}
