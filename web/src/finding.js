// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Meridian authors
//
// One finding, in full. Every part appears when the data has it, so that routes, sites, outages
// and what comes later share one page.
import { useMemo, useState } from "preact/hooks";
import { Legend, WorldMap } from "./map.js";
import { Network, Table, Text, When, html } from "./parts.js";
import { Paths } from "./paths.js";
import { Timeline, toSteps } from "./timeline.js";
import { clean, count, duration, plural, seconds, span, sure, verb } from "./text.js";

const RPKI = { valid: "valid", invalid: "invalid", "not-found": "no ROA" };
const WHY = { origin: "another origin", length: "too specific", as0: "AS0" };

const LAYERS = { bgp: "routing (BGP)", dns: "names (DNS)", ip: "addresses (IP)", tcp: "connections (TCP)",
  tls: "encryption (TLS)", http: "the web (HTTP)", quic: "connections (QUIC)" };

const List = ({ of, page, role, some = 6 }) => html`
  ${of.slice(0, some).map((n) => html`<span class="item"><${Network} of=${n} role=${role} names=${page.name} /></span>`)}
  ${of.length > some ? html`<span class="item none">and ${count(of.length - some)} more</span>` : null}`;

const Fact = ({ name, children }) => html`<div class="fact"><dt>${name}</dt><dd>${children}</dd></div>`;

function rpkiCount(prefixes) {
  const n = {};
  for (const p of prefixes) if (p.rpki) n[p.rpki] = (n[p.rpki] || 0) + 1;
  return ["invalid", "not-found", "valid"].filter((k) => n[k]).map((k) => `${count(n[k])} ${RPKI[k]}`).join(", ");
}

function Facts({ f, page }) {
  const s = f.subject, stale = f.believers.filter((b) => b.stale).length;
  const who = f.actor, most = Math.max(0, ...f.levels.map((l) => l[1]));

  return html`<dl class="facts">
    <${Fact} name="When">${span(f.first, f.last)}${f.first && f.last && f.last !== f.first
      ? html` <span class="aside">${duration(seconds(f.last) - seconds(f.first))}</span>` : null}
      ${f.waves.length > 1 ? html`, in ${count(f.waves.length)} waves` : null}</${Fact}>
    ${who && html`<${Fact} name="Who"><${Network} of=${who} role="actor" names=${page.name} />
      ${who.role ? html` as <${Text} of=${who.role} />` : null}, <span class="aside">${sure(who.confidence)} (${who.confidence.toFixed(2)})</span>
      ${who.why ? html`<p class="small"><${Text} of=${who.why} /></p>` : null}</${Fact}>`}
    ${f.victims.length ? html`<${Fact} name=${s.prefixes.length ? "Whose addresses" : "Whom it hits"}><${List} of=${f.victims} page=${page} role="victim" /></${Fact}>` : null}
    ${s.prefixes.length ? html`<${Fact} name="Prefixes">${plural(s.prefixes.length, "prefix", "prefixes")}${rpkiCount(s.prefixes)
      ? html`; by RPKI: ${rpkiCount(s.prefixes)}` : null}</${Fact}>` : null}
    ${s.urls.length ? html`<${Fact} name="What">${s.urls.map((u) => html`<span class="item url"><${Text} of=${u} /></span>`)}</${Fact}>` : null}
    ${s.asns.length ? html`<${Fact} name="Networks"><${List} of=${s.asns} page=${page} /></${Fact}>` : null}
    ${f.seen_by.of || f.seen_by.peers ? html`<${Fact} name=${verb(f.kind) === "saw" ? "Seen by" : "Believed by"}>${count(f.seen_by.peers)}${f.seen_by.of ? ` of ${count(f.seen_by.of)}` : ""} ${f.seen_by.of === 1 ? "vantage point" : "vantage points"}${most && most < f.seen_by.peers ? html`, <span class="aside">${count(most)} at once at most</span>` : null}${stale
      ? html`; ${count(stale)} of them never let go (stale)` : null}</${Fact}>` : null}
    ${f.carriers.length ? html`<${Fact} name="Passed on by"><${List} of=${f.carriers} page=${page} /></${Fact}>` : null}
    ${f.where.countries.length || f.where.asns.length ? html`<${Fact} name="Where">${f.where.countries.slice(0, 12).map((c) => page.name(c)).join(", ")}${f.where.countries.length > 12
      ? html` <span class="none">and ${count(f.where.countries.length - 12)} more</span>` : null}
      ${f.where.countries.length && f.where.asns.length ? ": " : null}${f.where.asns.length ? html`<${List} of=${f.where.asns} page=${page} />` : null}</${Fact}>` : null}
    ${f.layer ? html`<${Fact} name="Layer"><${Text} of=${LAYERS[f.layer] ?? f.layer} />${f.mechanism ? html`, by <${Text} of=${f.mechanism} />` : null}
      ${f.where.hop ? html`; hop <${Text} of=${f.where.hop} />` : null}</${Fact}>` : null}
    <${Fact} name="How sure"><strong>${sure(f.confidence)}</strong> <span class="aside">(${f.confidence.toFixed(2)})</span></${Fact}>
  </dl>`;
}

