// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Meridian authors
//
// How many vantage points believed it, over time: a step line (uPlot) with the waves behind it,
// and a slider that moves the map through time.
import uPlot from "uplot";
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "./parts.js";
import { clock, count, iso, plural, seconds, stamp } from "./text.js";

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// The level at a time, from the steps.
export function levelAt(levels, t) {
  let n = 0;
  for (const [at, peers] of levels) {
    if (at > t) break;
    n = peers;
  }
  return n;
}

export function Timeline({ levels, waves, first, last, time, setTime, held }) {
  const box = useRef(null), plot = useRef(null), at = useRef(time);
  const [playing, setPlaying] = useState(false);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

  at.current = time;
  useEffect(() => {
    const within = levels.filter((l) => l[0] > first && l[0] < last);
    const xs = [first, ...within.map((l) => l[0]), last];
    const ys = [levelAt(levels, first), ...within.map((l) => l[1]), levelAt(levels, last)];
    const peak = Math.max(1, ...ys);
    const shade = (u) => {
      const { ctx, bbox } = u;
      ctx.save();
      for (const [i, w] of waves.entries()) {
        const x0 = u.valToPos(w[0], "x", true), x1 = Math.max(x0 + 2 * devicePixelRatio, u.valToPos(w[1], "x", true));
        ctx.fillStyle = css("--wave");
        ctx.fillRect(x0, bbox.top, x1 - x0, bbox.height);
        if (waves.length > 1) {
          ctx.fillStyle = css("--muted");
          ctx.font = `${11 * devicePixelRatio}px "Source Sans 3 Variable", sans-serif`;
          ctx.textBaseline = "bottom";
          ctx.fillText(`wave ${i + 1}`, x0, bbox.top - 2 * devicePixelRatio);
        }
      }
      ctx.restore();
    };
    const hand = (u) => {
      if (at.current == null) return;
      const x = u.valToPos(at.current, "x", true), { ctx, bbox } = u;
      ctx.save();
      ctx.strokeStyle = css("--ink");
      ctx.lineWidth = devicePixelRatio;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.restore();
    };
    const draw = () => {
      plot.current?.destroy();
      const grid = { stroke: css("--hair"), width: 1 };
      const axis = { stroke: css("--muted"), font: '12px "Source Sans 3 Variable", sans-serif', grid, ticks: { show: false } };
      const day = last - first > 3 * 86400;
      plot.current = new uPlot({
        width: box.current.clientWidth, height: 190, padding: [18, 18, 0, 0],
        legend: { show: false }, cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
        tzDate: (ts) => uPlot.tzDate(new Date(ts * 1e3), "Etc/UTC"),
        scales: { x: { time: true, range: [first, last] }, y: { range: [0, peak * 1.12] } },
        axes: [
          { ...axis, space: 64, values: (u, v) => v.map((t) => (day ? iso(t).slice(5, 10) : clock(iso(t)).slice(0, 5))) },
          { ...axis, size: 44, values: (u, v) => v.map((n) => (Number.isInteger(n) ? count(n) : "")) },
        ],
        series: [{}, { stroke: css("--believe-line"), width: 1.5, fill: css("--believe-fill"),
          paths: uPlot.paths.stepped({ align: 1 }), points: { show: false } }],
        hooks: { drawClear: [shade], draw: [hand] },
      }, [xs, ys], box.current);
      plot.current.over.addEventListener("click", (e) => {
        const r = plot.current.over.getBoundingClientRect();
        setTime(Math.round(plot.current.posToVal(e.clientX - r.left, "x")));
      });
    };
    draw();
    const size = new ResizeObserver(() => {
      if (plot.current && box.current && plot.current.width !== box.current.clientWidth)
        plot.current.setSize({ width: box.current.clientWidth, height: 190 });
    });
    size.observe(box.current);
    // Colours are drawn: again when the scheme changes, and for paper.
    const scheme = matchMedia("(prefers-color-scheme: dark)"), paper = matchMedia("print");
    scheme.addEventListener("change", draw);
    paper.addEventListener("change", draw);
    document.fonts?.ready.then(() => plot.current && draw());
    return () => {
      size.disconnect();
      scheme.removeEventListener("change", draw);
      paper.removeEventListener("change", draw);
      plot.current?.destroy();
      plot.current = null;
    };
  }, [levels]);

  useEffect(() => { plot.current?.redraw(false, false); }, [time]);

  useEffect(() => {
    if (!playing) return undefined;
    const steps = still ? 12 : 160, pause = still ? 900 : 60;
    const id = setInterval(() => {
      const next = (at.current ?? first) + (last - first) / steps;
      if (next >= last) {
        setPlaying(false);
        setTime(null);
      } else {
        setTime(Math.round(next));
      }
    }, pause);
    return () => clearInterval(id);
  }, [playing]);

  const t = time ?? first;
  const says = time == null ? "the whole event" : `${stamp(iso(t))} UTC: ${plural(levelAt(levels, t), "vantage point")} ${held}`;
  return html`<div class="timeline">
    <div class="plot" ref=${box} role="img" aria-label=${`Vantage points that ${held} over time, ${plural(waves.length, "wave")}. The table below says the same.`}></div>
    <div class="player noprint">
      <button type="button" onClick=${() => { if (!playing && (time == null || time >= last)) setTime(first); setPlaying(!playing); }}>
        ${playing ? "Pause" : "Play"}</button>
      <input type="range" min=${first} max=${last} step="1" value=${t} aria-label="Moment that the map shows"
        aria-valuetext=${says} onInput=${(e) => { setPlaying(false); setTime(+e.target.value); }} />
      <button type="button" disabled=${time == null} onClick=${() => { setPlaying(false); setTime(null); }}>Whole event</button>
      <output class="moment">${says}</output>
    </div>
  </div>`;
}

export const toSteps = (levels) => levels.map(([t, n]) => [seconds(t), n]);
