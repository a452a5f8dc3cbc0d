// Bundles the page and gathers the licence of every package that went into it. Called by ../vendor.sh.
import { build } from "esbuild";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = dirname(here);

// GraphiQL carries two typefaces inside its style sheet, half a megabyte. The page uses the reader's own instead.
const withoutFonts = {
  name: "without-fonts",
  setup(plugins) {
    plugins.onLoad({ filter: /\.css$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replace(/@font-face\s*\{[^}]*\}/g, ""),
      loader: "css",
    }));
  },
};

// GraphiQL's dialogs would lock the page's scrolling through an inline <style>, which a strict Content-Security-Policy
// refuses. This page never scrolls, so the locking is left out instead.
const withoutInlineStyles = {
  name: "without-inline-styles",
  setup(plugins) {
    plugins.onResolve({ filter: /^react-style-singleton$/ }, () => ({ path: join(here, "no-style.js") }));
  },
};

const { metafile, outputFiles } = await build({
  absWorkingDir: here,
  entryPoints: [{ in: "app.js", out: "graphiql" }],
  outdir: out,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  define: { "process.env.NODE_ENV": '"production"' },
  legalComments: "none", // every licence stands whole in LICENSES.txt
  metafile: true,
  write: false,
  plugins: [withoutFonts, withoutInlineStyles],
});
for (const file of outputFiles) await writeFile(file.path, file.contents);

const folders = new Set();
for (const input of Object.keys(metafile.inputs)) {
  const found = input.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//);
  if (found) folders.add(found[1]);
}
const texts = new Map(); // licence text → the packages that bear it
for (const folder of [...folders].sort()) {
  const at = join(here, folder);
  const { name, version, license } = JSON.parse(await readFile(join(at, "package.json"), "utf8"));
  const file = (await readdir(at)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? (await readFile(join(at, file), "utf8")).trim() : `Licence as its package.json states it: ${license}`;
  texts.set(text, [...(texts.get(text) ?? []), `${name} ${version} (${license})`]);
}
const rule = "=".repeat(80);
const parts = [...texts].map(([text, names]) => `${rule}\n${names.join("\n")}\n${rule}\n\n${text}\n`);
await writeFile(join(out, "LICENSES.txt"), parts.join("\n"));
console.log([...texts.values()].flat().join("\n"));
