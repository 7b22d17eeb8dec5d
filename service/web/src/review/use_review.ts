// The review that is being written: its draft, what is being placed, and the changes of marks on the frame shown.

import { useState } from "preact/hooks";
import type { Answer } from "../api/client";
import type { Ground } from "../cine/layer";
import { within, type Point } from "../cine/ruler";
import type { Pressing } from "../cine/stage";
import { EMPTY, marksOf, needleOf, recessOf, withMarks, type Draft, type Marks, type NeedleMark } from "./draft";
import { ellipse, handy, withCorner, withCornerAfter, withoutCorner, type Outline } from "./outline";
import { placed, type Placing } from "./placing";

const MOST_CORNERS = 20;
const CLOSING = 12;

export interface Marking {
  readonly draft: Draft;
  readonly setDraft: (change: (before: Draft) => Draft) => void;
  readonly marks: Marks;
  readonly placing: Placing | null;
  readonly setPlacing: (placing: Placing | null) => void;
  readonly pressing: ((ground: Ground) => Pressing) | null;
  readonly setNeedle: (needle: Marks["needle"]) => void;
  readonly moveNeedle: (part: "end" | "far", to: Point, from: NeedleMark) => void;
  readonly correctNeedle: () => void;
  readonly setRecess: (recess: Marks["recess"]) => void;
  readonly correctRecess: () => void;
  readonly addShape: () => void;
  readonly moveCorner: (outline: number, corner: number, to: Point) => void;
  readonly addCorner: (outline: number, after: number, at: Point) => void;
  readonly removeCorner: (outline: number, corner: number) => void;
  readonly setRestRight: (right: boolean) => void;
}

export function useMarking(answer: Answer | null, blinded: boolean): Marking {
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [placing, setPlacing] = useState<Placing | null>(null);
  const frame = answer?.frame.index ?? 0;
  const size: Point = answer === null ? [1, 1] : [answer.frame.width, answer.frame.height];
  const marks = marksOf(draft, frame);
  const change = (to: (before: Marks) => Marks) => setDraft((before) => withMarks(before, frame, to));
  const setNeedle = (needle: Marks["needle"]) => change((before) => ({ ...before, needle }));
  const setRecess = (recess: Marks["recess"]) => change((before) => ({ ...before, recess }));
  const changeOutline = (index: number, to: (outline: Outline) => Outline) =>
    change((before) => ({ ...before, recess: before.recess?.map((outline, i) => (i === index ? to(outline) : outline)) ?? null }));
  const answered = answer === null || blinded ? null : answer;

  const press = (at: Point, unit: number) => {
    if (placing === null) return;
    const next = placed(placing, at, CLOSING * unit);
    setPlacing(next.kind === "more" ? next.placing : null);
    if (next.kind === "needle") setNeedle({ far: next.far, farMoved: true, end: next.end, tipSeen: true });
    if (next.kind === "outline") setRecess([...(marks.recess ?? []), next.outline]);
  };
  return {
    draft, setDraft, marks, placing, setPlacing, setNeedle, setRecess,
    pressing: placing === null ? null : ({ unit }) => ({ down: (at) => press(at, unit) }),
    moveNeedle: (part, to, from) => {
      const moved = within(to, size);
      setNeedle(part === "end" ? { ...from, end: moved } : { ...from, far: moved, farMoved: true });
    },
    correctNeedle: () => {
      const known = answered === null ? null : needleOf(answered);
      if (known === null) setPlacing({ kind: "needle", far: null });
      else setNeedle({ ...known, tipSeen: true });
    },
    correctRecess: () => {
      const known = answered === null ? [] : recessOf(answered);
      if (known.length === 0) setPlacing({ kind: "outline", corners: [] });
      else setRecess(known.map((outline) => handy(outline, MOST_CORNERS)));
    },
    addShape: () => {
      setPlacing(null);
      const [x0 = 0, y0 = 0, x1 = size[0], y1 = size[1]] = answer?.frame.bmode_px ?? [];
      setRecess([...(marks.recess ?? []), ellipse([(x0 + x1) / 2, (y0 + y1) / 2], [(x1 - x0) / 2, (y1 - y0) / 8])]);
    },
    moveCorner: (outline, corner, to) => changeOutline(outline, (before) => withCorner(before, corner, within(to, size))),
    addCorner: (outline, after, at) => changeOutline(outline, (before) => withCornerAfter(before, after, at)),
    removeCorner: (outline, corner) => changeOutline(outline, (before) => withoutCorner(before, corner)),
    setRestRight: (restRight) => change((before) => ({ ...before, restRight })),
  };
}
