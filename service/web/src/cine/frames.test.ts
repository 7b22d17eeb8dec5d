import { describe, expect, it, vi } from "vitest";
import { Cache } from "./cache";
import { away, Frames, nearest, type CineFrame } from "./frames";

const frame = (index: number, bytes = 0) => ({ overlay: String(index), picture: { size: bytes } }) as CineFrame;
const nothing = () => undefined;
const bitmap = () => Promise.resolve({ width: 1, height: 1, close: nothing } as ImageBitmap);

describe("frames", () => {
  it("are asked for once, from the wanted one onwards", async () => {
    const asked: number[] = [];
    const load = (index: number) => {
      asked.push(index);
      return Promise.resolve(frame(index));
    };
    let here = 0;
    const frames = new Frames(4, load, (count) => { here = count; }, bitmap);
    expect((await frames.show(2)).overlay).toBe("2");
    await frames.fetchAll();
    await frames.show(1);
    expect(asked).toEqual([2, 3, 0, 1]);
    expect(here).toBe(4);
  });
  it("are asked for again after a failure", async () => {
    let fails = true;
    const load = (index: number) => (fails ? Promise.reject(new Error("away")) : Promise.resolve(frame(index)));
    const frames = new Frames(1, load, nothing, bitmap);
    await expect(frames.show(0)).rejects.toThrow("away");
    fails = false;
    expect((await frames.show(0)).overlay).toBe("0");
  });
  it("are kept up to so many bytes, those about to be shown", async () => {
    const asked: number[] = [];
    const load = (index: number) => {
      asked.push(index);
      return Promise.resolve(frame(index, 94)); // 100 bytes with the overlay
    };
    const frames = new Frames(20, load, nothing, bitmap, 1000);
    await frames.show(0);
    await frames.fetchAll();
    expect(asked.length).toBeLessThan(12);
    await frames.show(10);
    await frames.fetchAll();
    expect(asked).toContain(11);
    const before = asked.length;
    await frames.show(11);
    expect(asked.length).toBe(before);
    await frames.show(1);
    expect(asked.length).toBe(before + 1);
  });
  it("ahead are nearer than those behind, and the cine goes round", () => {
    expect(nearest(8, 10).slice(0, 5)).toEqual([8, 9, 0, 1, 7]);
    expect([away(8, 8, 10), away(0, 8, 10), away(7, 8, 10)]).toEqual([0, 2, 3]);
  });
  it("are decoded before they are shown, once, and ahead where the cine goes on", async () => {
    const decoded: number[] = [];
    const decode = (picture: Blob) => {
      decoded.push(picture.size);
      return bitmap();
    };
    const frames = new Frames(9, (index) => Promise.resolve(frame(index, index)), nothing, decode);
    await frames.show(0);
    await frames.fetchAll();
    expect(frames.picture(0)).toBeDefined();
    await frames.show(5);
    await frames.show(0);
    expect(decoded).toEqual([0, 5]);
    await frames.show(1);
    await vi.waitFor(() => expect(decoded).toEqual([0, 5, 1, 2, 3, 4]));
  });
  it("are passed over when another is wanted before their turn", async () => {
    const asked: number[] = [];
    const answers: (() => void)[] = [];
    const load = (index: number) => {
      asked.push(index);
      return new Promise<CineFrame>((resolve) => answers.push(() => resolve(frame(index))));
    };
    const frames = new Frames(99, load, nothing, bitmap);
    const shown = [10, 30, 50, 70].map((index) => frames.show(index));
    const given = Promise.allSettled(shown);
    expect(asked).toEqual([10, 30]);
    answers[0]?.();
    await vi.waitFor(() => expect(asked).toEqual([10, 30, 70]));
    for (const answer of answers) answer();
    expect((await given).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
  });
  it("are not fetched ahead while somebody goes from place to place", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "performance"] });
    const asked: number[] = [];
    const frames = new Frames(40, (index) => { asked.push(index); return Promise.resolve(frame(index)); }, nothing, bitmap);
    await frames.show(0);
    await frames.show(20);
    const all = frames.fetchAll();
    await vi.advanceTimersByTimeAsync(100);
    await frames.show(35);
    await vi.advanceTimersByTimeAsync(100);
    expect(asked).toEqual([0, 20, 35]);
    await vi.advanceTimersByTimeAsync(100);
    await all;
    expect(asked.slice(3, 5)).toEqual([36, 37]);
    expect(asked.length).toBe(40);
    vi.useRealTimers();
  });
});

describe("cache", () => {
  it("gives up the farthest, and says so once", async () => {
    const gone: string[] = [];
    const cache = new Cache<string>(10, (index) => index, (value) => value.length, (value) => gone.push(value));
    for (const index of [3, 1, 2]) await cache.get(index, () => Promise.resolve(String(index).repeat(4)));
    await Promise.resolve();
    expect([...[1, 2, 3].map((index) => cache.has(index))]).toEqual([true, true, false]);
    expect(cache.heldBytes).toBe(8);
    cache.clear();
    await Promise.resolve();
    expect(gone).toEqual(["3333", "1111", "2222"]);
    expect(cache.heldBytes).toBe(0);
  });
});
