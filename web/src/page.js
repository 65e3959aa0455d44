// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Meridian authors
//
// The document: verdict, findings, method, sources, how to verify, the data itself.
import { useEffect, useState } from "preact/hooks";
import { Finding } from "./finding.js";
import { Linked, Table, Text, When, html, save } from "./parts.js";
import { STATES, clean, count, day, plural, seconds, shortState, size, span, sure, verb } from "./text.js";

const GRAVE = /^(route\.hijack|outage|site\.(blocked|rerouted))/;
const tone = (kind) => (GRAVE.test(kind) ? "grave" : "light");

const Mark = () => html`<svg class="logo" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
  <circle cx="12" cy="12" r="10.5" /><ellipse cx="12" cy="12" rx="4.6" ry="10.5" /><path d="M12 1.5V22.5" class="prime" /></svg>`;

const state = (f) => STATES[f.state] || clean(f.state || "");

// A finding's place within the time of the run.
function Bar({ f, run }) {
  const a = seconds(run.first), b = seconds(run.last), x = seconds(f.first), y = seconds(f.last ?? f.first);

  if (a == null || x == null || b <= a) return null;
  const at = Math.max(0, (x - a) / (b - a)) * 100, w = Math.max(1.5, ((y - x) / (b - a)) * 100);
  return html`<svg class="bar" width="100" height="10" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
    <rect class="rail" x="0" y="4" width="100" height="2" /><rect class=${tone(f.kind)} x=${Math.min(98, at)} y="1" width=${Math.min(w, 100 - at)} height="8" /></svg>`;
}

function Overview({ page, open }) {
  const fs = page.findings;

  return html`<${Table} caption=${`All ${count(fs.length)} findings, the gravest first`} wide first=${8} id="all"
    head=${[["No.", "num"], ["What"], ["Kind"], ["When (UTC)"], [html`<span class="hidden">within the data</span>`, "bars"], ["How sure", "num"], ["State"]]}
    rows=${fs.map((f, i) => ({ key: f.id + i, cells: [i + 1,
      html`<a href=${`#finding-${i + 1}`} onClick=${() => open(i)}><${Text} of=${f.title} /></a>`,
      html`<span class=${"kind " + tone(f.kind)}>${clean(f.kind)}</span>`, html`<${When} at=${f.first} />`,
      html`<${Bar} f=${f} run=${page.run} />`, html`<span title=${sure(f.confidence)}>${f.confidence.toFixed(2)}</span>`, shortState(f.state)] }))} />`;
}

function Figures({ f, page }) {
  const s = f.subject, rpki = s.prefixes.filter((p) => p.rpki === "invalid").length;
  const cells = [
    f.first && f.last && f.first !== f.last && ["lasted", (() => { const d = seconds(f.last) - seconds(f.first); return d >= 172800 ? `${Math.floor(d / 86400)} d` : d >= 3600 ? `${Math.floor(d / 3600)} h ${Math.floor((d % 3600) / 60)} min` : d >= 60 ? `${Math.floor(d / 60)} min` : `${d} s`; })()],
    s.prefixes.length && [s.prefixes.length === 1 ? "prefix" : "prefixes", count(s.prefixes.length)],
    f.seen_by.peers && [`${f.seen_by.of ? `of ${plural(f.seen_by.of, "vantage point")}` : f.seen_by.peers === 1 ? "vantage point" : "vantage points"} ${verb(f.kind)} it`, count(f.seen_by.peers)],
    rpki && ["prefixes invalid by RPKI", count(rpki)],
    s.urls.length && [s.urls.length === 1 ? "site" : "sites", count(s.urls.length)],
    !f.believers.length && f.where.countries.length > 0 && [f.where.countries.length === 1 ? "country" : "countries", count(f.where.countries.length)],
    [sure(f.confidence), f.confidence.toFixed(2)],
  ].filter(Boolean);

  return html`<dl class="figures">${cells.map(([k, v]) => html`<div><dd>${v}</dd><dt>${k}</dt></div>`)}</dl>`;
}

