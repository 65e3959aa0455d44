// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Meridian authors
//
// AS paths before and after: where a vantage point's route forked away from the owner.
import { useMemo, useState } from "preact/hooks";
import { html } from "./parts.js";
import { clean, count } from "./text.js";

// Prepending collapsed: the same network once.
const flat = (path) => path.filter((a, i) => a !== path[i - 1]);

// One example of each way in which paths turned: by what is new in them.
function ways(paths) {
  const seen = new Map();

  for (const p of paths) {
    const before = flat(p.before), after = flat(p.after);
    let n = 0;
    while (n < before.length && n < after.length && before[n] === after[n]) n++;
    const key = after.slice(Math.max(0, n - 1)).join(" ");
    const way = seen.get(key);
    if (way) way.times++;
    else seen.set(key, { ...p, shared: before.slice(0, n), before: before.slice(n), after: after.slice(n), times: 1 });
  }
  return [...seen.values()].sort((a, b) => b.times - a.times);
}

function Hop({ asn, page, role }) {
  const n = page.names[asn];

  return html`<li class=${"hop " + (role || "")}><span class="asn">AS${asn}</span>${n
    ? html`<span class="hopname"><bdi>${clean(n.name || "")}</bdi>${n.country ? html` <span class="cc">${clean(n.country)}</span>` : null}</span>` : null}</li>`;
}

const Branch = ({ hops, page, end, cls, word }) => html`<div class=${"branch " + cls}>
  <span class="word">${word}</span>
  <ol class="hops">${hops.map((a, i) => html`<${Hop} asn=${a} page=${page} role=${i === hops.length - 1 ? end : ""} />`)}
    ${hops.length ? null : html`<li class="hop none">no route</li>`}</ol></div>`;

export function Paths({ f, page }) {
  const [all, setAll] = useState(false);
  const list = useMemo(() => ways(f.paths), [f]);

  if (!list.length) return null;
  return html`<section class="paths"><h4>How the paths turned</h4>
    <p>From the vantage point, left, towards the addresses. Where the line forks, the network before the fork chose the false route.</p>
    ${(all ? list : list.slice(0, 5)).map((p) => html`<figure class="fork">
      <figcaption><code>${clean(p.prefix)}</code> as ${clean(p.collector || "a collector")} saw it from <code>${clean(p.address || "an unknown peer")}</code>${p.times > 1
        ? html` <span class="aside">and ${count(p.times - 1)} more like it</span>` : null}</figcaption>
      <div class="forkbox" role="group" tabindex="0" aria-label="Paths before and after">
        ${p.shared.length ? html`<ol class="hops shared" aria-label="The same before and after">${p.shared.map((a) => html`<${Hop} asn=${a} page=${page} />`)}</ol>` : null}
        <div class="branches">
          <${Branch} hops=${p.before} page=${page} end="victim" cls="was" word="before" />
          <${Branch} hops=${p.after} page=${page} end=${p.after[p.after.length - 1] === f.actor?.asn ? "actor" : ""} cls="is" word="after" />
        </div>
      </div>
    </figure>`)}
    ${list.length > 5 ? html`<button type="button" class="more" aria-expanded=${all} onClick=${() => setAll(!all)}>${all ? "Show the first 5" : `Show all ${list.length} ways`}</button>` : null}
  </section>`;
}
