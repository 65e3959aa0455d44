// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Meridian authors
//
// The built-in geometry: Natural Earth's 1:50m countries (by npm's world-atlas, public domain),
// with ISO 3166-1 alpha-2 codes as ids and simplified. Three objects: `countries`; `borders`,
// land boundaries; `disputed`, those of them that are disputed or not settled, drawn dashed.
//
// Natural Earth shows who controls what. Meridian takes no position: shapes without an ISO code
// keep none and are never coloured; Crimea is a shape of its own without a code; a disputed line
// is dashed whoever holds it.
import fs from "node:fs";
import { createRequire } from "node:module";
import { feature, meshArcs } from "topojson-client";
import { presimplify, simplify } from "topojson-simplify";
import { geoArea, geoBounds, geoCentroid } from "d3-geo";

const require = createRequire(import.meta.url);
const codes = require("i18n-iso-countries/codes.json");
const alpha2 = new Map(codes.map(([a2, , n]) => [n, a2]));

// Boundaries that are disputed or not settled: two codes, and where only a part of the line is,
// the box [west, south, east, north] in which it is. "-" is a shape without a code.
const DISPUTED = [
  ["-", "*"],                         // N. Cyprus, Somaliland, Siachen, Crimea
  ["XK", "*"], ["EH", "*"], ["PS", "*"],
  ["IN", "PK", [72, 32.4, 80, 38]],   // Line of Control
  ["IN", "CN"], ["PK", "CN"], ["BT", "CN"],
  ["IL", "SY"],                       // Golan
  ["KP", "KR"],                       // armistice line
  ["SD", "EG", [33, 21, 38, 23]],     // Halaib
  ["SD", "SS", [27, 8, 30, 11]],      // Abyei
  ["KE", "SS"],                       // Ilemi
  ["VE", "GY"],
  ["AM", "AZ"],
];

// Parts of a country's shape that have a code of their own, by the box in which they lie.
const PARTS = [
  ["FR", "GF", [-55, 2, -51, 6]], ["FR", "GP", [-62, 15.8, -60.9, 16.6]], ["FR", "MQ", [-61.3, 14.3, -60.7, 15]],
  ["FR", "RE", [55, -21.6, 56, -20.7]], ["FR", "YT", [44.8, -13.2, 45.4, -12.4]],
  ["NO", "SJ", [9, 74, 36, 81]], ["NO", "BV", [3, -55, 4, -54]], ["NL", "BQ", [-69, 11.9, -62.5, 18]],
  ["RU", undefined, [32, 44, 37, 46.5]], // Crimea
];

// Codes that 1:50m has no shape for: where their dot stands (longitude, latitude).
const POINTS = {
  BQ: [-68.27, 12.18], BV: [3.41, -54.42], CC: [96.85, -12.17], CX: [105.65, -10.45],
  GF: [-53.1, 3.9], GI: [-5.35, 36.14], GP: [-61.5, 16.2], MQ: [-61, 14.65], RE: [55.53, -21.13],
  SJ: [16, 78.2], TK: [-171.85, -9.2], TV: [179.2, -8.52], UM: [166.62, 19.3], YT: [45.15, -12.83],
};

// Cuts every arc where it enters or leaves one of the boxes, so that a part of a line can be
// told from the rest.
function cut(topology, boxes) {
  const { scale: [kx, ky], translate: [dx, dy] } = topology.transform;
  const arcs = [], map = [];
  for (const arc of topology.arcs) {
    let x = 0, y = 0, last = null, at = [];
    const parts = [at];
    for (const [i, d] of arc.entries()) {
      x += d[0];
      y += d[1];
      const lon = x * kx + dx, lat = y * ky + dy;
      const where = boxes.findIndex(([w, s, e, n]) => lon > w && lon < e && lat > s && lat < n);
      at.push([x, y]);
      if (i && where !== last && i < arc.length - 1) parts.push(at = [[x, y]]);
      last = where;
    }
    map.push(parts.map((p) => arcs.push(p) - 1));
  }
  const delta = arcs.map((p) => p.map(([x, y], i) => (i ? [x - p[i - 1][0], y - p[i - 1][1]] : [x, y])));
  const one = (i) => (i >= 0 ? map[i] : map[~i].map((j) => ~j).reverse());
  const deep = (a) => (typeof a[0] === "number" ? a.flatMap(one) : a.map(deep));
  for (const g of topology.objects.countries.geometries) g.arcs = deep(g.arcs);
  topology.arcs = delta;
}

