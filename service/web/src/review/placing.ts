// Needle and outline set from nothing: press by press, until they are complete.

import type { Point } from "../cine/ruler";
import { distance, type Outline } from "./outline";

export type Placing =
  | { readonly kind: "needle"; readonly far: Point | null }
  | { readonly kind: "outline"; readonly corners: Outline };

export type Placed =
  | { readonly kind: "more"; readonly placing: Placing }
  | { readonly kind: "needle"; readonly far: Point; readonly end: Point }
  | { readonly kind: "outline"; readonly outline: Outline };

const LEAST_CORNERS = 3;

// The needle is two presses, where it comes in and its end. The outline ends with a press on its first corner.
export function placed(placing: Placing, at: Point, slackPx: number): Placed {
  if (placing.kind === "needle") {
    return placing.far === null ? { kind: "more", placing: { ...placing, far: at } } : { kind: "needle", far: placing.far, end: at };
  }
  const { corners } = placing;
  const [first] = corners;
  if (first !== undefined && corners.length >= LEAST_CORNERS && distance(first, at) <= slackPx) return { kind: "outline", outline: corners };
  return { kind: "more", placing: { ...placing, corners: [...corners, at] } };
}