// Vantage points by country: those that believe it at a time, or at any time.
function byCountry(f, time) {
  const n = new Map();

  for (const b of f.believers) {
    if (time != null && (seconds(b.first) > time || (b.last && seconds(b.last) <= time))) continue;
    n.set(b.country || "", (n.get(b.country || "") || 0) + 1);
  }
  if (!f.believers.length) for (const c of f.where.countries) n.set(c, 1);
  return n;
}

function Figures({ f, page, number, children }) {
  const [time, setTime] = useState(null);
  const counted = f.believers.length > 0;
  const values = useMemo(() => byCountry(f, time), [f, time]);
  const total = useMemo(() => [...byCountry(f, null)].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)), [f]);
  const levels = useMemo(() => toSteps(f.levels), [f]);
  const waves = useMemo(() => f.waves.map((w) => [seconds(w.first), seconds(w.last)]), [f]);
  // The time of the event and some before and after, as far as there are data.
  const begin = seconds(f.first), end = seconds(f.last || f.first), around = 600 + (end - begin) / 6;
  const first = Math.max(seconds(page.run.first || f.first), begin - around);
  const last = Math.min(seconds(page.run.last || f.last), end + around);
  const actor = f.actor && (f.actor.asn || f.actor.name) ? f.actor : null;
  const onMap = counted || f.where.countries.length || actor?.country || f.victims.some((v) => v.country);
  const held = verb(f.kind) === "saw" ? "had it" : "believed it";
  const caption = counted
    ? `${plural([...values.values()].reduce((a, b) => a + b, 0), "vantage point")} in ${plural([...values.keys()].filter(Boolean).length, "country", "countries")}${time == null ? ` ${verb(f.kind)} it at some time` : " at this moment"}`
    : "Countries that it touches";

  return html`
    ${onMap ? html`<figure class="mapfig" id=${`map-${number}`}>
      <figcaption><b>Map ${number}.</b> ${!counted ? "Where it happened." : verb(f.kind) === "saw" ? "Where it was seen: vantage points whose routers had it, by country."
        : "Where it was believed: vantage points whose routers took the false route, by country."}</figcaption>
      <${WorldMap} values=${values} of=${page.peers} actor=${actor} victims=${f.victims} names=${page.name}
        counted=${counted} verb=${verb(f.kind)} caption=${caption} label=${`World map of finding ${number}`} />
      <${Legend} counted=${counted} verb=${verb(f.kind)} actor=${!!actor?.country} victims=${f.victims.length > 0} />
      ${counted ? html`<details class="alt"><summary>The map as a table</summary>
        <${Table} caption=${`Vantage points that ${verb(f.kind)} it, by country`} head=${[["Country"], [`${verb(f.kind)} it`, "num"], ["Vantage points there", "num"]]}
          rows=${total.map(([c, n]) => ({ key: c, cells: [c ? page.name(c) : "country not known", count(n), page.peers[c] ? count(page.peers[c]) : "–"] }))} />
      </details>` : null}
      <p class="note">The map takes no position on the status of any territory or boundary. Countries are by the code (ISO 3166)
        under which a network is registered, which need not be where its routers stand. Shapes without a code are not coloured.</p>
    </figure>` : null}
    ${levels.length > 1 && last > first ? html`<figure id=${`time-${number}`}>
      <figcaption><b>Figure ${number}.</b> Vantage points that ${held}, around the time of the event (UTC).</figcaption>
      <${Timeline} levels=${levels} waves=${waves} first=${first} last=${last} of=${f.seen_by.of} time=${time} setTime=${setTime} held=${held} />
      <details class="alt"><summary>The figure as a table</summary>
        <${Table} caption=${`Vantage points that ${held}, by change`} head=${[["From (UTC)"], ["Vantage points", "num"]]} first=${24}
          rows=${f.levels.map(([t, n], i) => ({ key: i, cells: [html`<${When} at=${t} />`, count(n)] }))} />
      </details>
    </figure>` : null}
    ${children}
    ${f.waves.length > 1 || (f.waves.length && f.layer === "bgp") ? html`<${Waves} f=${f} />` : null}`;
}

