// How each figure is drawn. Colours are those of the verdicts (Okabe and Ito's, style.css); what matters is told by
// shape or place as well.

import { axisX, axisY, barX, dot, gridX, gridY, line, link, rectY, ruleX, ruleY, text as words, type Markish } from "@observablehq/plot";
import { text } from "../strings";
import type { Count, Cusum, Drift, Grouped, Histogram, Period, Share } from "./calls";
import type { Draw } from "./figure";
import { percent } from "./shares";

const QUIET = "var(--quiet)", LINE = "var(--line)", WORDS = "var(--words)", OUT = "var(--outside)", IN = "var(--inside)", LINK = "var(--link)";
const SHARES = (value: number) => `${Math.round(100 * value)} %`;
const bottom = (options: object = {}) => axisX({ stroke: LINE, color: QUIET, tickSize: 3, ...options });
const left = (options: object = {}) => axisY({ stroke: LINE, color: QUIET, tickSize: 0, ...options });

export interface Bar {
  readonly name: string;
  readonly share: Share;
  readonly colour: string;
  readonly href: string;
}

export const interval = ({ hits, n, low, high }: Share) => text.archive.interval(hits, n, percent(low, 1), percent(high, 1));

export function shareBars(bars: readonly Bar[]): Draw {
  const rows = bars.map((bar) => ({ ...bar, value: bar.share.share ?? 0, low: bar.share.low ?? 0, high: bar.share.high ?? 0, title: `${bar.name}: ${percent(bar.share.share, 1)}, ${interval(bar.share)}` }));
  return () => ({
    height: 36 + 30 * rows.length, marginLeft: 170, marginRight: 56, marginTop: 4,
    x: { domain: [0, Math.max(...rows.map(({ high }) => high), 0.1)], label: null, tickFormat: SHARES },
    y: { label: null, domain: rows.map(({ name }) => name) },
    marks: [
      gridX({ stroke: LINE }), bottom({ ticks: 5, tickFormat: SHARES }), left({ fontSize: 12, tickPadding: 6 }),
      barX(rows, { x: "value", y: "name", fill: "colour", fillOpacity: 0.75, insetTop: 4, insetBottom: 4, href: "href", title: "title", ariaLabel: "title" }),
      link(rows, { x1: "low", x2: "high", y1: "name", y2: "name", stroke: WORDS, strokeWidth: 1.5, pointerEvents: "none" }),
      words(rows, { x: "high", y: "name", text: ({ share }: Bar) => percent(share.share, 1), textAnchor: "start", dx: 6, fill: WORDS, fontSize: 12 }),
    ],
  });
}

// Marks of an axis that counts: whole numbers, about so many of them.
export function wholes(most: number, about: number): number[] {
  const least = Math.max(most / about, 1);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= least) ?? least;
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, at) => at * step);
}

export interface CountBar {
  readonly name: string;
  readonly count: number;
  readonly href: string;
}

export function countBars(bars: readonly CountBar[], colour: string): Draw {
  const rows = bars.map((bar) => ({ ...bar, title: text.archive.counted(bar.name, bar.count) }));
  const ticks = wholes(Math.max(...rows.map(({ count }) => count), 1), 4);
  return () => ({
    height: 36 + 28 * rows.length, marginLeft: 170, marginRight: 40, marginTop: 4,
    x: { label: null }, y: { label: null, domain: rows.map(({ name }) => name) },
    marks: [
      gridX({ ticks, stroke: LINE }), bottom({ ticks, tickFormat: "d" }), left({ fontSize: 12, tickPadding: 6 }),
      barX(rows, { x: "count", y: "name", fill: colour, fillOpacity: 0.75, insetTop: 4, insetBottom: 4, href: "href", title: "title", ariaLabel: "title" }),
      words(rows, { x: "count", y: "name", text: "count", textAnchor: "start", dx: 6, fill: WORDS, fontSize: 12 }),
    ],
  });
}

