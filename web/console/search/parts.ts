/** The parts of a snippet; the matched ones are marked. Nothing of it is taken for HTML. */
export function parts(snippet: string): { text: string; hit: boolean }[] {
  return snippet
    .split(/<mark>|<\/mark>/)
    .map((text, i) => ({ text: plain(text), hit: i % 2 === 1 }))
    .filter(({ text }) => text);
}

function plain(text: string): string {
  return text.replace(
    /&(lt|gt|amp|quot|#39|#34);/g,
    (_, name: string) => ({ lt: "<", gt: ">", amp: "&", quot: '"', "#39": "'", "#34": '"' })[name] ?? "",
  );
}