function Limits({ page }) {
  const { run } = page;
  const t = run.tables;
  const table = (x) => (x.source == null ? "the table that is built in" : html`<a href=${`#source-${x.source}`}>source ${x.source}</a>`);
  const date = (x) => (x.time ? `, of ${day(x.time)}` : "");

  return html`<ul class="plainlist">
    <li>${t.vrps ? html`RPKI states come from ${table(t.vrps)}${date(t.vrps)}. A ROA made or withdrawn after that is not seen.` : "No VRPs were given: nothing is said about RPKI."}</li>
    <li>${t.aspas ? html`ASPA states come from ${table(t.aspas)}.` : "No ASPAs were given: paths are not judged by ASPA."}</li>
    <li>${t.relations ? html`Who is whose provider comes from ${table(t.relations)}${date(t.relations)}; such tables are inferred, and age.` : "No relationships of networks were given: leaks are told only from what the routes say themselves."}</li>
    <li>Routes are seen at ${plural(run.peers, "vantage point")}. What none of them saw is not here; that they believed a route says that their network would have sent traffic there, not that traffic was read.</li>
    <li>Countries are those of registration. Names of networks are those of the registries.</li>
  </ul>`;
}

function Method({ page }) {
  const rules = new Map(page.findings.filter((f) => f.rule).map((f) => [`${f.rule.id} ${f.rule.version}`, f.rule]));

  return html`<section id="method" aria-labelledby="h-method"><h2 id="h-method">Method and limits</h2>
    <p>Meridian reads recorded routes and measurements, turns every record into facts, and lets fixed rules judge them in the order of their
      time. The same input and the same version give the same findings, to the byte. A confidence is the sum of counted evidence with
      published weights; it is never a feeling.</p>
    ${rules.size ? html`<h3>Rules that fired</h3><dl class="rules">${[...rules.values()].map((r) => html`<div><dt><code>${clean(r.id)}</code> <span class="aside">version ${r.version}</span></dt><dd><${Text} of=${r.text} /></dd></div>`)}</dl>` : null}
    <h3>Limits</h3><${Limits} page=${page} />
    ${page.run.notes.length ? html`<h3>Notes of this run</h3><ul class="plainlist">${page.run.notes.map((n) => html`<li><${Text} of=${n} /></li>`)}</ul>` : null}
  </section>`;
}

function Sources({ page }) {
  const list = page.sources, garbled = list.flatMap((s, i) => s.garbled.map((g) => ({ ...g, i })));
  const named = (s) => [clean(s.kind ?? "not a kind that Meridian knows"), s.coding && s.coding !== "plain" ? clean(s.coding) : null].filter(Boolean).join(", ");

  return html`<section id="sources" aria-labelledby="h-sources"><h2 id="h-sources">Sources</h2>
    <p>${plural(list.length, "source")}, ${plural(page.run.records, "record")}, ${plural(page.run.routes, "route")}. Every record was decoded, or is counted as skipped.</p>
    <${Table} caption="What was read" wide first=${50}
      head=${[["No.", "num"], ["Source"], ["Kind"], ["Size", "num"], ["Records", "num"], ["Skipped", "num"], ["SHA-256 of the file", "mono"]]}
      rows=${list.map((s, i) => ({ key: i, cells: [html`<span id=${`source-${i}`}>${i}</span>`,
        html`<${Text} of=${s.path} />${s.provenance ? html`<br /><span class="aside"><${Text} of=${s.provenance} /></span>` : null}${s.fault ? html`<br /><span class="fault"><${Text} of=${s.fault} /></span>` : null}`,
        s.empty ? "empty" : named(s), size(s.bytes), count(s.records), s.skipped ? html`<b class="fault">${count(s.skipped)}</b>` : "0", html`<code class="hash">${s.sha256}</code>`] }))} />
    ${garbled.length ? html`<${Table} caption="What was skipped, and why" head=${[["Source", "num"], ["Offset", "num"], ["Length", "num"], ["What"], ["Why"]]}
      rows=${garbled.map((g, i) => ({ key: i, cells: [html`<a href=${`#source-${g.i}`}>${g.i}</a>`, count(g.offset), count(g.length), g.what, html`<${Text} of=${g.why} />`] }))} />` : null}
    ${page.run.thanks.length ? html`<h3>Whose data this is</h3><ul class="plainlist">${page.run.thanks.map((t) => html`<li><${Linked} of=${t} /></li>`)}</ul>` : null}
  </section>`;
}

// The profiles stand in the page without script, as text that the program wrote: it is moved, not made.
function Profiles({ node }) {
  return html`<section id="profiles" aria-labelledby="h-profiles" ref=${(el) => { if (el && !el.firstChild) el.append(...node.childNodes); }}></section>`;
}

const quote = (s) => (/^[A-Za-z0-9_.,:=+@%/-]+$/.test(s) ? s : `'${s.replaceAll("'", "'\\''")}'`);
const CAT = { gzip: "gzip -dc", bzip2: "bzip2 -dc", xz: "xz -dc", zstd: "zstd -dc" };

function Verify({ page }) {
  const f = page.findings.find((x) => x.evidence.length), e = f?.evidence[0], s = e && page.sources[e.source];

  return html`<section id="verify" aria-labelledby="h-verify"><h2 id="h-verify">Verify it yourself</h2>
    <p>Nothing here asks for trust in Meridian. With the sources at hand and the tools of any Unix system:</p>
    <ol class="steps">
      ${page.sources.length ? html`<li><p>Are the sources the same files? Compare their digests with the table above.</p>
        <pre tabindex="0" aria-label="Command">sha256sum ${clean(quote(page.sources[0].path))}</pre></li>` : null}
      ${s && html`<li><p>Are these the bytes? Cut a piece of evidence out. This is the first one of finding ${page.findings.indexOf(f) + 1}.</p>
        <pre tabindex="0" aria-label="Command">${CAT[s.coding] || "cat"} ${clean(quote(s.path))} | tail -c +${e.offset + 1} | head -c ${e.length} | sha256sum</pre>
        <p>It prints <code class="hash">${e.sha256}</code>.</p></li>`}
      <li><p>Does the same input give the same findings? Run this with Meridian ${page.meridian}, and <code>--json</code>: its findings are those of this page, to the byte.</p>
        <pre tabindex="0" aria-label="Command">${page.run.command.map((a) => clean(quote(a))).join(" ")}</pre></li>
    </ol>
  </section>`;
}

function csv(page) {
  const cell = (v) => { const t = v == null ? "" : String(v); return `"${/^[=+\-@\t\r]/.test(t) ? "'" : ""}${t.replaceAll('"', '""')}"`; };
  const head = ["id", "kind", "state", "first", "last", "confidence", "actor", "victims", "prefixes", "title"];

  return [head, ...page.findings.map((f) => [f.id, f.kind, f.state, f.first, f.last, f.confidence, f.actor?.asn,
    f.victims.map((v) => v.asn).join(" "), f.subject.prefixes.map((p) => p.prefix).join(" "), f.title])]
    .map((r) => r.map(cell).join(",")).join("\n") + "\n";
}

const Data = ({ page }) => html`<section id="data" class="noprint" aria-labelledby="h-data"><h2 id="h-data">The data of this page</h2>
  <p>All that stands here is in the page itself, as <code>meridian observe --json</code> prints it; the project's <code>docs/formats.md</code> says what each field means.</p>
  <p class="buttons"><button type="button" onClick=${() => save("meridian.json", "application/json", document.getElementById("data-json").textContent)}>Save as JSON</button>
    <button type="button" onClick=${() => save("meridian.csv", "text/csv", csv(page))}>Save the findings as CSV</button></p></section>`;

function fromHash(n) {
  const m = /^#finding-(\d+)$/.exec(location.hash);
  return m && +m[1] >= 1 && +m[1] <= n ? +m[1] - 1 : null;
}

export function Page({ page }) {
  const fs = page.findings;
  const [opened, setOpened] = useState(() => new Set([0, fromHash(fs.length) ?? 0]));
  const open = (i) => setOpened((o) => new Set([...o, i]));
  const shut = (i) => setOpened((o) => new Set([...o].filter((x) => x !== i)));

  useEffect(() => {
    const go = () => { const i = fromHash(fs.length); if (i != null) open(i); };
    addEventListener("hashchange", go);
    return () => removeEventListener("hashchange", go);
  }, []);
  // A list of hundreds has a line each only for those that are near the top or were asked for.
  const shown = fs.map((f, i) => i).filter((i) => i < 25 || opened.has(i));
  const nav = [["verdict", "Verdict"], ...(fs.length ? [["findings", fs.length === 1 ? "The finding" : `${count(fs.length)} findings`]] : []),
    ...(page.profiles ? [["profiles", "Countries"]] : []),
    ["method", "Method and limits"], ["sources", "Sources"], ["verify", "Verify"], ["data", "Data"]];

  return html`
    <a class="skip" href="#verdict">Skip to the verdict</a>
    <header class="top"><div class="brand"><${Mark} /><span>Meridian</span></div>
      <p>Report on ${page.run.first ? span(page.run.first, page.run.last) : "recorded sources"}<span class="aside"> · version ${page.meridian}</span></p></header>
    <div class="frame">
      <nav class="toc noprint" aria-label="Contents"><ol>${nav.map(([id, t]) => html`<li><a href=${`#${id}`}>${t}</a></li>`)}</ol></nav>
      <main>
        <section id="verdict" aria-labelledby="h-verdict">
          ${page.run.partial ? html`<p class="partial" role="note">This run was interrupted: the page shows what was found until then.</p>` : null}
          <h1 id="h-verdict" tabindex="-1"><${Text} of=${page.verdict} /></h1>
          ${page.rest ? html`<p class="rest"><${Text} of=${page.rest} /></p>` : null}
          ${fs.length ? html`<${Figures} f=${fs[0]} page=${page} />` : null}
        </section>
        ${fs.length ? html`<section id="findings" aria-labelledby="h-findings">
          <h2 id="h-findings">${fs.length === 1 ? "The finding" : "Findings"}</h2>
          ${fs.length > 1 ? html`<${Overview} page=${page} open=${open} />` : null}
          ${shown.map((i) => html`<details key=${i} class="one" id=${`finding-${i + 1}`} open=${opened.has(i)}
            onToggle=${(e) => (e.currentTarget.open ? open(i) : shut(i))}>
            <summary><span class="no">${i + 1}</span><span class=${"kind " + tone(fs[i].kind)}>${clean(page.kinds[fs[i].kind] ?? fs[i].kind)}</span>
              <h3><${Text} of=${fs[i].title} /></h3><span class="state">${state(fs[i])}</span></summary>
            ${opened.has(i) ? html`<${Finding} f=${fs[i]} page=${page} number=${i + 1} />` : null}
          </details>`)}
          ${shown.length < fs.length ? html`<p class="note">${plural(fs.length - shown.length, "more finding")}: open ${fs.length - shown.length === 1 ? "it" : "one"} from the table above.</p>` : null}
        </section>` : null}
        ${page.profiles ? html`<${Profiles} node=${page.profiles} />` : null}
        <${Method} page=${page} />
        <${Sources} page=${page} />
        <${Verify} page=${page} />
        <${Data} page=${page} />
      </main>
    </div>
    <footer class="bottom"><p>Made by Meridian ${page.meridian}, an observatory of the Internet. This page asks nothing of the network and keeps nothing.</p>
      <p>Boundaries: ${page.map}. The map takes no position on the status of any territory or boundary. Type: Source Serif, Source Sans and Source Code by Adobe (OFL 1.1).</p></footer>`;
}
