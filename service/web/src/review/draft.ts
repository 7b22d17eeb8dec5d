// What a reader is about to sign: a judgement of the whole procedure, and marks on some of its frames.

import type { Answer, FrameVerdict, ProcedureVerdict } from "../api/client";
import type { Point } from "../cine/ruler";
import type { Correction, Judgement, ReaderRole, Review, ReviewReason } from "./api";
import { crosses, type Outline } from "./outline";

export interface NeedleMark {
  // Where the shaft comes from.
  readonly far: Point;
  readonly farMoved: boolean;
  readonly end: Point;
  readonly tipSeen: boolean;
}

export interface Marks {
  readonly needle: NeedleMark | "absent" | null;
  readonly recess: readonly Outline[] | null;
  readonly restRight: boolean;
}

export interface Draft {
  readonly judgement: Judgement | null;
  readonly reason: ReviewReason | null;
  readonly verdict: FrameVerdict | null;
  readonly marks: ReadonlyMap<number, Marks>;
}

export interface Reader {
  readonly code: string;
  readonly role: ReaderRole | null;
  readonly blinded: boolean;
}

export const UNMARKED: Marks = { needle: null, recess: null, restRight: false };
export const EMPTY: Draft = { judgement: null, reason: null, verdict: null, marks: new Map() };

export function marksOf(draft: Draft, frame: number): Marks {
  return draft.marks.get(frame) ?? UNMARKED;
}

export function withMarks(draft: Draft, frame: number, change: (before: Marks) => Marks): Draft {
  const marks = new Map(draft.marks);
  const next = change(marksOf(draft, frame));
  if (next.needle === null && next.recess === null && !next.restRight) marks.delete(frame);
  else marks.set(frame, next);
  return { ...draft, marks };
}

// The model's needle as something to begin with.
export function needleOf({ needle }: Answer): NeedleMark | null {
  const [far, end] = needle.shaft_px ?? [];
  const tip = point(needle.tip_px ?? end);
  const from = point(far);
  return tip === null || from === null ? null : { far: from, farMoved: false, end: tip, tipSeen: needle.tip_visible };
}

export function recessOf({ recess }: Answer): readonly Outline[] {
  return recess.polygons_px.map((polygon) => polygon.map(([x = 0, y = 0]) => [x, y] as const));
}

function point(said: readonly number[] | null | undefined): Point | null {
  const [x, y] = said ?? [];
  return x === undefined || y === undefined ? null : [x, y];
}

const rounded = ([x, y]: Point): [number, number] => [Math.round(100 * x) / 100, Math.round(100 * y) / 100];

export function correctionOf(frame: number, { needle, recess, restRight }: Marks): Correction {
  return {
    frame,
    needle_absent: needle === "absent",
    ...(needle === null || needle === "absent" ? {} : needlePart(needle)),
    ...(recess === null ? {} : { recess_px: recess.map((outline) => outline.map(rounded)) }),
    rest_confirmed: restRight,
  };
}

// The tip alone moves the end of the shaft that was answered; the shaft is said where it was moved, or without a tip.
function needlePart({ far, farMoved, end, tipSeen }: NeedleMark): Partial<Correction> {
  const shaft = farMoved || !tipSeen ? { shaft_px: [rounded(far), rounded(end)] as [[number, number], [number, number]] } : {};
  return tipSeen ? { tip_px: rounded(end), ...shaft } : shaft;
}

export function reviewOf(draft: Draft, { code, role, blinded }: Reader, answered: ProcedureVerdict | null): Review | null {
  const { judgement, reason } = blinded ? judged(draft.verdict, answered) : draft;
  if (judgement === null) return null;
  return {
    reviewer: code,
    role,
    blinded,
    frame: null,
    judgement,
    reason: judgement === "agree" ? null : reason,
    verdict: draft.verdict,
    corrections: [...draft.marks].sort(([a], [b]) => a - b).map(([frame, marks]) => correctionOf(frame, marks)),
  };
}

const SIDES: Readonly<Record<ProcedureVerdict, FrameVerdict>> = {
  confirmed: "inside",
  probable: "inside",
  partial: "outside",
  extra_articular: "outside",
  indeterminate: "indeterminate",
  not_assessed: "not_assessed",
};

// A reader who has not seen the answer cannot agree with it in so many words: what was read is held beside it.
export function judged(verdict: FrameVerdict | null, answered: ProcedureVerdict | null): Pick<Draft, "judgement" | "reason"> {
  if (verdict === null || answered === null) return { judgement: null, reason: null };
  if (verdict === "not_assessed" || verdict === "indeterminate") return { judgement: "cannot_tell", reason: null };
  return SIDES[answered] === verdict ? { judgement: "agree", reason: null } : { judgement: "disagree", reason: "verdict_wrong" };
}

export type Missing = "code" | "judgement" | "reason" | "verdict" | "crossing";
const CODE = /^[A-Z_-]*[0-9][A-Z0-9_-]*$/;

export function isCode(code: string): boolean {
  return CODE.test(code) && code.length <= 32;
}

export function missingIn(draft: Draft, { code, blinded }: Pick<Reader, "code" | "blinded">): readonly Missing[] {
  const all = [...draft.marks.values()];
  const wanted: readonly (readonly [Missing, boolean])[] = [
    ["code", !isCode(code)],
    ["judgement", !blinded && draft.judgement === null],
    ["reason", !blinded && draft.judgement === "disagree" && draft.reason === null],
    ["verdict", blinded && draft.verdict === null],
    ["crossing", all.some(({ recess }) => recess?.some(crosses) ?? false)],
  ];
  return wanted.flatMap(([name, isMissing]) => (isMissing ? [name] : []));
}
