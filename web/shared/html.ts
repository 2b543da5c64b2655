import { h, type ComponentChild } from "preact";

// The server sanitises what bots and agents write. This does it once more, by
// building nodes only from what is on the lists, so that neither a mistake
// there nor an old stored message can run anything here.

const TAGS = new Set(
  "p br strong em b i s del code pre ul ol li a blockquote hr h1 h2 h3 h4 h5 h6 table thead tbody tr th td img span div sup sub details summary kbd".split(" "),
);
const DROPPED = new Set("script style template iframe object embed noscript svg math form input button select textarea".split(" "));

const safeLink = (url: string): boolean => /^(https?:\/\/|mailto:|tel:|\/(?!\/)|#)/i.test(url);
const ownImage = (url: string): boolean => /^\/(?!\/)/.test(url) || url.startsWith(location.origin + "/");

/** Makes nodes of sanitised HTML. Links open in a new tab. */
export function safeHTML(html: string): ComponentChild[] {
  return children(new DOMParser().parseFromString(html, "text/html").body);
}

function children(parent: Node): ComponentChild[] {
  return [...parent.childNodes].map(convert);
}

function convert(node: Node): ComponentChild {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent;
  if (!(node instanceof Element)) return null;
  const tag = node.localName;
  if (DROPPED.has(tag) || (tag === "img" && !ownImage(node.getAttribute("src") ?? ""))) return null;
  if (!TAGS.has(tag)) return children(node) as ComponentChild;
  if (tag === "a" && !safeLink(node.getAttribute("href") ?? "")) return children(node) as ComponentChild;
  return h(tag, attributes(node, tag), ...children(node));
}

function attributes(node: Element, tag: string): Record<string, string | number> {
  const kept: Record<string, string | number> = {};
  const copy = (name: string) => {
    const value = node.getAttribute(name);
    if (value !== null) kept[name] = value;
  };
  copy("dir");
  copy("lang");
  if (/^h\d/.test(tag) && node.id) kept["id"] = "at-" + node.id; // nothing else is found by such a name
  if (tag === "a") {
    Object.assign(kept, { href: node.getAttribute("href"), target: "_blank", rel: "noopener noreferrer nofollow" });
  } else if (tag === "img") {
    Object.assign(kept, { src: node.getAttribute("src"), alt: node.getAttribute("alt") ?? "", loading: "lazy" });
    copy("width");
    copy("height");
  } else if (tag === "pre") {
    kept["tabindex"] = 0; // scrolls, so the keyboard must reach it
  } else if (tag === "ol") {
    copy("start");
  } else if (tag === "td" || tag === "th") {
    copy("colspan");
    copy("rowspan");
    copy("scope");
  }
  return kept;
}