export function overTime(periods: readonly Period[], href: (date: string) => string): Draw {
  const { archive } = text;
  const known = (name: "outside" | "withheld") => periods.flatMap((period) => {
    const { share, low, high } = period[name];
    return share === null || low === null || high === null ? [] : [{ date: period.date, share, low, high, href: href(period.date), title: `${period.date}, ${archive[name]}: ${percent(share, 1)}, ${interval(period[name])}` }];
  });
  const outside = known("outside"), withheld = known("withheld");
  const every = Math.ceil(periods.length / 8);
  return () => ({
    height: 240, marginLeft: 44, marginTop: 14,
    x: { type: "point", label: null, domain: periods.map(({ date }) => date) },
    y: { label: null, domain: [0, Math.max(...outside.map(({ high }) => high), ...withheld.map(({ share }) => share), 0.1)], tickFormat: SHARES },
    marks: [
      gridY({ stroke: LINE }), bottom({ ticks: periods.filter((_, at) => at % every === 0).map(({ date }) => date) }), left({ ticks: 5, tickFormat: SHARES }),
      line(withheld, { x: "date", y: "share", stroke: QUIET, strokeDasharray: "3 3" }),
      dot(withheld, { x: "date", y: "share", stroke: QUIET, fill: "var(--raised)", r: 3.5, symbol: "square", href: "href", title: "title", ariaLabel: "title" }),
      ruleX(outside, { x: "date", y1: "low", y2: "high", stroke: OUT, strokeOpacity: 0.6, pointerEvents: "none" }),
      line(outside, { x: "date", y: "share", stroke: OUT, pointerEvents: "none" }),
      dot(outside, { x: "date", y: "share", fill: OUT, r: 4.5, href: "href", title: "title", ariaLabel: "title" }),
    ],
  });
}

// Labels pushed apart until none hides another, from the lowest upwards; `gap` in the unit of the values. Those that are
// not beside each other may be equally high.
export function apart(values: readonly number[], gap: number, beside: (a: number, b: number) => boolean = () => true): number[] {
  const order = values.map((_, at) => at).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const placed = new Map<number, number>();
  for (const at of order) {
    const inTheWay = [...placed].filter(([other]) => beside(at, other)).map(([, height]) => height).sort((a, b) => a - b);
    placed.set(at, inTheWay.reduce((height, other) => (Math.abs(height - other) < 0.999 * gap ? other + gap : height), values[at] ?? 0));
  }
  return values.map((value, at) => placed.get(at) ?? value);
}

const LETTER_PX = 6.5, FUNNEL_LEFT = 44, FUNNEL_RIGHT = 34;

export interface Spot {
  readonly code: string;
  readonly n: number;
  readonly share: number;
}

export interface SpotLabel {
  readonly code: string;
  readonly x: number; // middle
  readonly y: number;
}

// One label over all that lie on the same spot, clear of the axis on the left and of each other.
export function spotLabels(points: readonly Spot[], [first, last]: readonly [number, number], most: number, width: number): SpotLabel[] {
  const same = (a: Spot, b: Spot) => a.n === b.n && a.share.toFixed(2) === b.share.toFixed(2);
  const spots = points.filter((point, at) => points.findIndex((other) => same(point, other)) === at);
  const perPx = (last - first) / Math.max(width - FUNNEL_LEFT - FUNNEL_RIGHT, 1);
  const labels = spots.map((spot) => {
    const code = points.filter((point) => same(point, spot)).map((point) => point.code).join(", ");
    const half = 0.5 * LETTER_PX * code.length * perPx;
    return { code, half, x: Math.max(Math.min(spot.n, last + FUNNEL_RIGHT * perPx - half), first + half), share: spot.share };
  });
  const beside = (a: number, b: number) => Math.abs((labels[a]?.x ?? 0) - (labels[b]?.x ?? 0)) < (labels[a]?.half ?? 0) + (labels[b]?.half ?? 0) + LETTER_PX * perPx;
  const heights = apart(labels.map(({ share }) => share + 0.055 * most), 0.06 * most, beside);
  return labels.map(({ code, x }, at) => ({ code, x, y: heights[at] ?? 0 }));
}

