/** How many entries of the first list are at another place, or absent, in the second. */
export function moved(frozen: readonly string[], live: readonly string[]): number {
  const place = new Map(live.map((id, i) => [id, i]));
  const known = new Set(frozen);
  let count = live.filter((id) => !known.has(id)).length;
  let last = -1;
  for (const id of frozen) {
    const at = place.get(id) ?? -1;
    if (at < 0 || at < last) count++;
    else last = at;
  }
  return count;
}
