import { describe, expect, it } from "vitest";
import { listAddress } from "./filters";
import { pageOf, pagesOf } from "./pager";
import { daysOf, understood } from "./search";

const filters = (said: string, sites: string[] = []) => Object.fromEntries(understood(said, new Set(sites)).filters);

describe("search", () => {
  it.each([
    ["outside the recess", { verdict: "extra_articular" }],
    ["probable", { verdict: "probable" }],
    ["no needle saline", { reason: "NO_NEEDLE", injectate: "saline" }],
    ["platelet-rich plasma reviewed", { injectate: "platelet_rich_plasma", reviewed: "true" }],
    ["not reviewed", { reviewed: "false" }],
    ["op-7", { operator: "OP-7" }],
    ["site:k1 operator:b2", { site: "K1", operator: "B2" }],
    ["2026-02", { since: "2026-02-01", until: "2026-02-28" }],
    ["2026-01..2026-03-15", { since: "2026-01-01", until: "2026-03-15" }],
    ["done:2026", { performed_since: "2026-01-01", performed_until: "2026-12-31" }],
  ])("%j gives %j", (said, expected) => expect(filters(said)).toEqual(expected));
  it("takes a code for a site's where that site is known", () => {
    expect(filters("S-1 OP-7", ["S-1"])).toEqual({ site: "S-1", operator: "OP-7" });
  });
  it("says what it does not understand, and knows an identifier", () => {
    expect(understood("outside xyzzy").unknown).toEqual(["xyzzy"]);
    expect(understood("a".repeat(31) + "0").procedure).toBe("a".repeat(31) + "0");
    expect(understood("   ").unknown).toEqual([]);
  });
  it("knows which days there are", () => {
    expect(daysOf("2024-02")).toEqual(["2024-02-01", "2024-02-29"]);
    expect(daysOf("2026-02-30")).toBeNull();
    expect(daysOf("2026-13")).toBeNull();
    expect(daysOf("soon")).toBeNull();
  });
});

describe("pages", () => {
  it("are counted from one, whatever the address says", () => {
    expect([undefined, "2", "0", "-1", "x", "1.5"].map(pageOf)).toEqual([1, 2, 1, 1, 1, 1]);
    expect([0, 25, 26].map((total) => pagesOf(total, 25))).toEqual([1, 1, 2]);
  });
  it("keep the filters in their address", () => {
    expect(listAddress([["verdict", "probable"], ["zone_min", "60"]], 2)).toBe("/?verdict=probable&page=2");
    expect(listAddress([])).toBe("/");
  });
});