export function world() {
  let t = JSON.parse(fs.readFileSync(require.resolve("world-atlas/countries-50m.json")));
  const shapes = t.objects.countries.geometries;
  const known = new Set();

  for (const g of shapes) {
    g.id = alpha2.get(g.id) ?? (g.properties.name === "Kosovo" ? "XK" : undefined);
    if (g.id === undefined) delete g.id;
    known.add(g.id);
  }
  t.objects.countries.geometries = shapes.filter((g) => g.id !== "AQ");

  for (const [from, to, [west, south, east, north]] of PARTS) {
    const whole = shapes.find((g) => g.id === from), parts = { in: [], out: [] };
    for (const p of whole.arcs) {
      const [[w, s], [e, n]] = geoBounds(feature(t, { type: "Polygon", arcs: p }));
      parts[w > west && e < east && s > south && n < north ? "in" : "out"].push(p);
    }
    if (!parts.in.length && !to) throw new Error("Crimea is not where it was");
    if (!parts.in.length) continue;
    whole.arcs = parts.out;
    t.objects.countries.geometries.push({ type: "MultiPolygon", arcs: parts.in, properties: {}, ...(to && { id: to }) });
    known.add(to);
  }

  cut(t, DISPUTED.filter((d) => d[2]).map((d) => d[2]));

  // Where a dot or a label stands: the middle of the largest part, before simplification.
  for (const g of t.objects.countries.geometries) {
    const f = feature(t, g).geometry;
    const parts = f.type === "Polygon" ? [f.coordinates] : f.coordinates;
    const largest = parts.map((c) => ({ type: "Polygon", coordinates: c }))
      .reduce((a, b) => (geoArea(b) > geoArea(a) ? b : a));
    const km2 = geoArea(f) * 40589641;
    g.properties = g.id ? { at: geoCentroid(largest).map((v) => +v.toFixed(2)) } : {};
    const alone = t.objects.countries.geometries.filter((o) => o.id === g.id).length === 1;
    if (g.id && km2 < 4000 && alone) g.properties.small = true;
  }

  const matches = (a, b, [x, y]) => (x === (a ?? "-") && (y === "*" || y === (b ?? "-")));
  const rule = (a, b) => DISPUTED.filter((d) => matches(a.id, b.id, d) || matches(b.id, a.id, d));
  // A pair whose rule has a box: only the arcs within it.
  const within = (arc, [w, s, e, n]) => {
    const { scale: [kx, ky], translate: [dx, dy] } = t.transform;
    let x = 0, y = 0, in_ = 0;
    for (const d of t.arcs[arc < 0 ? ~arc : arc]) {
      x += d[0];
      y += d[1];
      const lon = x * kx + dx, lat = y * ky + dy;
      in_ += lon >= w && lon <= e && lat >= s && lat <= n ? 1 : 0;
    }
    return in_ * 2 > t.arcs[arc < 0 ? ~arc : arc].length;
  };
  const lines = { borders: [], disputed: [] };
  const all = meshArcs(t, t.objects.countries, (a, b) => a !== b && !rule(a, b).length).arcs;
  lines.borders.push(...all);
  const pairs = new Map();
  meshArcs(t, t.objects.countries, (a, b) => {
    if (a !== b) for (const r of rule(a, b)) pairs.set(`${a.id}|${b.id}`, r);
    return false;
  });
  for (const [pair, r] of pairs) {
    const some = meshArcs(t, t.objects.countries, (a, b) => a !== b && `${a.id}|${b.id}` === pair).arcs;
    for (const line of some)
      for (const arc of line) lines[!r[2] || within(arc, r[2]) ? "disputed" : "borders"].push([arc]);
  }

  t = presimplify(t);
  t = simplify(t, 0.012);
  // Back to integers; a coastline of 0.01 degrees is finer than the largest zoom shows.
  const k = 0.01;
  t.transform = { scale: [k, k], translate: [0, 0] };
  t.arcs = t.arcs.map((arc) => {
    let px = 0, py = 0;
    const out = [];
    for (const [lon, lat] of arc) {
      const x = Math.round(lon / k), y = Math.round(lat / k);
      if (out.length && x === px && y === py) continue;
      out.push([x - px, y - py]);
      [px, py] = [x, y];
    }
    if (out.length === 1) out.push([0, 0]);
    return out;
  });
  t.objects.borders = { type: "MultiLineString", arcs: lines.borders };
  t.objects.disputed = { type: "MultiLineString", arcs: lines.disputed };
  delete t.bbox;
  t.points = Object.fromEntries(Object.entries(POINTS).filter(([c]) => !known.has(c)));
  t.source = "Natural Earth 1:50m (public domain), by world-atlas 2.0.2";
  return t;
}
