// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Meridian authors
//
// Small parts that every section uses.
import { h } from "preact";
import { useState } from "preact/hooks";
import htm from "htm";
import { clean, clock, count, stamp } from "./text.js";

export const html = htm.bind(h);

export const Text = ({ of }) => html`<bdi>${clean(of)}</bdi>`;

// day: the day that goes without saying.
export const When = ({ at, day }) =>
  at ? html`<time datetime=${at}>${day && at.startsWith(day) ? clock(at) : stamp(at)}</time>` : html`<span class="none">–</span>`;

// Text in which addresses of the web are links, as licences of data ask for.
export function Linked({ of }) {
  const parts = clean(of).split(/((?:https?:\/\/)?(?:[a-z0-9-]+\.)+(?:com|org|net|edu)\b(?:\/[^\s,;)]*)?)/);

  return html`<bdi>${parts.map((p, i) => (i % 2 ? html`<a href=${/^https?:/.test(p) ? p : `https://${p}`} rel="noreferrer">${p}</a>` : p))}</bdi>`;
}

// A network: number, name, country. role colours the number.
export const Network = ({ of, role, names }) => html`<span class="net">
  ${of.asn ? html`<span class=${"asn " + (role || "")}>AS${of.asn}</span>` : null}
  ${of.name ? html` <span class="name"><bdi>${clean(of.name)}</bdi></span>` : null}
  ${!of.asn && !of.name ? html`<span class="none">unknown network</span>` : null}
  ${of.country ? html` <span class="cc" title=${names(of.country)}>${clean(of.country)}</span>` : null}
</span>`;

// A table that shows its first rows and the rest on demand.
export function Table({ caption, head, rows, first = 12, id, wide, cls }) {
  const [all, setAll] = useState(false);
  const shown = all ? rows : rows.slice(0, first);

  return html`<div class="tablebox">
    <div class=${"scroll" + (wide ? " wide" : "")} role="group" aria-label=${caption} tabindex="0">
      <table id=${id} class=${cls}>
        <caption>${caption}</caption>
        <thead><tr>${head.map(([name, cls]) => html`<th scope="col" class=${cls}>${name}</th>`)}</tr></thead>
        <tbody>${shown.map((r) => html`<tr key=${r.key} class=${r.cls}>
          ${r.cells.map((c, i) => (i === 0
            ? html`<th scope="row" class=${head[i][1]}>${c}</th>`
            : html`<td class=${head[i][1]}>${c}</td>`))}</tr>`)}</tbody>
      </table>
    </div>
    ${rows.length > first && html`<button class="more" type="button" aria-expanded=${all}
      onClick=${() => setAll(!all)}>${all ? `Show the first ${first}` : `Show all ${count(rows.length)}`}</button>`}
  </div>`;
}

// A file made here, offered for saving: nothing is fetched.
export function save(name, type, text) {
  const a = document.createElement("a");
  a.href = URL.createObjectURL(new Blob([text], { type }));
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 1000);
}
