// Outlines as people change them: corners moved, added and taken away; never fewer than three.

import type { Point } from "../cine/ruler";

export type Outline = readonly Point[];

const LEAST_CORNERS = 3;
const MOST_TOLERANCE_PX = 8;

export function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

// Nearest point of a side of the outline, and after which corner it lies.
export interface OnSide {
  readonly after: number;
  readonly at: Point;
  readonly distance: number;
}

export function nearestSide(outline: Outline, at: Point): OnSide | null {
  const sides = outline.map((from, after) => {
    const foot = footOn(from, next(outline, after), at);
    return { after, at: foot, distance: distance(foot, at) };
  });
  return sides.length === 0 ? null : sides.reduce((best, side) => (side.distance < best.distance ? side : best));
}

export function nearestCorner(outline: Outline, at: Point, withinPx: number): number | null {
  const far = outline.map((corner) => distance(corner, at));
  const least = Math.min(...far);
  return least <= withinPx ? far.indexOf(least) : null;
}

export function withCorner(outline: Outline, index: number, to: Point): Outline {
  return outline.map((corner, i) => (i === index ? to : corner));
}

export function withCornerAfter(outline: Outline, after: number, at: Point): Outline {
  return [...outline.slice(0, after + 1), at, ...outline.slice(after + 1)];
}

export function withoutCorner(outline: Outline, index: number): Outline {
  return outline.length <= LEAST_CORNERS ? outline : outline.filter((_, i) => i !== index);
}

// Whether two of its sides cross: such an outline has no inside.
export function crosses(outline: Outline): boolean {
  const n = outline.length;
  for (let i = 0; i < n; i += 1) {
    for (let j = i + 2; j < n; j += 1) {
      if (i === 0 && j === n - 1) continue; // neighbours
      if (cross(at(outline, i), next(outline, i), at(outline, j), next(outline, j))) return true;
    }
  }
  return false;
}

// The outline with as few corners as keep it within a tolerance (Ramer 1972, Douglas and Peucker 1973).
export function simplified(outline: Outline, tolerancePx: number): Outline {
  if (outline.length <= LEAST_CORNERS) return outline;
  const start = at(outline, 0);
  const split = outline.reduce((best, corner, i) => (distance(corner, start) > distance(at(outline, best), start) ? i : best), 0);
  const there = thinned(outline.slice(0, split + 1), tolerancePx);
  const back = thinned([...outline.slice(split), start], tolerancePx);
  const kept = [...there.slice(0, -1), ...back.slice(0, -1)];
  return kept.length < LEAST_CORNERS ? outline : kept;
}

// The same with so few corners that each can be taken hold of.
export function handy(outline: Outline, mostCorners: number): Outline {
  let tolerancePx = 1;
  let kept = simplified(outline, tolerancePx);
  while (kept.length > mostCorners && tolerancePx < MOST_TOLERANCE_PX) {
    tolerancePx *= 1.25;
    kept = simplified(outline, tolerancePx);
  }
  return kept;
}

// An outline to begin with: eight corners of an ellipse.
export function ellipse([x, y]: Point, [wide, high]: Point): Outline {
  return Array.from({ length: 8 }, (_, i) => {
    const turn = (Math.PI * i) / 4;
    return [Math.round(x + (wide / 2) * Math.cos(turn)), Math.round(y + (high / 2) * Math.sin(turn))] as const;
  });
}

function thinned(line: Outline, tolerancePx: number): Outline {
  const first = at(line, 0);
  const last = at(line, line.length - 1);
  let farthest = 0;
  let most = tolerancePx;
  for (let i = 1; i < line.length - 1; i += 1) {
    const away = distance(footOn(first, last, at(line, i)), at(line, i));
    if (away > most) [farthest, most] = [i, away];
  }
  if (farthest === 0) return line.length === 1 ? [first] : [first, last];
  return [...thinned(line.slice(0, farthest + 1), tolerancePx).slice(0, -1), ...thinned(line.slice(farthest), tolerancePx)];
}

function at(outline: Outline, index: number): Point {
  return outline[index] ?? [0, 0];
}

function next(outline: Outline, index: number): Point {
  return at(outline, (index + 1) % outline.length);
}

function footOn(from: Point, to: Point, [x, y]: Point): Point {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const square = dx * dx + dy * dy;
  const share = square === 0 ? 0 : Math.min(Math.max(((x - from[0]) * dx + (y - from[1]) * dy) / square, 0), 1);
  return [from[0] + share * dx, from[1] + share * dy];
}

function turn(a: Point, b: Point, c: Point): number {
  return Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
}

function cross(a: Point, b: Point, c: Point, d: Point): boolean {
  return turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0;
}
