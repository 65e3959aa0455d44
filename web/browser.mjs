// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Meridian authors
//
// A headless Chromium by its debugging pipe, without a driver package: opens a file, tells what
// the console said and what was asked of the network, runs axe-core, takes pictures.
//   node browser.mjs check FILE            exit 1 with reasons when something is wrong
//   node browser.mjs shot FILE OUT.png [width=1280] [height=900] [dark] [print] [full] [y=0] [eval=JS]
//   node browser.mjs pdf FILE OUT.pdf
//   node browser.mjs eval FILE JS [WIDTH]  prints what JS gives
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));

async function browser() {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "meridian-chromium-"));
  const child = spawn(process.env.CHROMIUM || "chromium", ["--headless", "--no-sandbox", "--disable-gpu",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
    "--disable-dev-shm-usage", "--force-color-profile=srgb", `--user-data-dir=${home}`, "--remote-debugging-pipe", "about:blank"],
  { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
  const [, , , to, from] = child.stdio;
  const waiting = new Map(), heard = [];
  let rest = "", n = 0;

  from.setEncoding("utf8");
  from.on("data", (d) => {
    rest += d;
    for (let end; (end = rest.indexOf("\0")) >= 0; rest = rest.slice(end + 1)) {
      const m = JSON.parse(rest.slice(0, end));
      if (m.id && waiting.has(m.id)) {
        const [yes, no] = waiting.get(m.id);
        waiting.delete(m.id);
        m.error ? no(new Error(m.error.message)) : yes(m.result);
      } else if (m.method) {
        heard.push(m);
      }
    }
  });
  const send = (method, params = {}, sessionId = undefined) => new Promise((yes, no) => {
    waiting.set(++n, [yes, no]);
    to.write(JSON.stringify({ id: n, method, params, sessionId }) + "\0");
  });
  const { targetInfos } = await send("Target.getTargets");
  const { sessionId } = await send("Target.attachToTarget", { targetId: targetInfos.find((t) => t.type === "page").targetId, flatten: true });
  const page = (method, params) => send(method, params, sessionId);
  const close = async () => {
    const gone = new Promise((yes) => child.once("exit", yes));
    await send("Browser.close").catch(() => {});
    await gone;
    fs.rmSync(home, { recursive: true, force: true });
  };
  return { page, heard, close };
}

const wait = (ms) => new Promise((yes) => setTimeout(yes, ms));

async function evaluate(b, expression) {
  const r = await b.page("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
  if (r.exceptionDetails) throw new Error(r.exceptionDetails.exception?.description || r.exceptionDetails.text);
  return r.result.value;
}

async function open(b, file, { width = 1280, height = 900, dark = false, print = false } = {}) {
  for (const d of ["Page", "Runtime", "Network", "Log"]) await b.page(`${d}.enable`);
  await b.page("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
  await b.page("Emulation.setEmulatedMedia", { media: print ? "print" : "", features: [
    { name: "prefers-color-scheme", value: dark ? "dark" : "light" }, { name: "prefers-reduced-motion", value: "reduce" }] });
  await b.page("Page.navigate", { url: `file://${path.resolve(file)}` });
  for (let i = 0; i < 200; i++) {
    if (await evaluate(b, "document.readyState === 'complete' && !!document.querySelector('#page[data-ready]')").catch(() => false)) break;
    await wait(50);
  }
  await evaluate(b, "document.fonts.ready.then(() => new Promise(requestAnimationFrame)).then(() => 1)");
  await wait(100);
}

// What the console said, what threw, what was asked of the network beyond the file itself.
function faults(b, file) {
  const bad = [];
  for (const m of b.heard) {
    if (m.method === "Runtime.exceptionThrown") bad.push(`threw: ${m.params.exceptionDetails.exception?.description || m.params.exceptionDetails.text}`);
    if (m.method === "Runtime.consoleAPICalled") bad.push(`console.${m.params.type}: ${m.params.args.map((a) => a.value ?? a.description).join(" ")}`);
    if (m.method === "Log.entryAdded") bad.push(`log ${m.params.entry.level}: ${m.params.entry.text}`);
    if (m.method === "Network.requestWillBeSent") {
      const { url } = m.params.request;
      if (url !== `file://${path.resolve(file)}` && !url.startsWith("data:") && !url.startsWith("blob:")) bad.push(`asked the network for ${url}`);
    }
  }
  return bad;
}

// Where the marks of the maps are, as shares of their map; and labels that are cut or cover one another.
const MAPS = `(() => {
  const marks = [], cut = [];
  for (const svg of document.querySelectorAll(".map > svg")) {
    const all = svg.getBoundingClientRect(), seen = [];
    if (!all.width) continue;
    for (const mark of svg.querySelectorAll(".mark")) {
      const at = mark.querySelector("circle, path").getBoundingClientRect(), text = mark.querySelector("text");
      marks.push([(at.x + at.width / 2 - all.x) / all.width, (at.y + at.height / 2 - all.y) / all.height].map((v) => v.toFixed(2)).join(" "));
      if (!text) continue;
      const r = text.getBoundingClientRect();
      if (r.left < all.left || r.right > all.right || r.top < all.top - 2 || r.bottom > all.bottom + 2) cut.push(text.textContent + " is cut");
      for (const o of seen) if (r.left < o.right && o.left < r.right && r.top + 3 < o.bottom && o.top + 3 < r.bottom) cut.push(text.textContent + " covers another label");
      seen.push(r);
    }
  }
  return { marks: marks.join(", "), cut };
})()`;

async function check(b, file) {
  const bad = [];
  let marks = null;
  const axe = fs.readFileSync(path.join(here, "node_modules/axe-core/axe.min.js"), "utf8");

  for (const view of [{}, { dark: true }, { width: 400, height: 800 }]) {
    const name = view.dark ? "dark" : view.width ? "narrow" : "light";
    b.heard.length = 0;
    await open(b, file, view);
    // Everything that can be opened, so that everything is looked at.
    await evaluate(b, "document.querySelectorAll('details').forEach((d) => { d.open = true; }); new Promise((r) => setTimeout(r, 400)).then(() => 1)");
    if (!await evaluate(b, "document.querySelector('#page').dataset.ready === 'yes'")) bad.push(`${name}: the page did not start`);
    const over = await evaluate(b, "document.documentElement.scrollWidth - document.documentElement.clientWidth");
    if (over > 0) bad.push(`${name}: ${over} pixels wider than the window`);
    const map = await evaluate(b, MAPS);
    bad.push(...map.cut.map((v) => `${name}: on the map, ${v}`));
    if ((marks ??= map.marks) !== map.marks) bad.push(`${name}: marks are at ${map.marks} of the map, not at ${marks}`);
    await evaluate(b, `${axe}; 1`);
    const found = await evaluate(b, `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })
      .then((r) => r.violations.map((v) => v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map((n) => n.target.join(" ") + " " + (n.any[0]?.message || "")).join(" | ")))`);
    bad.push(...found.map((v) => `${name}: axe: ${v}`), ...faults(b, file).map((v) => `${name}: ${v}`));
  }
  return bad;
}

const [what, file, ...args] = process.argv.slice(2);
const b = await browser();
let status = 0;

try {
  if (what === "check") {
    const bad = await check(b, file);
    for (const line of bad) console.log(line);
    status = bad.length ? 1 : 0;
  } else if (what === "shot") {
    const opt = Object.fromEntries(args.slice(1).map((a) => a.split(/=(.*)/s)).map(([k, v]) => [k, v ?? true]));
    const width = +(opt.width || 1280), height = +(opt.height || 900);
    await open(b, file, { width, height, dark: !!opt.dark, print: !!opt.print });
    if (opt.eval) await evaluate(b, opt.eval);
    await wait(300);
    const { cssContentSize } = await b.page("Page.getLayoutMetrics");
    const { data } = await b.page("Page.captureScreenshot", { format: "png", captureBeyondViewport: true,
      clip: { x: 0, y: +(opt.y || 0), width, height: opt.full ? cssContentSize.height : height, scale: 1 } });
    fs.writeFileSync(args[0], Buffer.from(data, "base64"));
    console.log(`${args[0]}: the page is ${cssContentSize.width} x ${cssContentSize.height}`);
    for (const line of faults(b, file)) console.log(line);
  } else if (what === "pdf") {
    await open(b, file);
    const { data } = await b.page("Page.printToPDF", { printBackground: true, preferCSSPageSize: true, paperWidth: 8.27, paperHeight: 11.69 });
    fs.writeFileSync(args[0], Buffer.from(data, "base64"));
  } else if (what === "eval") {
    await open(b, file, { width: +(args[1] || 1280) });
    console.log(await evaluate(b, args[0]));
  } else {
    console.log("check, shot, pdf or eval");
    status = 2;
  }
} catch (e) {
  console.log(String(e));
  status = 1;
}
await b.close();
process.exit(status);
