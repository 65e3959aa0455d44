// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Meridian authors
//
// The world map of one finding: how many vantage points of a country believed it (or which
// countries it touches), where the actor and the victims are registered. It takes no position:
// shapes without an ISO code are never coloured, disputed lines are dashed.
import { geoArea, geoEqualEarth, geoGraticule10, geoPath } from "d3-geo";
import { feature, mesh } from "topojson-client";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { html } from "./parts.js";
import { clean, count, plural, read } from "./text.js";

const W = 960, H = 430;

// ISO 3166-1: "AF AFG 004 AL …", put here by build.mjs. A shape's code may be any of the three.
const ALPHA2 = new Map(CODES.match(/\S+ \S+ \S+/g).map((t) => t.split(" ")).flatMap(([a2, a3, n3]) => [[a2, a2], [a3, a2], [n3, a2]]));
ALPHA2.set("XK", "XK");

// Geometry of --map FILE may say its codes otherwise.
function code(f) {
  const p = f.properties || {};
  for (const v of [f.id, p.iso_a2, p.ISO_A2, p.ISO_A2_EH, p.iso_a3, p.ISO_A3, p.iso_n3, p.ISO_N3, p.countryCode])
    if (ALPHA2.has(v)) return ALPHA2.get(v);
  return null;
}

// GeoJSON's rings run against the clock (RFC 7946 3.1.6), d3's the other way; a ring that is the
// wrong way round would be the rest of the world.
function rewind(f) {
  const g = f.geometry;
  const turn = (rings) => (geoArea({ type: "Polygon", coordinates: rings }) > 2 * Math.PI
    ? rings.map((r) => [...r].reverse()) : rings);

  if (g?.type === "Polygon") return { ...f, geometry: { ...g, coordinates: turn(g.coordinates) } };
  if (g?.type === "MultiPolygon") return { ...f, geometry: { ...g, coordinates: g.coordinates.map(turn) } };
  return f;
}

function load() {
  const raw = read("world");
  let shapes, borders = null, disputed = null;

  if (raw.type === "Topology") {
    const o = raw.objects.countries || Object.values(raw.objects)[0];
    shapes = feature(raw, o).features || [feature(raw, o)];
    borders = raw.objects.borders ? feature(raw, raw.objects.borders) : mesh(raw, o, (a, b) => a !== b);
    if (raw.objects.disputed) disputed = feature(raw, raw.objects.disputed);
  } else {
    shapes = (raw.features || [raw]).map(rewind);
    borders = { type: "FeatureCollection", features: shapes };
  }
  // All land but Antarctica, which would take a fifth of the page.
  const projection = geoEqualEarth().rotate([-11, 0]).fitExtent([[0, 2], [W, H + 52]], { type: "Sphere" });
  const path = geoPath(projection).digits(1);
  const at = {};
  for (const [c, p] of Object.entries(raw.points || {})) at[c] = { p: projection(p), dot: true };
  const list = shapes.map((f) => {
    const c = code(f), p = f.properties || {};
    const middle = p.at ? projection(p.at) : path.centroid(f);
    const dot = p.small === true;
    if (c && c !== "AQ" && (!at[c] || (at[c].dot && !dot))) at[c] = { p: middle, dot };
    return { c, d: path(f) };
  }).filter((s) => s.d && s.c !== "AQ");
  return {
    list, at, borders: borders && path(borders), disputed: disputed && path(disputed),
    graticule: path(geoGraticule10()),
  };
}

let world = null;

// Lays the labels beside their marks, once their letters are there: right, left, below or above of
// it, wherever the whole label is on the map and covers no other and no mark. Lengths are the label's own, of
// which one is `big` of the map's.
function settle(svg, big) {
  const texts = [...svg.querySelectorAll(".mark text")];
  const at = (t) => [t.dataset.x / big, t.dataset.y / big];
  const taken = texts.map(at).map(([x, y]) => [x - 6, y - 6, x + 6, y + 6]);

  for (const text of texts) {
    const [x, y] = at(text), w = text.getComputedTextLength();
    const inside = (from) => Math.max(3 - x, Math.min(W / big - x - w - 3, from));
    const box = ([dx, dy]) => [x + dx - 3, y + dy - 12, x + dx + w + 3, y + dy + 4];
    const whole = ([l, t, r, b]) => l >= 0 && t >= 0 && r <= W / big && b <= H / big;
    const free = ([l, t, r, b]) => !taken.some((o) => l < o[2] && o[0] < r && t < o[3] && o[1] < b);
    const ways = [[10, 4], [-10 - w, 4], [inside(-w / 2), 24], [inside(-w / 2), -12], [inside(-w / 2), 42], [inside(-w / 2), -30]];
    const seen = x >= 0 && y >= 0 && x <= W / big && y <= H / big ? ways : []; // none of one that was moved off the map
    const [dx, dy] = seen.find((v) => whole(box(v)) && free(box(v))) ?? seen.find((v) => whole(box(v))) ?? ways[0];
    text.setAttribute("x", dx.toFixed(1));
    text.setAttribute("y", dy);
    const b = text.getBBox();
    for (const [k, v] of Object.entries({ x: b.x - 3, y: b.y, width: b.width + 6, height: b.height }))
      text.previousElementSibling.setAttribute(k, v.toFixed(1));
    taken.push(box([dx, dy]));
  }
}

