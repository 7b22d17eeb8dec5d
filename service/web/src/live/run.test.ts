import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Run, type Shown } from "./run";

class FakeSocket extends EventTarget {
  static newest: FakeSocket | null = null;
  bufferedAmount = 0;
  sent = 0;
  constructor() {
    super();
    FakeSocket.newest = this;
  }
  send(said: unknown): void { if (typeof said !== "string") this.sent += 1; }
  hear(said: object): void { this.dispatchEvent(Object.assign(new Event("message"), { data: JSON.stringify(said) })); }
}

const STALE_MS = 500;

function answer(sequence: number, verdict: string) {
  return {
    type: "answer", overlay_svg: `<svg id="n${sequence}"/>`, timing_ms: {}, calibration: {},
    live: { sequence, dropped: 0, segment: 0 }, track: { events: [] }, placement: { verdict, tissue_at_tip: null },
  };
}

describe("what an answer changes", () => {
  const draw = vi.fn<(overlay: string | null) => void>();
  const show = vi.fn<(shown: Shown) => void>();
  let socket: FakeSocket;
  beforeEach(async () => {
    vi.useFakeTimers();
    vi.stubGlobal("WebSocket", FakeSocket);
    const image = { width: 4, height: 3 } as ImageBitmap;
    const picture = { image, coded: () => Promise.resolve(new ArrayBuffer(1)), header: { format: "png" as const } };
    const source = { spacing: null, fps: 100, next: () => Promise.resolve(picture), stop: () => undefined };
    const canvas = { width: 4, height: 3, getContext: () => null } as unknown as HTMLCanvasElement;
    new Run(source, { start: {}, staleMs: STALE_MS, fps: () => null, canvas, draw, show, showAge: () => undefined });
    if (FakeSocket.newest === null) throw new Error("no connection");
    socket = FakeSocket.newest;
    socket.hear({ type: "started", session: "a1", next_sequence: 0 });
    while (socket.sent < 10) await vi.advanceTimersByTimeAsync(10);
    vi.clearAllMocks();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is drawn at once, each time, and told in figures no more often than they can be read", async () => {
    for (let n = 0; n < 10; n += 1) {
      socket.hear(answer(n, "inside"));
      expect(draw).toHaveBeenLastCalledWith(`<svg id="n${n}"/>`);
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(draw).toHaveBeenCalledTimes(10);
    expect(show).toHaveBeenCalledTimes(2);
    expect(show.mock.lastCall?.[0].answer?.live.sequence).toBe(9);
  });
  it("is told at once where the verdict is another one", () => {
    socket.hear(answer(0, "inside"));
    socket.hear(answer(1, "outside"));
    expect(show.mock.calls.map(([{ answer }]) => answer?.placement.verdict)).toEqual(["inside", "outside"]);
  });
  it("goes once it is too old, and that is told at once", async () => {
    socket.hear(answer(9, "inside"));
    await vi.advanceTimersByTimeAsync(STALE_MS + 2);
    expect(draw).toHaveBeenLastCalledWith(null);
    expect(show.mock.lastCall?.[0]).toMatchObject({ answer: null, withheld: "silent" });
  });
});
