// What makes server-rendered pages quicker to use. Every page works without it.

interface Passage {
  slug: string;
  locale: string;
  title: string;
  heading?: string;
  url: string;
  snippet: string;
}

const PAUSE = 150; // ms after the last key

/** Suggestions under a search form, as a combobox; data-suggest is the address that answers with results. */
function suggest(form: HTMLFormElement, nth: number): void {
  const input = form.querySelector<HTMLInputElement>("input[type=search], input[name=q]");
  const address = form.dataset["suggest"];
  if (!input || !address) return;
  const list = document.createElement("ul");
  list.className = "suggest";
  list.id = "suggest-" + nth;
  list.role = "listbox";
  list.hidden = true;
  list.ariaLabel = form.dataset["suggestions"] ?? "";
  const locale = form.dataset["locale"] ?? "";
  form.append(list);
  input.role = "combobox";
  input.autocomplete = "off";
  input.ariaAutoComplete = "list";
  input.ariaExpanded = "false";
  input.setAttribute("aria-controls", list.id);
  let found: Passage[] = [];
  let chosen = -1;
  let timer = 0;
  let asked: AbortController | undefined;

  const show = (passages: Passage[]) => {
    found = passages;
    chosen = -1;
    list.hidden = !found.length;
    input.ariaExpanded = String(!list.hidden);
    input.removeAttribute("aria-activedescendant");
    list.replaceChildren(
      ...found.map((p, i) => {
        const item = document.createElement("li");
        const more = document.createElement("small");
        item.role = "option";
        item.id = `${list.id}-${i}`;
        item.dir = "auto";
        item.textContent = p.title;
        more.textContent = p.heading || p.snippet.slice(0, 90);
        item.append(more);
        item.onpointerdown = (e) => {
          e.preventDefault();
          open(p);
        };
        return item;
      }),
    );
  };
  const open = (p: Passage) => {
    // What the reader thinks of the article is then known of the search too.
    const id = [...crypto.getRandomValues(new Uint8Array(26))].map((b) => "abcdefghijklmnopqrstuvwxyz234567"[b & 31]).join("");
    const opened = JSON.stringify({ q: input.value, locale, slug: p.slug, results: found.length, source: "suggest", id });
    navigator.sendBeacon(address + "/opened", new Blob([opened], { type: "application/json" }));
    const to = new URL(p.url, location.href);
    to.searchParams.set("lang", p.locale); // as it was suggested, whatever the browser asks for
    to.searchParams.set("from", id);
    location.assign(to);
  };
  const choose = (index: number) => {
    chosen = (index + found.length + 1) % (found.length + 1);
    if (chosen === found.length) chosen = -1;
    [...list.children].forEach((item, i) => ((item as HTMLElement).ariaSelected = String(i === chosen)));
    if (chosen < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", list.children[chosen]!.id);
  };
  input.oninput = () => {
    clearTimeout(timer);
    asked?.abort();
    if (input.value.trim().length < 2) return show([]);
    timer = window.setTimeout(async () => {
      asked = new AbortController();
      try {
        const answer = await fetch(`${address}?q=${encodeURIComponent(input.value)}&locale=${encodeURIComponent(locale)}`, { signal: asked.signal, headers: { Accept: "application/json" } });
        if (answer.ok) show(((await answer.json()) as { results: Passage[] }).results.slice(0, 6));
      } catch {
        // Aborted or out of reach: the form still searches.
      }
    }, PAUSE);
  };
  input.onkeydown = (e) => {
    if (list.hidden || e.isComposing) return;
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      choose(chosen < 0 && e.key === "ArrowUp" ? found.length - 1 : chosen + (e.key === "ArrowDown" ? 1 : -1));
    } else if (e.key === "Enter" && chosen >= 0) {
      e.preventDefault();
      open(found[chosen]!);
    } else if (e.key === "Escape") {
      show([]);
    }
  };
  input.onblur = () => show([]);
}

/** Times in the reader's own zone: time[data-local], with "date" for no clock. */
function localTime(time: HTMLTimeElement): void {
  const at = new Date(time.dateTime);
  if (isNaN(at.getTime())) return;
  const options: Intl.DateTimeFormatOptions = time.dataset["local"] === "date" ? { dateStyle: "long" } : { dateStyle: "medium", timeStyle: "short" };
  time.title = time.textContent ?? "";
  time.textContent = new Intl.DateTimeFormat(document.documentElement.lang || undefined, { ...options, numberingSystem: "latn" }).format(at);
}