// Steps of the colour scale: 1, 2–4, 5–9, 10–19, 20 and more.
export const STEPS = [1, 2, 5, 10, 20];
const step = (n) => STEPS.findLastIndex((s) => n >= s);

// values: Map code → number of believers (or 1 when only touched). of: code → vantage points there.
export function WorldMap({ values, of, actor, victims, names, label, counted, verb, caption }) {
  world = world || load();
  const [view, setView] = useState({ k: 1, x: 0, y: 0 });
  const [over, setOver] = useState(null);
  const drag = useRef(null), svg = useRef(null);
  // Marks and labels keep their size when the map gets small.
  const [big, setBig] = useState(1);
  const shapes = useMemo(() => world.list, []);
  const clampView = ({ k, x, y }) => {
    k = Math.min(12, Math.max(1, k));
    return { k, x: Math.min(0, Math.max(W - W * k, x)), y: Math.min(0, Math.max(H - H * k, y)) };
  };
  const zoom = (by, cx = W / 2, cy = H / 2) => setView((v) => {
    const k = Math.min(12, Math.max(1, v.k * by)), f = k / v.k;
    return clampView({ k, x: cx - (cx - v.x) * f, y: cy - (cy - v.y) * f });
  });
  const pan = (dx, dy) => setView((v) => clampView({ ...v, x: v.x + dx, y: v.y + dy }));
  const keys = (e) => {
    const act = { "+": () => zoom(1.5), "=": () => zoom(1.5), "-": () => zoom(1 / 1.5),
      "0": () => setView({ k: 1, x: 0, y: 0 }), ArrowLeft: () => pan(60, 0), ArrowRight: () => pan(-60, 0),
      ArrowUp: () => pan(0, 60), ArrowDown: () => pan(0, -60) }[e.key];
    if (!act || e.ctrlKey || e.metaKey || e.altKey || e.target.tagName === "BUTTON") return;
    e.preventDefault();
    act();
  };
  const down = (e) => {
    if (view.k === 1 || (e.pointerType === "mouse" && e.button)) return;
    drag.current = [e.clientX, e.clientY];
    e.currentTarget.setPointerCapture(e.pointerId);
  };
  const move = (e) => {
    if (!drag.current) return;
    const f = W / e.currentTarget.getBoundingClientRect().width;
    pan((e.clientX - drag.current[0]) * f, (e.clientY - drag.current[1]) * f);
    drag.current = [e.clientX, e.clientY];
  };
  const say = (c) => {
    const n = values.get(c) || 0;
    const parts = [];
    if (counted) parts.push(of[c] ? `${count(n)} of ${plural(of[c], "vantage point")} ${verb} it` : n ? `${plural(n, "vantage point")} ${verb} it` : "no vantage point here");
    else if (n) parts.push("affected");
    if (actor && actor.country === c) parts.push(`where AS${actor.asn} is registered`);
    const v = victims.filter((x) => x.country === c).length;
    if (v) parts.push(`where ${plural(v, "owner network")} ${v === 1 ? "is" : "are"} registered`);
    return `${names(c)}: ${parts.join("; ")}`;
  };
  const tone = (c) => (c && values.get(c) ? `v${counted ? step(values.get(c)) : 2}` : c ? "land" : "land uncoded");
  const missing = [...new Set([...values.keys(), actor?.country, ...victims.map((v) => v.country)])].filter((c) => c && !world.at[c]);
  const placed = [...values.keys(), actor?.country, ...victims.map((v) => v.country)].filter((c) => c && world.at[c]);
  const dots = [...new Set(placed)].filter((c) => world.at[c].dot);
  const here = (c) => world.at[c]?.p;
  const marks = [];
  const group = new Map();
  for (const v of victims) if (v.country && here(v.country)) group.set(v.country, [...(group.get(v.country) || []), v]);
  for (const [c, list] of group) {
    const name = clean(list[0].name || `AS${list[0].asn}`);
    marks.push({ c, kind: "victim", name, n: list.length });
  }
  // One label where two would cover each other.
  for (const [i, m] of marks.entries()) {
    const [x, y] = here(m.c);
    const near = marks.slice(0, i).find((o) => !o.bare && Math.abs(here(o.c)[0] - x) * view.k < 150 * big && Math.abs(here(o.c)[1] - y) * view.k < 16 * big);
    if (near) {
      m.bare = true;
      near.n += near.name === m.name ? m.n : 0;
    }
  }
  // Letters of a label: a small map has room for the first word or two.
  const most = big > 1.8 ? 22 : Math.floor(W / big / 7) - 2;
  const cut = (text, n) => (text.length > n ? `${text.slice(0, n - 1).trimEnd()}…` : text);
  for (const m of marks) {
    const more = m.n > 1 ? ` · ${m.n}${big > 1.8 ? "" : " networks"}` : "";
    m.text = cut(m.name, most - more.length) + more;
  }
  if (actor?.country && here(actor.country))
    marks.push({ c: actor.country, kind: "actor",
      text: cut(`${actor.asn ? `AS${actor.asn}` : ""}${actor.name && actor.name.length < (actor.asn ? Math.min(40, most - 11) : 40) ? ` ${clean(actor.name)}` : ""}`, most) });
  const s = 1 / view.k;
  useEffect(() => {
    const size = () => setBig(Math.min(3.2, Math.max(1, W / (svg.current.getBoundingClientRect().width || W))));
    const look = new ResizeObserver(size);
    look.observe(svg.current);
    return () => look.disconnect();
  }, []);
  useLayoutEffect(() => {
    const now = svg.current;
    settle(now, big);
    document.fonts.ready.then(() => now.isConnected && settle(now, big));
  });

  return html`<div class="map" role="group" aria-label=${label} tabindex="0" onKeyDown=${keys}>
    <svg ref=${svg} viewBox="0 0 ${W} ${H}" role="img" aria-label=${label + ". The table below says the same."}
      class=${view.k > 1 ? "zoomed" : ""}
      onPointerDown=${down} onPointerMove=${move} onPointerUp=${() => { drag.current = null; }}
      onPointerLeave=${() => setOver(null)}
      onDblClick=${(e) => { const r = e.currentTarget.getBoundingClientRect(); zoom(2, (e.clientX - r.left) * W / r.width, (e.clientY - r.top) * H / r.height); }}>
      <defs>
        <pattern id="hatch-actor" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="scale(${s}) rotate(45)">
          <line x1="0" y1="0" x2="0" y2="5" class="hatch-line" /></pattern>
      </defs>
      <g transform="translate(${view.x} ${view.y}) scale(${view.k})">
        <path d=${world.graticule} class="graticule" />
        ${shapes.map((f) => html`<path d=${f.d} class=${tone(f.c)}
          onPointerEnter=${f.c ? () => setOver(f.c) : () => setOver(null)} />`)}
        ${actor?.country && shapes.filter((f) => f.c === actor.country).map((f) => html`<path d=${f.d} class="actor-shape" />`)}
        ${victims.length ? shapes.filter((f) => f.c && group.has(f.c)).map((f) => html`<path d=${f.d} class="victim-shape" />`) : null}
        ${world.borders && html`<path d=${world.borders} class="borders" />`}
        ${world.disputed && html`<path d=${world.disputed} class="undispute" /><path d=${world.disputed} class="disputed" />`}
        ${dots.map((c) => html`<circle cx=${here(c)[0]} cy=${here(c)[1]} r=${3.2 * s} class=${"dot " + tone(c)}
          onPointerEnter=${() => setOver(c)} />`)}
        ${marks.map((m) => {
          const [x, y] = here(m.c);
          return html`<g class=${"mark " + m.kind} transform="translate(${x} ${y}) scale(${s * big})">
            ${m.kind === "actor" ? html`<path d="M0,-6L6,0L0,6L-6,0Z" />` : html`<circle r="5" />`}
            ${m.bare || !m.text ? null : html`<rect class="plate" />
            <text data-x=${view.x + x * view.k} data-y=${view.y + y * view.k}>${m.text}</text>`}</g>`;
        })}
      </g>
    </svg>
    <div class="mapbar">
      <p class="readout" aria-live="off">${over ? say(over) : caption}</p>
      <div class="zoom noprint">
        <button type="button" aria-label="Zoom in" onClick=${() => zoom(1.6)}>+</button>
        <button type="button" aria-label="Zoom out" onClick=${() => zoom(1 / 1.6)} disabled=${view.k === 1}>−</button>
        <button type="button" aria-label="Whole world" onClick=${() => setView({ k: 1, x: 0, y: 0 })} disabled=${view.k === 1}>⤢</button>
      </div>
    </div>
    ${missing.length ? html`<p class="note">Not on this map: ${missing.map((c) => `${say(c)}`).join(". ")}.</p>` : null}
  </div>`;
}

export const Legend = ({ counted, verb, actor, victims }) => html`<ul class="legend" aria-label="Legend of the map">
  ${counted ? STEPS.map((s, i) => html`<li><span class=${"swatch v" + i}></span>${i + 1 < STEPS.length
    ? STEPS[i + 1] - 1 === s ? s : `${s}–${STEPS[i + 1] - 1}` : `${s} and more`}${i ? "" : ` vantage point ${verb} it`}</li>`)
    : html`<li><span class="swatch v2"></span>affected</li>`}
  ${actor && html`<li><svg width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true" class="mark actor"><path d="M0,-6L6,0L0,6L-6,0Z" /></svg>who did it</li>`}
  ${victims && html`<li><svg width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true" class="mark victim"><circle r="5" /></svg>whose addresses</li>`}
  <li><svg width="22" height="8" aria-hidden="true"><path d="M0 4H22" class="disputed" /></svg>disputed or unsettled boundary</li>
</ul>`;
