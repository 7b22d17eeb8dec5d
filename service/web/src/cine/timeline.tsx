// Distance, probability and verdict of every frame over time, with events; a click goes there.

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Course, Events, FrameVerdict } from "../api/client";
import type { Bands } from "../parts/bands";
import type { Theme } from "../parts/theme";
import { text } from "../strings";

const LEFT_PX = 44;
const RIGHT_PX = 8;
const LEAST_REACH_MM = 2;
const STEPS_MM = [1, 2, 5, 10, 20, 50] as const;

interface Props {
  readonly course: Course;
  readonly events: Events | null;
  readonly bands: Bands | null;
  readonly index: number;
  readonly theme: Theme;
  readonly onSeek: (index: number) => void;
}

export function Timeline({ course, events, bands, index, theme, onSeek }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plots = useRef<readonly uPlot[]>([]);
  const now = useRef({ index, onSeek });
  now.current = { index, onSeek };

  useEffect(() => {
    const root = place.current;
    if (root === null) return undefined;
    const made = [distancePlot(root, course, events), probabilityPlot(root, course, events, bands)];
    for (const plot of made) {
      plot.over.append(Object.assign(document.createElement("div"), { className: "now" }));
      plot.over.addEventListener("click", () => {
        const { idx } = plot.cursor;
        if (idx !== null && idx !== undefined) now.current.onSeek(idx);
      });
    }
    plots.current = made;
    const fit = () => {
      for (const plot of made) plot.setSize({ width: root.clientWidth, height: plot.height });
      mark(made, course, now.current.index);
    };
    const watching = new ResizeObserver(fit);
    watching.observe(root);
    fit();
    return () => {
      watching.disconnect();
      for (const plot of made) plot.destroy();
    };
  }, [course, events, bands, theme]);
  useEffect(() => mark(plots.current, course, index), [course, index]);

  const count = (wanted: FrameVerdict) => course.verdict.filter((verdict) => verdict === wanted).length;
  const described = text.timeline.describe(course.at.length, count("inside"), count("outside"));
  return <div class="timeline" id="timeline" ref={place} role="img" aria-label={`${text.timeline.label}: ${described}`} />;
}

function mark(plots: readonly uPlot[], course: Course, index: number): void {
  for (const plot of plots) {
    const line = plot.over.querySelector<HTMLElement>(".now");
    if (line !== null) line.style.transform = `translateX(${plot.valToPos(course.at[index] ?? 0, "x")}px)`;
  }
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

interface Shape {
  readonly label: string;
  readonly height: number;
  readonly range: uPlot.Range.MinMax;
  readonly splits: readonly number[];
  // How the lower edge is marked; null where another plot follows below.
  readonly below: ((at: number) => string) | null;
}

function options({ label, height, range, splits, below }: Shape, hooks: uPlot.Hooks.Arrays): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: colour("quiet"), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif",
  };
  return {
    width: 600,
    height,
    legend: { show: false },
    padding: [6, RIGHT_PX, 0, 0],
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false }, sync: { key: "course" } },
    scales: { x: { time: false }, y: { range } },
    axes: [
      below ? { ...axis, size: 22, values: (_, at) => at.map(below) } : { ...axis, size: 6, values: () => [] },
      { ...axis, size: LEFT_PX, splits: () => [...splits], values: (_, at) => at.map((value) => String(value).replace("-", "−")), label, labelSize: 14, labelGap: 0, labelFont: "11px system-ui, sans-serif" },
    ],
    hooks,
    series: [],
  };
}

// Seconds, or numbers of frames where no time is known.
function timeWords({ at }: Course): (value: number) => string {
  const timed = at.some((value, index) => value !== index);
  return (value) => (timed ? text.timeline.seconds(Number(value.toFixed(3))) : String(value + 1));
}

function distancePlot(root: HTMLElement, course: Course, events: Events | null): uPlot {
  const known = course.signed_distance_mm.filter((value) => value !== null);
  const reach = Math.max(LEAST_REACH_MM, ...known.map((value) => Math.abs(value) * 1.15));
  const step = STEPS_MM.findLast((one) => one <= 0.9 * reach) ?? 1;
  const shade = (plot: uPlot) => {
    band(plot, 0, reach, colour("inside"));
    lines(plot, course, events);
  };
  return new uPlot(
    {
      ...options({ label: text.timeline.distance, height: 90, range: [-reach, reach], splits: [-step, 0, step], below: null }, { drawClear: [shade] }),
      series: [{}, { stroke: colour("words"), width: 1.5, points: { show: true, size: 4, fill: colour("words") } }],
    },
    [course.at, course.signed_distance_mm],
    root,
  );
}

function probabilityPlot(root: HTMLElement, course: Course, events: Events | null, bands: Bands | null): uPlot {
  const shade = (plot: uPlot) => {
    if (bands !== null) {
      band(plot, 0, bands.outside, colour("outside"));
      band(plot, bands.inside, 1, colour("inside"));
    }
    lines(plot, course, events);
  };
  return new uPlot(
    {
      ...options({ label: text.timeline.probability, height: 100, range: [-0.03, 1.03], splits: [0, 0.5, 1], below: timeWords(course) }, { drawClear: [shade], draw: [(plot) => strip(plot, course)] }),
      series: [{}, { stroke: colour("words"), width: 1.5, points: { show: true, size: 4, fill: colour("words") } }],
    },
    [course.at, course.p_inside],
    root,
  );
}

function band(plot: uPlot, from: number, to: number, fill: string): void {
  const { ctx, bbox } = plot;
  const top = plot.valToPos(to, "y", true);
  ctx.save();
  ctx.globalAlpha = 0.18;
  ctx.fillStyle = fill;
  ctx.fillRect(bbox.left, top, bbox.width, plot.valToPos(from, "y", true) - top);
  ctx.restore();
}

// Only events that the page names are marked.
function lines(plot: uPlot, course: Course, events: Events | null): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colour("quiet");
  ctx.setLineDash([4, 4]);
  for (const event of events?.events ?? []) {
    const at = course.at[event.frame];
    if (at === undefined || text.event[event.kind] === undefined) continue;
    const x = plot.valToPos(at, "x", true);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

const HEIGHTS: Readonly<Record<FrameVerdict, number>> = { inside: 1, outside: 1, indeterminate: 0.6, not_assessed: 0.25 };

// Verdict of each frame along the lower edge, by colour and by height.
function strip(plot: uPlot, course: Course): void {
  const { ctx, bbox } = plot;
  const most = 9 * devicePixelRatio;
  const floor = bbox.top + bbox.height;
  const wide = bbox.width / Math.max(course.at.length - 1, 1);
  course.verdict.forEach((verdict, index) => {
    const x = plot.valToPos(course.at[index] ?? 0, "x", true) - wide / 2;
    const left = Math.max(x, bbox.left);
    ctx.fillStyle = colour(verdict);
    ctx.fillRect(left, floor - most * HEIGHTS[verdict], Math.min(x + wide, bbox.left + bbox.width) - left, most * HEIGHTS[verdict]);
  });
}