export function funnel({ groups, limits }: Grouped, centre: number, href: (code: string) => string): Draw {
  const points = groups.flatMap((group) => (group.outside.share === null ? [] : [{
    code: group.code, n: group.outside.n, share: group.outside.share, beyond: group.beyond, href: href(group.code),
    title: `${group.code}: ${percent(group.outside.share, 1)}, ${interval(group.outside)}${group.beyond ? `, ${text.archive.beyond}` : ""}`,
  }]));
  const curves: readonly (readonly [name: "low_95" | "high_95" | "low_998" | "high_998", dash: string])[] = [["low_95", "5 3"], ["high_95", "5 3"], ["low_998", ""], ["high_998", ""]];
  const drawn: Markish[] = limits === null ? [] : curves.map(([name, dash]) => line(limits.n, { x: limits.n, y: limits[name], stroke: QUIET, ...(dash ? { strokeDasharray: dash } : {}) }));
  const most = Math.min(Math.max(...points.map(({ share }) => share), ...(limits?.high_998.slice(-3) ?? []), 2 * centre) * 1.15 + 0.02, 1);
  const numbers = [...points.map(({ n }) => n), ...(limits?.n ?? [])];
  const domain = [Math.min(...numbers), Math.max(...numbers)] as const;
  const ticks = wholes(100 * most, 5).map((part) => part / 100);
  return (width) => {
    const labels = spotLabels(points, domain, most, width);
    const top = Math.max(most, ...labels.map(({ y }) => y + 0.03 * most));
    return {
      height: 270, marginLeft: FUNNEL_LEFT, marginTop: 14, marginRight: FUNNEL_RIGHT, marginBottom: 36,
      x: { domain: [...domain], label: text.archive.decided, labelAnchor: "center", labelArrow: "none" },
      y: { label: null, domain: [0, top], clamp: true, tickFormat: SHARES },
      marks: [
        gridY({ ticks, stroke: LINE }), bottom({ ticks: 6, label: text.archive.decided, labelAnchor: "center", labelArrow: "none" }), left({ ticks, tickFormat: SHARES }),
        ...drawn, ruleY([centre], { stroke: LINK }),
        dot(points, { x: "n", y: "share", r: 5.5, symbol: ({ beyond }: { beyond: boolean }) => (beyond ? "diamond2" : "circle"), fill: ({ beyond }: { beyond: boolean }) => (beyond ? OUT : IN), href: "href", title: "title", ariaLabel: "title" }),
        words(labels, { x: "x", y: "y", text: "code", pointerEvents: "none", fill: WORDS, stroke: "var(--raised)", strokeWidth: 4, fontSize: 11 }),
      ],
      symbol: { type: "identity" }, color: { type: "identity" },
    };
  };
}

export function learning({ curves, limit }: Cusum, href: (operator: string) => string): Draw {
  const steps = curves.flatMap(({ operator, heights, alarms }) => [0, ...heights].map((height, n) => ({ operator, n, height, alarmed: alarms.length > 0 })));
  const ends = curves.flatMap(({ operator, heights, alarms }) => {
    const height = heights.at(-1);
    const title = text.archive.curve(operator, heights.length, (height ?? 0).toFixed(1), alarms.length);
    return height === undefined ? [] : [{ operator, n: heights.length, height, alarmed: alarms.length > 0, href: href(operator), title }];
  });
  const alarms = curves.flatMap(({ operator, heights, alarms: at }) => at.map((n) => ({ n: n + 1, height: heights[n] ?? limit, href: href(operator), title: text.archive.alarm(operator, n + 1) })));
  const colour = ({ alarmed }: { alarmed: boolean }) => (alarmed ? OUT : IN);
  const most = Math.max(limit * 1.15, ...steps.map(({ height }) => height));
  const labels = apart(ends.map(({ height }) => height), 0.065 * most);
  return () => ({
    height: 270, marginLeft: 36, marginRight: 56, marginTop: 14, marginBottom: 36,
    x: { label: text.archive.nth, labelAnchor: "center", labelArrow: "none" }, y: { label: null, domain: [0, most] },
    color: { type: "identity" },
    marks: [
      gridY({ stroke: LINE }), bottom({ ticks: 6, tickFormat: "d", label: text.archive.nth, labelAnchor: "center", labelArrow: "none" }), left({ ticks: 5 }),
      ruleY([limit], { stroke: WORDS, strokeDasharray: "5 3" }),
      words([limit], { y: (value: number) => value, text: () => text.archive.limit, frameAnchor: "left", textAnchor: "start", dx: 4, dy: -7, fill: QUIET, fontSize: 11 }),
      line(steps, { x: "n", y: "height", z: "operator", stroke: colour, strokeWidth: 1.5, curve: "step-after" }),
      dot(alarms, { x: "n", y: "height", symbol: "triangle", r: 6, fill: OUT, href: "href", title: "title", ariaLabel: "title" }),
      dot(ends, { x: "n", y: "height", r: 4, fill: colour, href: "href", title: "title", ariaLabel: "title" }),
      words(ends, { x: "n", y: labels, text: "operator", textAnchor: "start", dx: 7, pointerEvents: "none", fill: WORDS, stroke: "var(--raised)", strokeWidth: 4, fontSize: 11 }),
    ],
  });
}