// Bursts: of updates at the core of the net, of measurements at its edge.
function Waves({ f }) {
  const routes = f.layer === "bgp";
  const head = [["Wave"], ["First (UTC)"], ["Last (UTC)"], ...(routes
    ? [["Prefixes", "num"], ["Announcements", "num"], ["Withdrawals", "num"], ["Vantage points", "num"]] : [["Measurements", "num"]])];

  return html`<${Table} caption="Waves" head=${head} rows=${f.waves.map((w, i) => ({ key: i, cells: [i + 1,
    html`<${When} at=${w.first} />`, html`<${When} at=${w.last} />`, ...(routes
      ? [w.prefixes, w.announcements, w.withdrawals, w.peers] : [w.announcements]).map(count)] }))} />`;
}

function Prefixes({ f }) {
  if (!f.subject.prefixes.length) return null;
  const today = f.first?.slice(0, 10);
  return html`<section><h4>Prefixes</h4><${Table} caption=${`Prefixes of this event; times are UTC, on ${today || "unknown days"} where no day is given`} wide
    head=${[["Prefix", "mono"], ["How"], ["RPKI"], ["Owner"], ["First"], ["Last announced"], ["Let go by all"], ["Vantage points, at most", "num"]]}
    rows=${f.subject.prefixes.map((p) => ({ key: p.prefix + p.kind, cells: [clean(p.prefix), clean(p.kind),
      p.rpki ? html`<span class=${"rpki " + p.rpki}>${RPKI[p.rpki] || clean(p.rpki)}</span>${p.rpki_why ? html` <span class="aside">${WHY[p.rpki_why] || clean(p.rpki_why)}</span>` : null}` : html`<span class="none">not judged</span>`,
      p.victim ? `AS${p.victim}` : "–", html`<${When} at=${p.first} day=${today} />`, html`<${When} at=${p.last} day=${today} />`,
      p.withdrawn ? html`<${When} at=${p.withdrawn} day=${today} />` : html`<span class="none">not seen</span>`, count(p.peers)] }))} /></section>`;
}

// The critical properties of the Internet way of networking (Internet Society, 2020).
const PROPERTIES = {
  accessible: "an accessible infrastructure with a common protocol",
  layered: "an open architecture of interoperable and reusable building blocks",
  decentralised: "decentralised management and a single distributed routing system",
  unique: "common global identifiers",
  general: "a technology-neutral, general-purpose network",
};

function Harms({ f, page }) {
  const what = (id) => page.harms.find((x) => x.harm === id && f.kind.startsWith(x.kind))?.what;

  return html`<h5>What it harms</h5><p class="note">By the critical properties of the Internet way of networking, as the Internet Society defines them.</p>
    <dl class="harms">${f.harms.map((id) => html`<div><dt>${PROPERTIES[id] ?? clean(id)}</dt>${what(id) ? html`<dd><${Text} of=${what(id)} />.</dd>` : null}</div>`)}</dl>`;
}

// What the confidence is the sum of; and remarks, which weigh nothing.
function Tags({ f }) {
  const most = Math.max(...f.tags.map((t) => Math.abs(t.weight)));
  const cell = (t) => html`<${Text} of=${t.text || t.id} /> <code class="aside">${clean(t.id)}</code>`;

  if (!most)
    return html`<${Table} caption="What was counted" head=${[["Evidence"]]} rows=${f.tags.map((t, i) => ({ key: i, cells: [cell(t)] }))} />`;
  return html`<${Table} caption=${`Evidence for (+) and against (−), with its weight in the confidence of ${f.confidence.toFixed(2)}`} cls="weights"
    head=${[["Evidence"], ["Weight", "num"], [html`<span class="hidden">as a bar</span>`, "bars"]]}
    rows=${f.tags.map((t, i) => ({ key: i, cells: [cell(t),
      t.weight ? `${t.weight > 0 ? "+" : "−"}${Math.abs(t.weight).toFixed(2)}` : html`<span class="none">–</span>`,
      html`<svg width="120" height="10" aria-hidden="true"><rect class=${t.weight < 0 ? "against" : "for"} y="1" height="8"
        x="0" width=${118 * Math.abs(t.weight) / most} /></svg>`] }))} />`;
}

