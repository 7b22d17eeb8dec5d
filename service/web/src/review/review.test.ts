import { describe, expect, it } from "vitest";
import type { Answer } from "../api/client";
import { ownOnly, type ReviewAnswer } from "./api";
import { correctionOf, EMPTY, isCode, judged, marksOf, missingIn, needleOf, reviewOf, UNMARKED, withMarks, type Draft } from "./draft";
import { crosses, ellipse, handy, nearestCorner, nearestSide, simplified, withCorner, withCornerAfter, withoutCorner, type Outline } from "./outline";
import { placed } from "./placing";
import { kappaWords } from "./readers";

const square: Outline = [[0, 0], [10, 0], [10, 10], [0, 10]];

describe("outline", () => {
  it("is taken hold of at the nearest corner, within reach", () => {
    expect(nearestCorner(square, [9, 1], 2)).toBe(1);
    expect(nearestCorner(square, [5, 5], 2)).toBeNull();
    expect(nearestCorner([], [5, 5], 2)).toBeNull();
  });
  it("or on the nearest side, the one that closes it too", () => {
    expect(nearestSide(square, [5, 1])).toEqual({ after: 0, at: [5, 0], distance: 1 });
    expect(nearestSide(square, [-2, 4])).toEqual({ after: 3, at: [0, 4], distance: 2 });
    expect(nearestSide([], [0, 0])).toBeNull();
  });
  it("is changed into another one", () => {
    expect(withCorner(square, 2, [12, 12])).toEqual([[0, 0], [10, 0], [12, 12], [0, 10]]);
    expect(withCornerAfter(square, 3, [0, 5])).toEqual([...square, [0, 5]]);
    expect(square).toHaveLength(4);
  });
  it("keeps three corners", () => {
    const three = withoutCorner(square, 1);
    expect(three).toEqual([[0, 0], [10, 10], [0, 10]]);
    expect(withoutCorner(three, 0)).toBe(three);
  });
  it("with sides that cross is told", () => {
    expect(crosses(square)).toBe(false);
    expect(crosses([[0, 0], [10, 10], [10, 0], [0, 10]])).toBe(true);
  });
  it("loses corners that say nothing", () => {
    const dense: Outline = [[0, 0], [5, 0.1], [10, 0], [10, 5], [10, 10], [5, 9.9], [0, 10], [0, 5]];
    expect(new Set(simplified(dense, 0.5).map(String))).toEqual(new Set(square.map(String)));
    expect(simplified(dense, 0.05).length).toBe(6);
  });
  it("is made handy, and stays near what it was", () => {
    const round: Outline = Array.from({ length: 200 }, (_, i) => [100 * Math.cos(i * Math.PI / 100), 40 * Math.sin(i * Math.PI / 100)]);
    const kept = handy(round, 20);
    expect(kept.length).toBeLessThanOrEqual(20);
    expect(Math.max(...round.map((corner) => nearestSide(kept, corner)?.distance ?? 99))).toBeLessThan(5);
  });
  it("begins as an ellipse", () => expect(ellipse([50, 20], [40, 10])[0]).toEqual([70, 20]));
});

describe("placing", () => {
  it("a needle is two presses", () => {
    const first = placed({ kind: "needle", far: null }, [1, 2], 5);
    expect(first).toEqual({ kind: "more", placing: { kind: "needle", far: [1, 2] } });
    expect(placed({ kind: "needle", far: [1, 2] }, [8, 9], 5)).toEqual({ kind: "needle", far: [1, 2], end: [8, 9] });
  });
  it("an outline ends on its first corner, once it has three", () => {
    expect(placed({ kind: "outline", corners: [[0, 0], [9, 0]] }, [1, 1], 5)).toMatchObject({ kind: "more" });
    expect(placed({ kind: "outline", corners: [[0, 0], [9, 0], [9, 9]] }, [1, 1], 5)).toEqual({ kind: "outline", outline: [[0, 0], [9, 0], [9, 9]] });
  });
});

const answer = {
  frame: { index: 3 },
  needle: { shaft_px: [[10, 20], [60, 50]], tip_px: [60, 50], tip_visible: true },
} as unknown as Answer;
const reader = { code: "QA-2", role: null, blinded: false } as const;