export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly name: string;
  readonly href: string | null;
}

// Bars of a histogram, each with the list of the procedures that it counts. The outer ones hold what lies beyond, too.
export function binsOf({ edges, counts, name }: Histogram, href: (from: number | null, below: number | null) => string | null): Bin[] {
  const scale = name === "tip_visible_share" ? 100 : 1;
  const said = (end: number | null) => (end === null ? null : Math.round(end * scale * 1e4) / 1e4);
  return counts.map((count, at) => {
    const from = edges[at] ?? 0, to = edges[at + 1] ?? 0;
    const first = at === 0 ? null : from, below = at === counts.length - 1 ? null : to;
    return { from, to, count, name: text.archive.bin(said(first), said(below), text.archive.units[name] ?? ""), href: count > 0 ? href(first, below) : null };
  });
}

export function histogram({ edges, median, name }: Histogram, all: readonly Bin[]): Draw {
  const bins = all.map((bin) => ({ ...bin, title: text.archive.counted(`${text.archive.measured[name] ?? name}, ${bin.name}`, bin.count) }));
  const there = bins.filter(({ count }) => count > 0);
  const most = Math.max(...bins.map(({ count }) => count), 1);
  const ticks = wholes(most, 3);
  const middle = median === null ? [] : [median];
  const format = name === "tip_visible_share" ? { tickFormat: SHARES } : {};
  return () => ({
    height: 150, marginLeft: 30, marginTop: 16, marginBottom: 24,
    x: { label: null, domain: [edges[0] ?? 0, edges.at(-1) ?? 1] }, y: { label: null, grid: false },
    marks: [
      gridY({ ticks, stroke: LINE }), bottom({ ticks: 5, ...format }), left({ ticks, tickFormat: "d" }),
      rectY(there, { x1: "from", x2: "to", y: "count", fill: IN, fillOpacity: 0.75, inset: 0.5 }),
      ruleX(middle, { stroke: OUT, strokeWidth: 1.5, pointerEvents: "none" }),
      // As high as the plot, so that a bar of one can be met by a finger and seen when it has the focus.
      rectY(there, { x1: "from", x2: "to", y1: 0, y2: most, fill: IN, fillOpacity: 0, inset: 0.5, href: "href", title: "title", ariaLabel: "title" }),
    ],
  });
}

export function drifted({ rows }: Drift): Draw {
  const colours = { none: IN, moderate: "var(--indeterminate)", large: OUT };
  const symbols = { none: "circle", moderate: "diamond", large: "diamond2" };
  const named = rows.map((row) => ({ ...row, label: text.archive.measured[row.name] ?? row.name, title: text.archive.moved(text.archive.measured[row.name] ?? row.name, row.index.toFixed(3), row.by_chance.toFixed(3), text.archive.levels[row.level]) }));
  return () => ({
    height: 40 + 26 * named.length, marginLeft: 170, marginRight: 20, marginTop: 4,
    x: { label: null, domain: [0, Math.max(0.3, ...named.map(({ index, by_chance: chance }) => Math.max(index, chance)))] },
    y: { label: null, domain: named.map(({ label }) => label) }, color: { type: "identity" }, symbol: { type: "identity" },
    marks: [
      gridX({ stroke: LINE }), bottom({ ticks: 5 }), left({ fontSize: 12, tickPadding: 6 }),
      ruleX([0.1, 0.25], { stroke: QUIET, strokeDasharray: "4 3" }),
      link(named, { x1: 0, x2: "by_chance", y1: "label", y2: "label", stroke: LINE, strokeWidth: 9 }),
      dot(named, { x: "index", y: "label", r: 5.5, fill: ({ level }: { level: keyof typeof colours }) => colours[level], symbol: ({ level }: { level: keyof typeof symbols }) => symbols[level], title: "title", ariaLabel: "title" }),
    ],
  });
}

export function countsNamed(counts: readonly Count[], name: (code: string) => string, href: (code: string) => string): CountBar[] {
  return counts.map(({ code, count }) => ({ name: name(code), count, href: href(code) }));
}
