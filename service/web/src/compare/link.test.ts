import { describe, expect, it } from "vitest";
import { address } from "./choose";
import { difference, nextOf, partner } from "./link";

describe("linked cines", () => {
  const slow = { index: 10, frameMs: 100, count: 36 };
  const fast = { index: 20, frameMs: 50, count: 60 };
  it("go on by time", () => {
    expect(partner(10, slow, fast)).toBe(20);
    expect(partner(13, slow, fast)).toBe(26);
    expect(partner(26, fast, slow)).toBe(13);
  });
  it("go on frame by frame where a time is not known", () => expect(partner(13, { ...slow, frameMs: null }, fast)).toBe(23));
  it("stay within the other", () => {
    expect(partner(0, slow, fast)).toBe(0);
    expect(partner(35, slow, fast)).toBe(59);
  });
});

describe("differences", () => {
  const row = { name: "", unit: "mm", digits: 1 };
  it("are second less first, and none of what is not known", () => {
    expect(difference({ ...row, a: 1, b: 2.5 })).toBe("+1.5 mm");
    expect(difference({ ...row, a: 2.5, b: 1 })).toBe("−1.5 mm");
    expect(difference({ ...row, a: 1, b: 1 })).toBe("±0.0 mm");
    expect(difference({ ...row, a: 1, b: 0.96 })).toBe("±0.0 mm");
    expect(difference({ ...row, unit: "°", digits: 0, a: 28, b: 21 })).toBe("−7°");
    expect(difference({ ...row, a: null, b: 1 })).toBeNull();
  });
  it("are gone through one after the other", () => {
    expect(nextOf([3, 7], 3)).toBe(7);
    expect(nextOf([3, 7], 7)).toBe(3);
    expect(nextOf([], 0)).toBeNull();
  });
});

describe("address", () => {
  it("says what is compared", () => {
    expect(address("x", { b: "y" })).toBe("/compare?a=x&b=y");
    expect(address("x", { model: "knee 2" })).toBe("/compare?a=x&model=knee+2");
  });
});
