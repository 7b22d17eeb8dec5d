import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { text } from "../strings";
import { mmPerPixel } from "./ruler";
import { nextDue } from "./run";
import { LiveSession, retryAfterMs } from "./session";
import { refusal } from "./sources";

describe("scale from two points", () => {
  it.each([
    [[[0, 0], [30, 40]], 10, 0.2],
    [[[5, 5], [5, 105]], 25, 0.25],
    [[[0, 0], [3, 4]], 10, null],
    [[[0, 0]], 10, null],
    [[[0, 0], [30, 40]], 0, null],
    [[[0, 0], [30, 40]], Number.NaN, null],
  ] as const)("%j over %d mm is %j mm per pixel", (points, mm, expected) => expect(mmPerPixel(points, mm)).toBe(expected));
});

describe("pictures going out", () => {
  it.each([
    ["in time", 100, 101, 130],
    ["after a timer that came late", 100, 118, 130],
    ["after a picture that took longer than the interval", 100, 150, 130],
    ["after a stall", 100, 500, 500],
  ])("are due %s", (_, due, now, expected) => expect(nextDue(due, 30, now)).toBe(expected));
  it("keep their rate whatever the timers lose", () => {
    let [due, now] = [0, 0];
    for (let n = 0; n < 300; n += 1) {
      due = nextDue(due, 1000 / 30, now);
      now = Math.max(now, due) + 5; // each timer comes 5 ms late
    }
    expect(now).toBeCloseTo(10_005);
  });
});

describe("cameras and screens", () => {
  it("are refused in words", () => {
    expect(refusal("camera", new DOMException("", "NotAllowedError")).message).toBe(text.live.refused.denied.camera);
    expect(refusal("screen", new DOMException("", "NotFoundError")).message).toBe(text.live.refused.none.screen);
    expect(refusal("camera", new Error("as it was")).message).toBe("as it was");
  });
});

class FakeSocket extends EventTarget {
  static all: FakeSocket[] = [];
  readonly said: unknown[] = [];
  bufferedAmount = 0;
  binaryType = "";
  constructor(readonly url: string) {
    super();
    FakeSocket.all.push(this);
  }
  send(message: unknown): void { this.said.push(message); }
  close(): void { this.hear("close", { code: 1000 }); }
  hear(kind: string, detail: object): void { this.dispatchEvent(Object.assign(new Event(kind), detail)); }
  started(session: string, next: number): void {
    this.hear("open", {});
    this.hear("message", { data: JSON.stringify({ type: "started", session, next_sequence: next }) });
  }
}

describe("a session whose line breaks", () => {
  const hearing = { onAnswer: vi.fn(), onProblem: vi.fn(), onBroken: vi.fn(), onBack: vi.fn(), onEnd: vi.fn() };
  beforeEach(() => {
    FakeSocket.all = [];
    vi.stubGlobal("WebSocket", FakeSocket);
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.clearAllMocks();
  });
  const newest = () => FakeSocket.all[FakeSocket.all.length - 1] ?? new FakeSocket("");

  it("waits longer from try to try, and not for ever longer", () => {
    expect([1, 2, 3, 4, 9].map(retryAfterMs)).toEqual([250, 500, 1000, 2000, 2000]);
  });
  it("goes on with its id, its next number and its newest scale", () => {
    const session = new LiveSession({ overlay: "svg" }, hearing);
    newest().started("a1", 0);
    session.send({}, new ArrayBuffer(1), 0);
    session.rescale({ spacing_mm: [0.2, 0.2], spacing_source: "ruler" });
    newest().hear("close", { code: 1006 });
    expect(hearing.onBroken).toHaveBeenCalledWith(1);
    vi.advanceTimersByTime(250);
    newest().started("a1", 7);
    expect(hearing.onBack).toHaveBeenCalled();
    expect(JSON.parse(String(newest().said[0]))).toEqual({ type: "start", overlay: "svg", session: "a1", spacing_mm: [0.2, 0.2], spacing_source: "ruler" });
    session.end();
    newest().hear("message", { data: '{"type": "ended", "procedure": "/v1/procedures/a1"}' });
    newest().hear("close", { code: 1000 });
    expect(hearing.onEnd).toHaveBeenCalledExactlyOnceWith("", ["a1"]);
  });
  it("begins another one where the service has not waited, and keeps both", () => {
    const session = new LiveSession({}, hearing);
    newest().started("a1", 0);
    newest().hear("close", { code: 1012 });
    vi.advanceTimersByTime(250);
    newest().hear("close", { code: 4404 });
    newest().started("b2", 0);
    expect(JSON.parse(String(newest().said[0]))).toEqual({ type: "start" });
    session.end();
    newest().hear("message", { data: '{"type": "ended", "procedure": "/v1/procedures/b2"}' });
    newest().hear("close", { code: 1000 });
    expect(hearing.onEnd).toHaveBeenCalledExactlyOnceWith("", ["a1", "b2"]);
  });
  it("gives up a line over which nothing comes any more", () => {
    const session = new LiveSession({}, hearing);
    newest().started("a1", 0);
    session.send({}, new ArrayBuffer(1), 1000);
    session.send({}, new ArrayBuffer(1), 7000);
    expect(hearing.onBroken).toHaveBeenCalledExactlyOnceWith(1);
    session.end();
    expect(hearing.onEnd).toHaveBeenCalledExactlyOnceWith(text.live.leftBroken, []);
  });
  it("ends with the reason where it was refused", () => {
    new LiveSession({}, hearing);
    newest().hear("open", {});
    newest().hear("message", { data: '{"type": "problem", "sequence": null, "problem": {"detail": "no room"}}' });
    newest().hear("close", { code: 4503 });
    expect(hearing.onEnd).toHaveBeenCalledExactlyOnceWith("no room", []);
  });
});
