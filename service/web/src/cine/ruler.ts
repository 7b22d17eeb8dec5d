// Lengths in a picture. Millimetres come from the frame's own calibration, and only from there.

import type { Answer } from "../api/client";

export type Point = readonly [x: number, y: number];
export type Spacing = Answer["calibration"]["spacing_mm"];

export interface Length {
  readonly value: number;
  readonly unit: "mm" | "px";
}

// `spacing` is [row, column]: the height and the width of a pixel.
export function lengthOf([x0, y0]: Point, [x1, y1]: Point, spacing: Spacing): Length {
  const [row, column] = spacing ?? [];
  if (row === undefined || column === undefined) return { value: Math.hypot(x1 - x0, y1 - y0), unit: "px" };
  return { value: Math.hypot((x1 - x0) * column, (y1 - y0) * row), unit: "mm" };
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

// Position in the picture of a position on the screen; (0, 0) is the centre of the upper left pixel.
export function pictureAt(client: Point, box: Box, [width, height]: Point): Point {
  return within([((client[0] - box.left) / box.width) * width - 0.5, ((client[1] - box.top) / box.height) * height - 0.5], [width, height]);
}

export function within([x, y]: Point, [width, height]: Point): Point {
  const kept = (value: number, side: number) => Math.min(Math.max(value, -0.5), side - 0.5);
  return [kept(x, width), kept(y, height)];
}
