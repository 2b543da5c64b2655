/** How a tag is written: lower case, words joined by hyphens. */
export function tagOf(text: string): string {
  return text.trim().toLocaleLowerCase().replace(/\s+/g, "-").slice(0, 40);
}
