// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Meridian authors
//
// Makes web/dist from web/src: what the binary embeds, committed so that building needs no Node.
//   npm ci --ignore-scripts && node build.mjs [OUTDIR]
// The same inputs give the same bytes; tests/web.sh holds dist to that.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { createRequire } from "node:module";
import { world } from "./world.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.resolve(process.argv[2] ?? path.join(here, "dist"));
const at = (...p) => path.join(here, ...p);

fs.mkdirSync(out, { recursive: true });

const codes = createRequire(import.meta.url)("i18n-iso-countries/codes.json");
const CODES = JSON.stringify(codes.map(([a2, a3, n3]) => `${a2} ${a3} ${n3}`).join(" "));

// One script and one style; no eval, nothing from elsewhere.
const js = await build({
  entryPoints: [at("src/main.js")], bundle: true, minify: true, format: "iife", target: "es2022",
  define: { CODES },
  legalComments: "none", write: false, charset: "utf8", metafile: true, absWorkingDir: here });
const css = await build({
  stdin: { contents: '@import "uplot/dist/uPlot.min.css"; @import "./src/style.css";', resolveDir: here, loader: "css" },
  bundle: true, minify: true, write: false, charset: "utf8", target: "es2022", legalComments: "none", absWorkingDir: here });

// Letters of Latin scripts stand in the page; others come from the reader's own machine.
const FONTS = [
  ["Source Serif 4 Variable", "source-serif-4", "200 900"],
  ["Source Sans 3 Variable", "source-sans-3", "200 900"],
  ["Source Code Pro Variable", "source-code-pro", "200 900"],
];
const faces = FONTS.map(([family, name, weight]) => {
  const file = at(`node_modules/@fontsource-variable/${name}/files/${name}-latin-wght-normal.woff2`);
  return `@font-face{font-family:"${family}";font-weight:${weight};font-display:swap;src:url(data:font/woff2;base64,${fs.readFileSync(file).toString("base64")}) format("woff2")}`;
}).join("\n");

const script = js.outputFiles[0].text;
if (/<\/script/i.test(script)) throw new Error("the script must not hold its own end tag");
fs.writeFileSync(path.join(out, "report.js"), script);
fs.writeFileSync(path.join(out, "report.css"), `${faces}\n${css.outputFiles[0].text}`);
fs.writeFileSync(path.join(out, "world.json"), JSON.stringify(world()) + "\n");

// The licences of what is bundled: exactly the packages that esbuild took files from, and those
// whose data stand in the page.
const names = new Set(Object.keys(js.metafile.inputs).map((f) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(f)?.[1]).filter(Boolean));
for (const [, name] of FONTS) names.add(`@fontsource-variable/${name}`);
names.add("world-atlas");
const parts = [...names].sort().map((n) => {
  const dir = at("node_modules", n), p = JSON.parse(fs.readFileSync(path.join(dir, "package.json"), "utf8"));
  const file = fs.readdirSync(dir).find((f) => /^(licen[cs]e|copying)/i.test(f));
  const text = file ? fs.readFileSync(path.join(dir, file), "utf8") : `Licence: ${p.license}. The package has no licence text of its own.`;
  return `${"=".repeat(80)}\n${n} ${p.version} (${p.license})\n${"=".repeat(80)}\n${text.replace(/\r\n/g, "\n").trim()}\n`;
});
fs.writeFileSync(path.join(out, "LICENSES.txt"),
  `What the page of Meridian's reports is bundled with. The geometry of world.json is Natural Earth's,\nin the public domain (https://www.naturalearthdata.com).\n\n${parts.join("\n")}`);
