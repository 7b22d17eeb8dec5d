// The measured line over the picture, with its length beside it.

import type { Answer } from "../api/client";
import { text } from "../strings";
import { Handle, Layer, type Ground } from "./layer";
import type { Measuring } from "./measuring";
import { lengthOf, within, type Point } from "./ruler";

interface Props {
  readonly ground: Ground;
  readonly measuring: Measuring;
  readonly calibration: Answer["calibration"];
}

export function said(from: Point, to: Point, { spacing_mm: spacing }: Answer["calibration"]): string {
  const { value, unit } = lengthOf(from, to, spacing);
  return unit === "mm" ? `${value.toFixed(1)} mm` : text.tools.uncalibrated(value.toFixed(0));
}

export function Ruler({ ground, measuring: { line, set }, calibration }: Props) {
  if (line === null) return null;
  const { from, to } = line;
  const { unit, size } = ground;
  const words = said(from, to, calibration);
  const high = 15 * unit;
  const above = Math.min(from[1], to[1]) - 12 * unit;
  const y = above < 1.5 * high ? Math.max(from[1], to[1]) + 2 * high : above;
  return (
    <Layer ground={ground} name="ruler">
      <line class="under" x1={from[0]} y1={from[1]} x2={to[0]} y2={to[1]} stroke-width={4 * unit} />
      <line x1={from[0]} y1={from[1]} x2={to[0]} y2={to[1]} stroke-width={1.75 * unit} />
      <text x={(from[0] + to[0]) / 2} y={y} font-size={high} stroke-width={4 * unit}>{words}</text>
      {line.open ? null : (
        <>
          <Handle ground={ground} at={from} name="end" label={text.tools.lineStart(words)} onMove={(at) => set({ ...line, from: within(at, size) })} onRemove={() => set(null)} />
          <Handle ground={ground} at={to} name="end" label={text.tools.lineEnd(words)} onMove={(at) => set({ ...line, to: within(at, size) })} onRemove={() => set(null)} />
        </>
      )}
    </Layer>
  );
}
