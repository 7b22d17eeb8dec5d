// A line that is measured: two presses, or one drag.

import { useState } from "preact/hooks";
import type { Ground } from "./layer";
import type { Point } from "./ruler";
import type { Pressing } from "./stage";

export interface Measured {
  readonly from: Point;
  readonly to: Point;
  // Its second end still follows the pointer.
  readonly open: boolean;
}

// A press begins a line; where one is open, it ends it.
export function pressed(line: Measured | null, at: Point): Measured {
  return line?.open ? { ...line, to: at, open: false } : { from: at, to: at, open: true };
}

export function moved(line: Measured | null, at: Point): Measured | null {
  return line?.open ? { ...line, to: at } : line;
}

// Let go after a drag: the line ends. After a press alone it stays open.
export function released(line: Measured | null, at: Point, slackPx: number): Measured | null {
  if (!line?.open) return line;
  const far = Math.hypot(at[0] - line.from[0], at[1] - line.from[1]) > slackPx;
  return far ? { ...line, to: at, open: false } : line;
}

export interface Measuring {
  readonly line: Measured | null;
  readonly pressing: (ground: Ground) => Pressing;
  readonly set: (line: Measured | null) => void;
}

const SLACK = 5;

export function useMeasuring(): Measuring {
  const [line, set] = useState<Measured | null>(null);
  const pressing = ({ unit }: Ground): Pressing => ({
    down: (at) => set((before) => pressed(before, at)),
    move: (at) => set((before) => moved(before, at)),
    up: (at) => set((before) => released(before, at, SLACK * unit)),
  });
  return { line, pressing, set };
}

// A line to move with the keys: in the middle of a part of the picture, a third of its width.
export function middle([x0 = 0, y0 = 0, x1 = 0, y1 = 0]: readonly number[]): Measured {
  const y = Math.round((y0 + y1) / 2);
  const third = (x1 - x0) / 3;
  return { from: [Math.round(x0 + third), y], to: [Math.round(x1 - third), y], open: false };
}