describe("draft", () => {
  const needle = needleOf(answer);
  const moved: Draft = withMarks(EMPTY, 3, (marks) => ({ ...marks, needle: needle === null ? null : { ...needle, end: [61.234, 50] } }));
  it("begins with the model's needle", () => {
    expect(needle).toEqual({ far: [10, 20], farMoved: false, end: [60, 50], tipSeen: true });
    expect(needleOf({ ...answer, needle: { ...answer.needle, shaft_px: null, tip_px: null } })).toBeNull();
  });
  it("says the tip alone where that alone was moved", () => {
    expect(correctionOf(3, marksOf(moved, 3))).toEqual({ frame: 3, needle_absent: false, tip_px: [61.23, 50], rest_confirmed: false });
  });
  it("says the shaft where it was moved, or where its tip is not seen", () => {
    const far = { far: [11, 20], farMoved: true, end: [60, 50], tipSeen: true } as const;
    expect(correctionOf(1, { ...UNMARKED, needle: far })).toMatchObject({ tip_px: [60, 50], shaft_px: [[11, 20], [60, 50]] });
    const unseen = correctionOf(1, { ...UNMARKED, needle: { ...far, tipSeen: false } });
    expect(unseen).toMatchObject({ shaft_px: [[11, 20], [60, 50]] });
    expect(unseen.tip_px).toBeUndefined();
  });
  it("tells no recess from a recess that is not spoken of", () => {
    expect(correctionOf(1, { ...UNMARKED, recess: [] }).recess_px).toEqual([]);
    expect(correctionOf(1, { ...UNMARKED, needle: "absent" }).recess_px).toBeUndefined();
  });
  it("forgets a frame that nothing is said of", () => {
    expect(withMarks(moved, 3, () => UNMARKED).marks.size).toBe(0);
  });
  it("lists what is still wanted", () => {
    expect(missingIn(EMPTY, { code: "smith", blinded: false })).toEqual(["code", "judgement"]);
    expect(missingIn({ ...EMPTY, judgement: "disagree" }, reader)).toEqual(["reason"]);
    expect(missingIn(EMPTY, { code: "QA-2", blinded: true })).toEqual(["verdict"]);
    const crossed = withMarks({ ...EMPTY, judgement: "agree" }, 0, (marks) => ({ ...marks, recess: [[[0, 0], [9, 9], [9, 0], [0, 9]]] }));
    expect(missingIn(crossed, reader)).toEqual(["crossing"]);
  });
  it("becomes a review of the whole, its frames in order", () => {
    const both = withMarks({ ...moved, judgement: "disagree", reason: "tip_misplaced" }, 1, (marks) => ({ ...marks, restRight: true }));
    expect(reviewOf(both, reader, "probable")).toMatchObject({
      reviewer: "QA-2", frame: null, blinded: false, judgement: "disagree", reason: "tip_misplaced",
      corrections: [{ frame: 1, rest_confirmed: true }, { frame: 3, tip_px: [61.23, 50] }],
    });
    expect(reviewOf(EMPTY, reader, "probable")).toBeNull();
    expect(reviewOf({ ...both, judgement: "agree" }, reader, "probable")?.reason).toBeNull();
  });
  it("of a blinded reader is held beside the answer", () => {
    expect(judged("inside", "confirmed")).toEqual({ judgement: "agree", reason: null });
    expect(judged("inside", "extra_articular")).toEqual({ judgement: "disagree", reason: "verdict_wrong" });
    expect(judged("outside", "partial").judgement).toBe("agree");
    expect(judged("indeterminate", "confirmed").judgement).toBe("cannot_tell");
    expect(judged(null, "confirmed").judgement).toBeNull();
    expect(reviewOf({ ...EMPTY, verdict: "outside" }, { ...reader, blinded: true }, "probable")).toMatchObject({ blinded: true, judgement: "disagree", verdict: "outside" });
  });
  it("read blinded once more shows the own reviews alone", () => {
    const by = (reviewer: string) => ({ review: { reviewer } }) as ReviewAnswer;
    expect(ownOnly({ reviews: [by("QA-1"), by("QA-2")], withheld: 1 }, "QA-2")).toEqual({ reviews: [by("QA-2")], withheld: 2 });
  });
  it("takes codes, no names", () => {
    expect(["QA-2", "7", "R_1"].every(isCode)).toBe(true);
    expect(["", "SMITH", "qa-2", "A".repeat(32) + "1"].some(isCode)).toBe(false);
  });
});

describe("agreement", () => {
  const kappa = { measure: "scotts_pi" as const, n: 4, categories: [], table: [], observed: 0.75, expected: 0.5, kappa: 0.5, low: -0.1, high: 1, absent_because: null };
  it("is said with its interval, or why there is none", () => {
    expect(kappaWords(kappa)).toBe("0.50 (95 % -0.10 to 1.00); same in 75 % of 4");
    expect(kappaWords({ ...kappa, kappa: null, low: null, high: null, observed: 1, n: 1, absent_because: "ONE_CATEGORY" })).toContain("not defined; same in 100 % of 1");
  });
});
