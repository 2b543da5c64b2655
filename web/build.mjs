// Bundles the widget, the console and the page enhancements into dist/, with
// hashed names, a manifest that the Go side reads, compressed copies, and
// budgets that fail the build.
import * as esbuild from "esbuild";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { createHash } from "node:crypto";

const root = dirname(fileURLToPath(import.meta.url));
const options = Object.fromEntries(process.argv.slice(2).map((arg) => arg.replace(/^--/, "").split("=")).map(([name, value = "yes"]) => [name, value]));
const dist = options.out ? resolve(options.out) : join(root, "dist"); // --out=DIR
const only = options.only?.split(","); // --only=widget,launcher
const at = (...parts) => join(root, ...parts);
const kB = 1000;

const WIDGET_LANGUAGES = ["en", "de", "ar"];
const CONSOLE_LANGUAGES = ["en", "de"];

const common = {
  bundle: true, minify: true, target: ["es2022", "safari16"], metafile: true, write: false, outdir: dist, absWorkingDir: root,
  sourcemap: "linked", sourcesContent: true, legalComments: "none", logLevel: "warning", charset: "utf8",
  entryNames: "[name]-[hash]", chunkNames: "[name]-[hash]", assetNames: "[name]-[hash]",
};
// Members of our own objects, which the widget's build may call what it likes:
// neither frames, nor stored values, nor the browser have members of these names.
const OWN = (
  "Avatar Icon IconButton changed connected disconnected discard durable ensureToken hear insert inside lostAt merge opensAt outbox places " +
  "readJSON refused repair restart retryAfter retryAt retryNow setFields setSeen staffed stored streams summaries thread threads"
).split(" ");
// The widget uses so little of Preact and signals that stand-ins save it 5 kB.
const lean = {
  tsconfigRaw: { compilerOptions: { useDefineForClassFields: false, jsx: "react", jsxFactory: "h", jsxFragmentFactory: "Fragment" } }, inject: [at("shared/ui/h.ts")],
  mangleProps: new RegExp(`^(${OWN.join("|")})$`), alias: { preact: "./widget/dom.ts", "@preact/signals-core": "./widget/signals.ts" },
};
const automatic = { jsx: "automatic", jsxImportSource: "preact" };

/** The messages of a surface by language: locales/<surface>.<language>.json. */
function catalogue(surface, languages) {
  return Object.fromEntries(
    languages
      .map((language) => [language, at("locales", `${surface}.${language}.json`)])
      .filter(([, file]) => existsSync(file))
      .map(([language, file]) => [language, JSON.parse(readFileSync(file, "utf8"))]),
  );
}

/** Every language has every message, and none that English has not. */
function checkLanguages(surface, languages) {
  const all = catalogue(surface, languages);
  if (!all.en) return;
  const problems = [];
  for (const language of languages) {
    const messages = all[language] ?? {};
    for (const key of Object.keys(all.en)) if (!(key in messages)) problems.push(`${language}: ${key} is missing`);
    for (const key of Object.keys(messages)) if (!(key in all.en)) problems.push(`${language}: ${key} is not in English`);
  }
  if (problems.length) fail(`Messages of the ${surface}:\n  ${problems.join("\n  ")}`);
}

