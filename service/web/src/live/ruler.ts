// Scale of a picture from two clicks: two points whose distance is known, such as two ticks of the depth scale.

import type { Point } from "../cine/ruler";

const LEAST_PX = 20;
const MOST_MM = 500;

// Millimetres per pixel, the same both ways; null where the points are too close or the length is none.
export function mmPerPixel([from, to]: readonly Point[], mm: number): number | null {
  if (from === undefined || to === undefined || !(mm > 0 && mm <= MOST_MM)) return null;
  const apart = Math.hypot(to[0] - from[0], to[1] - from[1]);
  return apart < LEAST_PX ? null : mm / apart;
}
