import { describe, expect, it } from "vitest";
import { middle, moved, pressed, released } from "./measuring";
import { lengthOf, pictureAt, within } from "./ruler";
import { changed, isWhole, table, WHOLE } from "./window";
import { FIT, panned, rescaled, zoomed, zoomedTo } from "./zoom";

describe("window", () => {
  it("as a whole changes no grey level", () => {
    expect(table(WHOLE)).toEqual(Array.from({ length: 256 }, (_, level) => level));
    expect(isWhole(WHOLE)).toBe(true);
  });
  it("spreads its levels over all, black below and white above", () => {
    const levels = table({ centre: 100, width: 51 }); // 74.5 to 124.5
    expect(levels.slice(0, 75).every((level) => level === 0)).toBe(true);
    expect(levels[75]).toBe(3); // half a level of 50: 0.01 x 255 = 2.55
    expect(levels[100]).toBe(130); // 0.51 x 255
    expect(levels[124]).toBe(252);
    expect(levels[125]).toBe(255);
  });
  it("of the least width is a threshold", () => {
    const levels = table({ centre: 128, width: 2 });
    expect([levels[126], levels[127], levels[128], levels[129]]).toEqual([0, 0, 255, 255]);
  });
  it("never falls as the levels rise", () => {
    for (const window of [{ centre: 0, width: 2 }, { centre: 255, width: 512 }, { centre: 60, width: 90 }]) {
      const levels = table(window);
      expect(levels.every((level, i) => i === 0 || level >= (levels[i - 1] ?? 0))).toBe(true);
    }
  });
  it("stays within what can be shown", () => {
    expect(changed({ centre: 250, width: 10 }, { centre: 20, width: -40 })).toEqual({ centre: 255, width: 2 });
    expect(changed(WHOLE, { centre: -500, width: 900 })).toEqual({ centre: 0, width: 512 });
  });
});

describe("length", () => {
  it("is in millimetres by the height and width of a pixel", () => {
    expect(lengthOf([10, 10], [40, 10], [0.2, 0.1])).toEqual({ value: 3, unit: "mm" });
    expect(lengthOf([10, 10], [10, 40], [0.2, 0.1])).toEqual({ value: 6, unit: "mm" });
    expect(lengthOf([0, 0], [30, 20], [0.2, 0.1]).value).toBe(5); // 3 across, 4 down
  });
  it("is in pixels, never in millimetres, without a calibration", () => {
    expect(lengthOf([0, 0], [3, 4], null)).toEqual({ value: 5, unit: "px" });
  });
});

describe("position", () => {
  const box = { left: 100, top: 50, width: 400, height: 200 };
  it("has the centre of the upper left pixel at 0, 0", () => {
    expect(pictureAt([101, 51], box, [200, 100])).toEqual([0, 0]);
    expect(pictureAt([300, 150], box, [200, 100])).toEqual([99.5, 49.5]);
  });
  it("stays in the picture", () => {
    expect(pictureAt([0, 900], box, [200, 100])).toEqual([-0.5, 99.5]);
    expect(within([300, -9], [200, 100])).toEqual([199.5, -0.5]);
  });
});

describe("measured line", () => {
  it("is two presses", () => {
    let line = released(pressed(null, [1, 1]), [1, 2], 5);
    expect(line).toEqual({ from: [1, 1], to: [1, 1], open: true });
    line = moved(line, [8, 8]);
    line = pressed(line, [9, 9]);
    expect(line).toEqual({ from: [1, 1], to: [9, 9], open: false });
    expect(moved(line, [3, 3])).toBe(line);
  });
  it("or one drag", () => {
    const dragged = moved(pressed(null, [1, 1]), [20, 1]);
    expect(released(dragged, [20, 1], 5)).toEqual({ from: [1, 1], to: [20, 1], open: false });
  });
  it("or set in the middle of the tissue", () => expect(middle([30, 10, 90, 50])).toEqual({ from: [50, 30], to: [70, 30], open: false }));
});

describe("zoom", () => {
  it("shows the same part of the picture on a stage of another width", () => {
    expect(rescaled({ scale: 2, x: -30, y: -10 }, 100, 150)).toEqual({ scale: 2, x: -45, y: -15 });
    expect(rescaled(FIT, 0, 150)).toEqual(FIT);
  });
  const size = { width: 100, height: 50 };
  it("keeps the position under the pointer", () => {
    expect(zoomed(FIT, 2, { x: 30, y: 10 }, size)).toEqual({ scale: 2, x: -30, y: -10 });
  });
  it("never leaves the picture", () => {
    expect(panned({ scale: 2, x: -10, y: -10 }, { x: 500, y: -500 }, size)).toEqual({ scale: 2, x: 0, y: -50 });
    expect(zoomed({ scale: 2, x: -100, y: -50 }, 0.1, { x: 0, y: 0 }, size)).toMatchObject({ scale: 1 });
  });
  it("shows a part of the picture as large as it goes, in the middle", () => {
    expect(zoomedTo([50, 25, 150, 75], [200, 100], size)).toEqual({ scale: 2, x: -50, y: -25 });
    expect(zoomedTo([0, 0, 200, 100], [200, 100], size)).toEqual(FIT);
    expect(zoomedTo([0, 0, 50, 100], [200, 100], size)).toMatchObject({ scale: 1 });
    expect(zoomedTo([], [200, 100], size)).toEqual(FIT);
  });
});
