import { describe, expect, it } from "vitest";
import { archiveAddress, behind, chosenIn, doneIn, reportAddress, within } from "./choice";
import { apart, binsOf, spotLabels } from "./plots";

describe("what is counted", () => {
  const chosen = chosenIn({ site: "S-1", from: "2026-02", reference_to: "2025", tissue: "bone", verdict: "" });
  it("is what the address says, as far as it is known", () => {
    expect(archiveAddress(chosen)).toBe("/archive?from=2026-02&site=S-1&reference_to=2025");
    expect(archiveAddress(chosenIn({}))).toBe("/archive");
  });
  it("is what the report to print shows", () => {
    expect(reportAddress(chosen)).toBe("/v1/report.html?from=2026-02&site=S-1&reference_to=2025");
    expect(reportAddress(chosenIn({}))).toBe("/v1/report.html");
  });
  it("leads to the list with the same filters, and the mark's besides", () => {
    expect(behind(chosen, { reason: "NO_NEEDLE" })).toBe("/?site=S-1&performed_since=2026-02-01&reason=NO_NEEDLE&or_stored=true");
    expect(doneIn(chosen, "2026-03")).toBe("/?site=S-1&performed_since=2026-03-01&performed_until=2026-03-31&or_stored=true");
  });
});

describe("bars of a histogram", () => {
  const spread = { name: "signed_distance_mm", edges: [-2, -1, 0, 1], counts: [2, 0, 1], n: 3, median: -1.5 };
  const of = (from: number | null, below: number | null) => within(chosenIn({ site: "S-1" }), spread.name, from, below);
  it("lead to the list of what they count, the outer ones with what lies beyond", () => {
    expect(binsOf(spread, of).map(({ name, href }) => [name, href])).toEqual([
      ["below −1 mm", "/?site=S-1&distance_below_mm=-1"],
      ["−1 to below 0 mm", null],
      ["0 mm and more", "/?site=S-1&distance_from_mm=0"],
    ]);
  });
  it("lead nowhere where the list does not know the number", () => expect(within(chosenIn({}), "angle_deg", 1, 2)).toBeNull());
  it("of shares are told as percentages", () => {
    const [, second] = binsOf({ ...spread, name: "tip_visible_share", edges: [0, 0.05, 0.1, 1], counts: [1, 1, 1] }, () => "x");
    expect(second?.name).toBe("5 to below 10 %");
  });
});

describe("labels", () => {
  it("are pushed apart upwards, and left alone where there is room", () => {
    expect(apart([5, 0, 0.5], 1)).toEqual([5, 0, 1]);
    expect(apart([], 1)).toEqual([]);
  });
  it("may be equally high where they are not beside each other", () => {
    expect(apart([1, 1, 1], 1, (a, b) => Math.abs(a - b) < 2)).toEqual([1, 2, 1]);
  });
  it("of a funnel begin at its left edge, stand over their points and are clear of each other", () => {
    const points = [{ code: "OP-1", n: 1, share: 1 }, { code: "OP-2", n: 1, share: 1 }, { code: "OP-3", n: 2, share: 1 }, { code: "OP-4", n: 12, share: 1 }];
    const [both, third, last] = spotLabels(points, [1, 12], 1, 518);
    expect(both?.code).toBe("OP-1, OP-2");
    const halfPx = 5 * 6.5; // ten letters
    expect((both?.x ?? 0) - halfPx / 40).toBeGreaterThanOrEqual(1); // 40 pixels for each procedure
    expect([both?.y, last?.y].map((y) => y?.toFixed(3))).toEqual(["1.055", "1.055"]);
    expect(third?.y).toBeCloseTo(1.115);
    expect(last?.x).toBe(12);
  });
});