/** Every key that the sources ask for by a literal, t("…"), has a message. One that ends in a dot is the start of several. */
function checkKeys(messages, dirs, except = "-") {
  const missing = new Set();
  for (const file of dirs.flatMap((dir) => find(at(dir), /(?<!\.test)\.tsx?$/)).filter((file) => !file.startsWith(at(except)))) {
    for (const [, key] of readFileSync(file, "utf8").matchAll(/\bt\("([\w.-]+)"/g)) {
      if (!(key in messages) && !key.endsWith(".")) missing.add(`${key} (${relative(root, file)})`);
    }
  }
  if (missing.size) fail(`No English message for:\n  ${[...missing].sort().join("\n  ")}`);
}

/** A member that frames have must keep its name. */
function checkOwn() {
  const wire = readFileSync(at("shared/wire.ts"), "utf8");
  const taken = OWN.filter((name) => new RegExp(`\\b${name}\\??:`).test(wire));
  if (taken.length) fail(`Frames have members that the widget's build would rename: ${taken.join(", ")}`);
}

function fail(message) {
  console.error(message);
  throw new Error("build failed");
}

// Tokens that the frame sets to the inbox's choice, see rounding in widget.go.
const CHOSEN = ["--r1", "--r2"];

/**
 * Makes the widget's sheet small: no custom properties that nothing uses, none
 * for what has one value only, and no dark colours by media query, because the
 * frame always says which theme it shows.
 */
function shake(css) {
  css = css.replace(/@media\s*\(prefers-color-scheme:\s*dark\)\{:root[^{]*\{[^}]*\}\}/, "").replace(/(--[\w-]+): /g, "$1:");
  const values = [...css.matchAll(/(--[\w-]+):([^;{}]*)(?=[;}])/g)];
  for (const [, name, value] of values) {
    const single = !CHOSEN.includes(name) && !value.includes("var(") && values.filter((other) => other[1] === name).length === 1;
    if (single) css = css.replaceAll(`var(${name})`, value.trim());
  }
  let before;
  do {
    before = css;
    const used = new Set([...css.matchAll(/var\((--[\w-]+)/g)].map((m) => m[1]));
    css = css.replace(/(--[\w-]+):[^;{}]*(;|(?=\}))/g, (all, name) => (used.has(name) ? all : ""));
  } while (css !== before);
  return css;
}

/** Takes out what another sheet, which is always there, says of the tokens already. */
function without(css, other) {
  const themes = (sheet) => [...sheet.matchAll(/(:root[^{,]*)\{((?:color-scheme:[^;}]*;?|--[\w-]+:[^;}]*;?)+)\}/g)];
  const said = new Set(themes(other).flatMap(([, theme, tokens]) => tokens.split(";").map((token) => theme + token)));
  for (const [rule, theme, tokens] of themes(css)) {
    const more = tokens.split(";").filter((token) => token && !said.has(theme + token));
    css = css.replace(rule, more.length ? `${theme}{${more.join(";")}}` : "");
  }
  return css;
}

async function build() {
  const started = Date.now();
  checkLanguages("widget", WIDGET_LANGUAGES);
  checkLanguages("later", WIDGET_LANGUAGES);
  checkLanguages("console", CONSOLE_LANGUAGES);
  const english = (surface) => catalogue(surface, ["en"]).en;
  checkKeys(english("widget"), ["widget"], "widget/later");
  checkKeys({ ...english("widget"), ...english("later") }, ["widget/later"]);
  checkKeys(english("console"), ["console"]);
  checkOwn();
  let mangleCache = {}; // the later piece calls the core's members as the core does
  const manifest = { entries: {}, locales: {}, later: {} };
  const outputs = new Map(); // name → bytes
  const jobs = [
    { name: "launcher", entries: { widget: "widget/loader.ts", chatwoot: "widget/shim-chatwoot.ts", intercom: "widget/shim-intercom.ts" }, options: { format: "iife", sourcemap: false } },
    { name: "launcher", entries: { aside: "widget/aside.ts", proactive: "widget/proactive.ts" }, options: { format: "esm", sourcemap: false } },
    { name: "widget", entries: { frame: "widget/frame.tsx" }, options: { format: "esm", sourcemap: false, ...lean } },
    { name: "widget", entries: { later: "widget/later/index.ts" }, options: { format: "esm", sourcemap: false, ...lean } },
    { name: "widget", entries: { spoken: "widget/spoken.ts" }, options: { format: "esm", sourcemap: false, ...lean } },
    { name: "console", entries: { console: "console/main.tsx" }, options: { format: "esm", splitting: true, chunkNames: "console-[hash]", ...automatic } },
    { name: "site", entries: { enhance: "site/enhance.ts" }, options: { format: "iife" } },
  ];
  for (const job of jobs) {
    const entryPoints = Object.entries(job.entries).filter(([, file]) => existsSync(at(file))).map(([out, file]) => ({ in: at(file), out }));
    if (!entryPoints.length || (only && !only.includes(job.name))) continue;
    const result = await esbuild.build({ ...common, entryPoints, ...job.options, ...(job.name === "widget" && { mangleCache }) });
    mangleCache = { ...mangleCache, ...result.mangleCache };
    collect(result, job, manifest, outputs);
  }
  cutLocales(manifest, outputs);
  write(outputs, manifest);
  const over = report(manifest, outputs);
  console.log(`built ${outputs.size} files in ${Date.now() - started} ms`);
  if (over) fail("Over budget.");
}

