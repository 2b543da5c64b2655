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
// The widget uses so little of Preact and signals that stand-ins save it 5 kB.
const lean = {
  tsconfigRaw: { compilerOptions: { useDefineForClassFields: false, jsx: "react", jsxFactory: "h", jsxFragmentFactory: "Fragment" } }, inject: [at("shared/ui/h.ts")],
  alias: { preact: "./widget/dom.ts", "@preact/signals-core": "./widget/signals.ts" },
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
function checkKeys(messages, dirs) {
  if (!messages) return;
  const missing = new Set();
  for (const file of dirs.flatMap((dir) => find(at(dir), /(?<!\.test)\.tsx?$/))) {
    for (const [, key] of readFileSync(file, "utf8").matchAll(/\bt\("([\w.-]+)"/g)) {
      if (!(key in messages) && !key.endsWith(".")) missing.add(`${key} (${relative(root, file)})`);
    }
  }
  if (missing.size) fail(`No English message for:\n  ${[...missing].sort().join("\n  ")}`);
}

function fail(message) {
  console.error(message);
  throw new Error("build failed");
}

/** Drops custom properties that nothing in the sheet uses: the widget pays for every byte. */
function shake(css) {
  let before;
  do {
    before = css;
    const used = new Set([...css.matchAll(/var\((--[\w-]+)/g)].map((m) => m[1]));
    css = css.replace(/(--[\w-]+):[^;{}]*(;|(?=\}))/g, (all, name) => (used.has(name) ? all : ""));
  } while (css !== before);
  return css;
}

async function build() {
  const started = Date.now();
  checkLanguages("widget", WIDGET_LANGUAGES);
  checkLanguages("console", CONSOLE_LANGUAGES);
  checkKeys(catalogue("widget", WIDGET_LANGUAGES).en, ["widget"]);
  checkKeys(catalogue("console", CONSOLE_LANGUAGES).en, ["console"]);
  const manifest = { entries: {}, locales: {} };
  const outputs = new Map(); // name → bytes
  const jobs = [
    { name: "launcher", entries: { widget: "widget/loader.ts", chatwoot: "widget/shim-chatwoot.ts", intercom: "widget/shim-intercom.ts" }, options: { format: "iife", sourcemap: false } },
    { name: "widget", entries: { frame: "widget/frame.tsx" }, options: { format: "esm", sourcemap: false, ...lean } },
    { name: "widget", entries: { later: "widget/later/index.ts" }, options: { format: "esm", sourcemap: false, ...lean } },
    { name: "console", entries: { console: "console/main.tsx" }, options: { format: "esm", splitting: true, chunkNames: "console-[hash]", ...automatic } },
    { name: "site", entries: { enhance: "site/enhance.ts" }, options: { format: "iife" } },
  ];
  for (const job of jobs) {
    const entryPoints = Object.entries(job.entries).filter(([, file]) => existsSync(at(file))).map(([out, file]) => ({ in: at(file), out }));
    if (!entryPoints.length || (only && !only.includes(job.name))) continue;
    const result = await esbuild.build({ ...common, entryPoints, ...job.options });
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
      const text = shake(bytes.toString().replace(/\/\*# sourceMappingURL=.*?\*\/\s*$/, ""));
      bytes = Buffer.from(text);
      rename.set(name, name.replace(/-[\w]+\.css$/, `-${createHash("sha256").update(text).digest("base64url").slice(0, 8).toUpperCase().replace(/[-_]/g, "X")}.css`));
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

/** Writes the widget's messages, one file a language; the frame's page carries them. */
function cutLocales(manifest, outputs) {
  for (const [language, messages] of Object.entries(catalogue("widget", WIDGET_LANGUAGES))) {
    const text = JSON.stringify(messages);
    const name = `widget.${language}.json`;
    outputs.set(name, Buffer.from(text));
    manifest.locales[language] = name;
  }
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

function report(manifest, outputs) {
  const size = (name) => (name && outputs.has(name) ? gzipSync(outputs.get(name), { level: 9 }).length : 0);
  const entry = (name) => manifest.entries[name] ?? {};
  const code = (name) => size(entry(name).js) + (entry(name).preload ?? []).reduce((sum, file) => sum + size(file), 0);
  const locale = size(manifest.locales.en);
  const rows = [
    ["launcher", size(entry("widget").js), 2 * kB],
    ["widget script", code("frame"), 0],
    ["widget style", size(entry("frame").css), 0],
    ["widget messages, in its page", locale, 0],
    ["widget, fetched later", size(entry("later").js) + size(entry("later").css), 0],
    ["widget to a working chat", size(entry("widget").js) + code("frame") + size(entry("frame").css), 15 * kB],
    ["page enhancements", size(entry("enhance").js), 3 * kB],
  ];
  if (entry("console").js) rows.push(["console first load", code("console") + size(entry("console").css), 100 * kB]);
  let over = false;
  console.log("gzip                            bytes   budget");
  for (const [what, bytes, budget] of rows) {
    const bad = budget > 0 && bytes > budget;
    over ||= bad;
    console.log(`${what.padEnd(30)}${String(bytes).padStart(7)}${budget ? String(budget).padStart(9) : ""}${bad ? "  over" : ""}`);
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