function Grounds({ f, page }) {
  return html`<section><h4>Why Meridian says so</h4>
    ${f.rule && html`<blockquote class="rule"><p><${Text} of=${f.rule.text} /></p><footer>Rule <code>${clean(f.rule.id)}</code>, version ${f.rule.version}</footer></blockquote>`}
    ${f.tags.length ? html`<${Tags} f=${f} />` : null}
    ${f.caveats.length ? html`<h5>What else could explain it</h5><ul class="caveats">${f.caveats.map((c) => html`<li><${Text} of=${c} /></li>`)}</ul>` : null}
    ${f.harms.length ? html`<${Harms} f=${f} page=${page} />` : null}
  </section>`;
}

function Evidence({ f, page }) {
  const src = (i) => page.sources[i];

  if (!f.evidence.length && !f.context.length) return null;
  return html`<section><h4>Evidence</h4>
    ${f.evidence.length ? html`<p>Each piece is a range of bytes of a source, after decompression. <a href="#verify">How to cut one out and check it.</a></p>
      <${Table} caption="Pieces of evidence" head=${[["Source"], ["Offset", "num"], ["Length", "num"], ["SHA-256 of the bytes", "mono"]]} first=${6}
        rows=${f.evidence.map((e, i) => ({ key: i, cells: [html`<a href=${`#source-${e.source}`}>${clean(src(e.source)?.path?.split("/").pop() ?? e.source)}</a>`,
          count(e.offset), count(e.length), html`<code class="hash">${e.sha256}</code>`] }))} />` : null}
    ${f.context.length ? html`<${Table} caption="Rows of tables that it rests on" head=${[["Table"], ["Row", "mono"], ["From"]]} first=${6}
      rows=${f.context.map((c, i) => ({ key: i, cells: [clean(c.kind), html`<code><${Text} of=${c.text} /></code>`,
        c.source == null ? "built in" : html`<a href=${`#source-${c.source}`}>${clean(src(c.source)?.path ?? c.source)}</a>`] }))} />` : null}
  </section>`;
}

const Believers = ({ f, page }) => (f.believers.length ? html`<section><h4>Vantage points</h4>
  <${Table} caption=${`Vantage points that ${verb(f.kind)} it; times are UTC, on ${f.first?.slice(0, 10) || "unknown days"} where no day is given`} wide first=${8}
    head=${[["Network"], ["Collector"], ["Address", "mono"], ["From"], ["Until"]]}
    rows=${f.believers.map((b, i) => ({ key: i, cls: b.stale ? "stale" : "", cells: [html`<${Network} of=${b} names=${page.name} />`,
      clean(b.collector), clean(b.address), html`<${When} at=${b.first} day=${f.first?.slice(0, 10)} />`,
      b.last ? html`<${When} at=${b.last} day=${f.first?.slice(0, 10)} />` : html`<span class="stale-mark">never let go${b.stale ? " (stale)" : ""}</span>`] }))} /></section>` : null);

// More networks than the facts list.
const Networks = ({ f, page }) => (f.where.asns.length > 6 ? html`<section><h4>Networks</h4>
  <${Table} caption="Networks where it happened" head=${[["Network"], ["Country"]]} first=${8}
    rows=${f.where.asns.map((n, i) => ({ key: i, cells: [html`<${Network} of=${{ ...n, country: null }} names=${page.name} />`,
      n.country ? page.name(n.country) : html`<span class="none">not known</span>`] }))} /></section>` : null);

export function Finding({ f, page, number }) {
  return html`<div class="finding">
    <${Figures} f=${f} page=${page} number=${number}><${Facts} f=${f} page=${page} /></${Figures}>
    <${Paths} f=${f} page=${page} />
    <${Networks} f=${f} page=${page} />
    <${Prefixes} f=${f} />
    <${Grounds} f=${f} page=${page} />
    <${Believers} f=${f} page=${page} />
    <${Evidence} f=${f} page=${page} />
    <p class="id">Finding <code>${f.id}</code></p>
  </div>`;
}