/** A copy button for each block of code: data-copy on the body names it. */
function copyable(code: HTMLPreElement, label: string, done: string): void {
  const frame = document.createElement("div");
  const button = document.createElement("button");
  frame.className = "code";
  button.className = "button copy";
  button.type = "button";
  button.textContent = label;
  button.onclick = async () => {
    await navigator.clipboard.writeText(code.innerText);
    button.textContent = done;
    setTimeout(() => (button.textContent = label), 2000);
  };
  code.replaceWith(frame);
  frame.append(code, button);
}

/** A vote without leaving the page: form[data-vote] with the thanks as its value. */
function vote(form: HTMLFormElement): void {
  form.onsubmit = async (e) => {
    e.preventDefault();
    const body = new FormData(form, e.submitter);
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(body as unknown as Record<string, string>), headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const thanks = document.createElement("p");
      thanks.role = "status";
      thanks.textContent = form.dataset["vote"] ?? "";
      form.replaceWith(thanks);
    } catch {
      form.onsubmit = null;
      form.requestSubmit(e.submitter);
    }
  };
}

/** Steps that can be ticked off; which are done is kept in this browser only. */
function progress(list: HTMLElement): void {
  const { steps = "", tick = "", of = "", again = "" } = list.dataset;
  const key = "parley.steps." + steps;
  let ticked: string[] = [];
  try {
    ticked = (localStorage.getItem(key) ?? "").split(" ");
  } catch {} // storage may be off: then it is kept until the page is left
  const bar = document.createElement("progress");
  const text = document.createElement("span");
  const reset = document.createElement("button");
  const row = document.createElement("div");
  const boxes: HTMLInputElement[] = [];
  const show = () => {
    boxes.forEach((box) => box.closest(".step")!.classList.toggle("step-done", box.checked));
    const ids = boxes.filter((box) => box.checked).map((box) => box.value);
    bar.value = ids.length;
    text.textContent = of.replace("{done}", String(ids.length));
    reset.hidden = !ids.length;
    try {
      localStorage.setItem(key, ids.join(" "));
    } catch {}
  };
  for (const heading of list.querySelectorAll<HTMLElement>(".step > h2")) {
    const label = document.createElement("label");
    const box = document.createElement("input");
    label.className = "step-check";
    box.type = "checkbox";
    box.value = heading.id;
    box.checked = ticked.includes(heading.id);
    box.setAttribute("aria-describedby", heading.id);
    box.onchange = show;
    label.append(box, tick);
    heading.parentElement!.append(label);
    boxes.push(box);
  }
  row.className = "steps-progress";
  text.role = "status";
  bar.max = boxes.length;
  bar.ariaHidden = "true"; // the text beside it says the same
  reset.className = "button";
  reset.type = "button";
  reset.textContent = again;
  reset.onclick = () => {
    boxes.forEach((box) => (box.checked = false));
    show();
    boxes[0]?.focus();
  };
  row.append(bar, text, reset);
  list.before(row);
  show();
}

/** Opens the answer that the address names, where the browser does not by itself. */
function reveal(): void {
  const at = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const box = at?.closest("details");
  if (!at || !box || box.open) return;
  box.open = true;
  at.scrollIntoView();
}

document.querySelectorAll<HTMLElement>("[data-steps]").forEach(progress);
addEventListener("hashchange", reveal);
reveal();
addEventListener("beforeprint", () => document.querySelectorAll<HTMLDetailsElement>("details.faq").forEach((box) => (box.open = true)));
document.querySelectorAll<HTMLFormElement>("form[data-suggest]").forEach(suggest);
document.querySelectorAll<HTMLTimeElement>("time[data-local]").forEach(localTime);
document.querySelectorAll<HTMLFormElement>("form[data-vote]").forEach(vote);
const copy = document.body.dataset["copy"];
if (copy && navigator.clipboard) {
  document.querySelectorAll<HTMLPreElement>(".prose pre").forEach((code) => copyable(code, copy, document.body.dataset["copied"] ?? copy));
}
addEventListener("keydown", (e) => {
  if (e.key !== "/" || e.ctrlKey || e.metaKey || e.altKey || (e.target as Element).closest?.("input, textarea, select, [contenteditable]")) return;
  const search = document.querySelector<HTMLInputElement>("form[data-suggest] input");
  if (!search) return;
  e.preventDefault();
  search.focus();
});
