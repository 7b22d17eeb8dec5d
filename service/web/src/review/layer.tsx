// What readers say over what the model says: the own marks with handles, those of others as they were signed.

import { useRef } from "preact/hooks";
import type { Answer } from "../api/client";
import { Handle, Layer, type Ground } from "../cine/layer";
import type { Point } from "../cine/ruler";
import { text } from "../strings";
import type { Correction } from "./api";
import { needleOf, type NeedleMark } from "./draft";
import "./review.css";
import { nearestSide, type Outline } from "./outline";
import type { Marking } from "./use_review";

interface Props {
  readonly ground: Ground;
  readonly marking: Marking;
  readonly answer: Answer;
  readonly blinded: boolean;
}

export const points = (outline: Outline) => outline.map(([x, y]) => `${x},${y}`).join(" ");

export function MarkLayer({ ground, marking, answer, blinded }: Props) {
  const { marks, placing } = marking;
  const { unit } = ground;
  const known = blinded ? null : needleOf(answer);
  const needle = marks.needle === null ? (placing === null ? known : null) : marks.needle;
  return (
    <Layer ground={ground} name="marks">
      {marks.recess?.map((outline, index) => <OwnOutline key={index} ground={ground} outline={outline} index={index} marking={marking} />)}
      {needle === null || needle === "absent" ? null : <OwnNeedle ground={ground} needle={needle} own={marks.needle !== null} marking={marking} />}
      {placing?.kind === "outline" ? <polyline class="placing" points={points(placing.corners)} stroke-width={1.75 * unit} /> : null}
      {placing?.kind === "outline" ? placing.corners.map(([x, y], i) => <circle key={i} class="placing" cx={x} cy={y} r={(i === 0 ? 7 : 4) * unit} stroke-width={1.75 * unit} />) : null}
      {placing?.kind === "needle" && placing.far !== null ? <circle class="placing" cx={placing.far[0]} cy={placing.far[1]} r={6 * unit} stroke-width={1.75 * unit} /> : null}
    </Layer>
  );
}

interface OutlineProps {
  readonly ground: Ground;
  readonly outline: Outline;
  readonly index: number;
  readonly marking: Marking;
}

// A press on a side adds a corner there, which is then dragged on.
function OwnOutline({ ground, outline, index, marking }: OutlineProps) {
  const { unit } = ground;
  const added = useRef<number | null>(null);
  const words = text.review.handles;
  return (
    <g>
      <polygon class="own" points={points(outline)} stroke-width={2 * unit} stroke-dasharray={`${7 * unit} ${4 * unit}`} />
      <polygon
        class="side" points={points(outline)} stroke-width={12 * unit}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          const side = nearestSide(outline, ground.at(event));
          if (side === null) return;
          event.stopPropagation();
          event.currentTarget.setPointerCapture(event.pointerId);
          added.current = side.after + 1;
          marking.addCorner(index, side.after, side.at);
        }}
        onPointerMove={(event) => {
          if (added.current !== null && event.currentTarget.hasPointerCapture(event.pointerId)) marking.moveCorner(index, added.current, ground.at(event));
        }}
        onPointerUp={() => { added.current = null; }}
        onDblClick={(event) => event.stopPropagation()}
      />
      {outline.map((corner, i) => (
        <Handle
          key={i} ground={ground} at={corner} name="corner" label={words.corner(i + 1, outline.length, Math.round(corner[0]), Math.round(corner[1]))}
          onMove={(to) => marking.moveCorner(index, i, to)} onRemove={() => marking.removeCorner(index, i)}
        />
      ))}
    </g>
  );
}

// The model's needle carries handles too: the first drag makes a correction of it.
function OwnNeedle({ ground, needle, own, marking }: { ground: Ground; needle: NeedleMark; own: boolean; marking: Marking }) {
  const { far, end, tipSeen } = needle;
  const { unit } = ground;
  const words = text.review.handles;
  const move = (part: "end" | "far") => (to: Point) => marking.moveNeedle(part, to, part === "end" && !own ? { ...needle, tipSeen: true } : needle);
  const label = (named: (x: number, y: number) => string, [x, y]: Point) => named(Math.round(x), Math.round(y));
  return (
    <g class={own ? "needle" : "needle untouched"}>
      {own ? <line class="own" x1={far[0]} y1={far[1]} x2={end[0]} y2={end[1]} stroke-width={1.75 * unit} stroke-dasharray={`${7 * unit} ${4 * unit}`} /> : null}
      {own && tipSeen ? <path class="own cross" d={cross(end, 13 * unit)} stroke-width={1.75 * unit} /> : null}
      {own ? <Handle ground={ground} at={far} name="shaft" label={label(words.far, far)} onMove={move("far")} onRemove={() => marking.setNeedle(null)} /> : null}
      <Handle ground={ground} at={end} name="tip" large label={label(tipSeen ? words.tip : words.end, end)} onMove={move("end")} onRemove={own ? () => marking.setNeedle(null) : undefined} />
    </g>
  );
}

export function cross([x, y]: Point, arm: number): string {
  return `M${x - arm} ${y}H${x + arm}M${x} ${y - arm}V${y + arm}`;
}

export interface SignedMark {
  readonly reader: string;
  readonly correction: Correction;
}

// Marks of readers who have signed, each with the reader's code.
export function SignedLayer({ ground, signed }: { ground: Ground; signed: readonly SignedMark[] }) {
  const { unit } = ground;
  const dots = `${2 * unit} ${3 * unit}`;
  return (
    <Layer ground={ground} name="signed">
      {signed.map(({ reader, correction: { recess_px: recess, shaft_px: shaft, tip_px: tip } }, i) => (
        <g key={i}>
          {recess?.map((outline, k) => <polygon key={k} points={points(outline)} stroke-width={2 * unit} stroke-dasharray={dots} />)}
          {shaft ? <line x1={shaft[0][0]} y1={shaft[0][1]} x2={shaft[1][0]} y2={shaft[1][1]} stroke-width={1.75 * unit} stroke-dasharray={dots} /> : null}
          {tip ? <path d={cross(tip, 10 * unit)} stroke-width={2 * unit} /> : null}
          <Code at={tip ?? leftmost(recess ?? [])} reader={reader} unit={unit} />
        </g>
      ))}
    </Layer>
  );
}

function Code({ at, reader, unit }: { at: Point | null; reader: string; unit: number }) {
  if (at === null) return null;
  return <text x={at[0] - 12 * unit} y={at[1] + 4 * unit} font-size={11 * unit} stroke-width={3 * unit}>{reader}</text>;
}

function leftmost(outlines: readonly Outline[]): Point | null {
  const [outline] = outlines;
  return outline === undefined ? null : outline.reduce((best, corner) => (corner[0] < best[0] ? corner : best));
}
