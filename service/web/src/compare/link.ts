// Two cines in step: from a pair of frames on that belong together, by time where both have one, else frame by frame.

import { clamp } from "../cine/player";
import { unit as written } from "../numbers";

export interface Anchor {
  readonly index: number;
  readonly frameMs: number | null;
  readonly count: number;
}

// Frame of the other cine that belongs to a frame of this one.
export function partner(index: number, from: Anchor, to: Anchor): number {
  const ratio = from.frameMs !== null && to.frameMs !== null && to.frameMs > 0 ? from.frameMs / to.frameMs : 1;
  return clamp(to.index + (index - from.index) * ratio, to.count);
}

export interface Row {
  readonly name: string;
  readonly a: number | null;
  readonly b: number | null;
  readonly unit: string;
  readonly digits: number;
  readonly write?: (value: number | null) => string; // where a side is not written as the difference is
}

// Second less first; null where one of them is not known.
export function difference({ a, b, unit, digits }: Row): string | null {
  if (a === null || b === null) return null;
  const size = Math.abs(b - a).toFixed(digits);
  const sign = Number(size) === 0 ? "±" : b > a ? "+" : "−"; // of what is written: a sign before 0.0 says nothing
  return `${sign}${written(Number(size), unit, digits)}`;
}

// The next of some frames after one; the first again after the last.
export function nextOf(frames: readonly number[], after: number): number | null {
  return frames.find((frame) => frame > after) ?? frames[0] ?? null;
}