function collect(result, job, manifest, outputs) {
  const rename = new Map(); // the frame's style sheet after shaking has another hash
  for (const file of result.outputFiles) {
    let name = relative(dist, file.path);
    let bytes = Buffer.from(file.contents);
    if (job.name === "widget" && name.endsWith(".css")) {
      const core = outputs.get(manifest.entries.frame?.css);
      const whole = shake(bytes.toString().replace(/\/\*# sourceMappingURL=.*?\*\/\s*$/, ""));
      const text = core ? without(whole, core.toString()) : whole;
      bytes = Buffer.from(text);
      rename.set(name, name.replace(/-[\w]+\.css$/, `-${hash(text)}.css`));
      name = rename.get(name);
    } else if (job.name === "widget" && name.endsWith(".css.map")) continue;
    outputs.set(name, bytes);
  }
  for (const [path, meta] of Object.entries(result.metafile.outputs)) {
    if (!meta.entryPoint) continue;
    const js = relative(dist, join(root, path));
    const entry = Object.entries(job.entries).find(([, file]) => file === meta.entryPoint)?.[0];
    if (!entry) continue; // a lazy route
    const preload = staticImports(result.metafile, path);
    manifest.entries[entry] = { js };
    if (meta.cssBundle) {
      const css = relative(dist, join(root, meta.cssBundle));
      manifest.entries[entry].css = rename.get(css) ?? css;
    }
    if (preload.length) manifest.entries[entry].preload = preload;
  }
}

function staticImports(metafile, path, seen = new Set()) {
  for (const used of metafile.outputs[path].imports) {
    if (used.external || used.kind !== "import-statement" || seen.has(used.path)) continue;
    seen.add(used.path);
    staticImports(metafile, used.path, seen);
  }
  return [...seen].map((p) => relative(dist, join(root, p)));
}

/** Writes the widget's messages by language: those that the frame's page carries, and a script with those of the later piece. */
function cutLocales(manifest, outputs) {
  for (const [language, messages] of Object.entries(catalogue("widget", WIDGET_LANGUAGES))) {
    manifest.locales[language] = `widget.${language}.json`;
    outputs.set(manifest.locales[language], Buffer.from(JSON.stringify(messages)));
  }
  for (const [language, messages] of Object.entries(catalogue("later", WIDGET_LANGUAGES))) {
    const text = `export default ${JSON.stringify(messages)}`;
    manifest.later[language] = `later-${language}-${hash(text)}.js`;
    outputs.set(manifest.later[language], Buffer.from(text));
  }
}

function hash(text) {
  return createHash("sha256").update(text).digest("base64url").slice(0, 8).toUpperCase().replace(/[-_]/g, "X");
}

function write(outputs, manifest) {
  mkdirSync(dist, { recursive: true });
  for (const name of readdirSync(dist)) if (name !== ".keep") rmSync(join(dist, name), { recursive: true });
  for (const [name, bytes] of outputs) {
    writeFileSync(join(dist, name), bytes);
    if (/\.(js|css|svg|json)$/.test(name) && bytes.length > 256) {
      writeFileSync(join(dist, name + ".gz"), gzipSync(bytes, { level: 9 }));
      writeFileSync(join(dist, name + ".br"), brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
    }
  }
  writeFileSync(join(dist, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
}

const gzip = (bytes) => gzipSync(bytes, { level: 9 }).length;

/** The frame's page as widget.go fills it, for the largest of the languages. */
function largestPage(manifest, outputs) {
  const template = readFileSync(at("pages/chat.html"), "utf8");
  return Math.max(...Object.entries(manifest.locales).map(([locale, file]) => {
    const later = [manifest.entries.later.js, manifest.entries.later.css, manifest.later[locale]].map((name) => "/assets/" + name);
    const boot = JSON.stringify({ inbox: "pk_0123456789abcdef", name: "Northwind Coffee", locale, later, messages: JSON.parse(outputs.get(file)) });
    return gzip(template.replace("{{.Boot}}", boot).replace("{{.}}", manifest.entries.frame.css).replace("{{.Entry.JS}}", manifest.entries.frame.js).replace(/\{\{.*?\}\}/g, ""));
  }));
}

/** Prints what visitors and agents download, and tells whether something is over its budget. See docs/adr/0013. */
function report(manifest, outputs) {
  const size = (name) => (name && outputs.has(name) ? gzip(outputs.get(name)) : 0);
  const entry = (name) => manifest.entries[name] ?? {};
  const code = (name) => size(entry(name).js) + (entry(name).preload ?? []).reduce((sum, file) => sum + size(file), 0);
  const rows = [];
  if (entry("widget").js && entry("frame").js) {
    const chat = [["launcher", size(entry("widget").js), 2 * kB], ["chat's script", code("frame"), 10.3 * kB], ["chat's style", size(entry("frame").css), 2.1 * kB], ["chat's page with its messages", largestPage(manifest, outputs), 1.2 * kB]];
    const messages = Math.max(...Object.values(manifest.later).map(size));
    rows.push(
      ...chat, ["together, to a working chat", chat.reduce((sum, [, bytes]) => sum + bytes, 0), 15 * kB],
      ["later, script and style", size(entry("later").js) + size(entry("later").css), 12.7 * kB],
      ["later, messages", messages, 1.5 * kB], ["later, beside the launcher", size(entry("aside").js), 1.2 * kB],
      ["where the inbox speaks first", size(entry("proactive").js) + size(entry("spoken").js), 2.5 * kB],
    );
  }
  if (entry("enhance").js) rows.push(["page enhancements", size(entry("enhance").js), 3 * kB]);
  if (entry("console").js) rows.push(["console's first load", code("console") + size(entry("console").css), 100 * kB]);
  let over = false;
  console.log("gzip                            bytes   budget");
  for (const [what, bytes, budget] of rows) {
    const bad = bytes > budget;
    over ||= bad;
    console.log(`${what.padEnd(30)}${String(bytes).padStart(7)}${String(budget).padStart(9)}${bad ? "  over" : ""}`);
  }
  return over;
}

async function test() {
  const out = mkdtempSync(join(tmpdir(), "parley-web-test-"));
  const tests = ["shared", "widget", "console"].flatMap((dir) => find(at(dir), /\.test\.tsx?$/));
  try {
    await esbuild.build({
      ...common, ...automatic, entryPoints: tests, outdir: out, outbase: root, write: true, minify: false, metafile: false,
      sourcemap: "inline", target: "node20", platform: "node", format: "esm", entryNames: "[dir]/[name]", outExtension: { ".js": ".mjs" }, loader: { ".css": "empty" },
    });
    const files = find(out, /\.test\.mjs$/);
    process.exitCode = spawnSync(process.execPath, ["--test", "--enable-source-maps", ...files], { stdio: "inherit" }).status ?? 1;
  } finally {
    rmSync(out, { recursive: true });
  }
}

function find(dir, pattern) {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { recursive: true }).filter((name) => pattern.test(name)).map((name) => join(dir, name));
}

async function watch() {
  const { watch: follow } = await import("node:fs");
  let timer;
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(() => build().catch(() => {}), 80);
  };
  for (const dir of ["shared", "widget", "console", "site", "styles", "locales"]) {
    if (existsSync(at(dir))) follow(at(dir), { recursive: true }, again);
  }
  again();
}

if (options.test) await test();
else if (options.watch) await watch();
else await build().catch((e) => { if (e.message !== "build failed") console.error(e.message); process.exitCode = 1; });
