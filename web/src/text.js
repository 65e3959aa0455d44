// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Meridian authors
//
// How data becomes words. Strings of findings come from outside: clean() shows controls,
// direction overrides and invisible letters as \u{…}, so that nothing hides or turns a line.

const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb]|[\u{e0000}-\u{e0fff}]/gu;

export const clean = (s) =>
  s == null ? "" : String(s).replace(UNSAFE, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);

export const count = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
export const plural = (n, one, many = one + "s") => `${count(n)} ${n === 1 ? one : many}`;

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August",
  "September", "October", "November", "December"];

// Times are RFC 3339 with Z: cut, never converted.
export const seconds = (t) => (t ? Date.parse(t) / 1000 : null);
export const day = (t) => `${+t.slice(8, 10)} ${MONTHS[+t.slice(5, 7) - 1]} ${t.slice(0, 4)}`;
export const clock = (t) => t.slice(11, 19);
export const stamp = (t) => (t ? `${t.slice(0, 10)} ${clock(t)}` : "–");
export const iso = (s) => new Date(s * 1000).toISOString().replace(/\.\d+Z$/, "Z");

export function span(first, last) {
  if (!first) return "at an unknown time";
  if (!last || last === first) return `${day(first)}, ${clock(first)} UTC`;
  return day(first) === day(last)
    ? `${day(first)}, ${clock(first)} to ${clock(last)} UTC`
    : `${day(first)}, ${clock(first)} to ${day(last)}, ${clock(last)} UTC`;
}

export function duration(s) {
  const d = Math.floor(s / 86400), h = Math.floor((s % 86400) / 3600), m = Math.floor((s % 3600) / 60);
  return d ? `${d} d ${h} h` : h ? `${h} h ${m} min` : m ? `${m} min ${s % 60} s` : `${s} s`;
}

export function size(n) {
  const unit = ["B", "kB", "MB", "GB", "TB"];
  let i = 0;
  for (; n >= 999.5 && i < 4; i++) n /= 1000;
  return `${i && n < 9.95 ? n.toFixed(1) : Math.round(n)} ${unit[i]}`;
}

// docs/formats.md has the same scale; report/words.c says the same words.
export const sure = (c) =>
  c >= 0.95 ? "almost certain" : c >= 0.8 ? "very likely" : c >= 0.6 ? "likely"
    : c >= 0.4 ? "as likely as not" : c >= 0.05 ? "unlikely" : "very unlikely";

// A false route is believed; what is merely wrong is seen.
export const verb = (kind) => (/^route\.(hijack|leak)/.test(kind) ? "believed" : "saw");

export const STATES = {
  ongoing: "going on", ended: "ended", "open-at-end-of-data": "not ended when the data ended",
};

const SHORT = { ongoing: "going on", "open-at-end-of-data": "open" };
export const shortState = (s) => SHORT[s] ?? clean(s || "");

export const read = (id) => {
  const e = document.getElementById(id);
  return e ? JSON.parse(e.textContent) : null;
};
