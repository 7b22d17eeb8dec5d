// Which frame of a cine is shown: stepping, playing at the cine's own rate, looping.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";

export const SPEEDS = [0.1, 0.25, 0.5, 1, 2] as const;
const DEFAULT_FRAME_MS = 50;

export interface Player {
  readonly index: number;
  readonly playing: boolean;
  readonly loop: boolean;
  readonly speed: number;
  readonly seek: (index: number) => void;
  readonly step: (by: number) => void;
  readonly toggle: () => void;
  readonly setLoop: (loop: boolean) => void;
  readonly setSpeed: (speed: number) => void;
  readonly faster: (by: number) => void;
}

export function clamp(index: number, count: number): number {
  return Math.min(Math.max(Math.round(index), 0), Math.max(count - 1, 0));
}

export function nextSpeed(speed: number, by: number): number {
  const at = SPEEDS.findIndex((known) => known >= speed);
  return SPEEDS[clamp((at < 0 ? SPEEDS.length - 1 : at) + by, SPEEDS.length)] ?? 1;
}

// The frame after this one; null where the cine ends.
export function following(index: number, count: number, loop: boolean): number | null {
  if (index + 1 < count) return index + 1;
  return loop && count > 1 ? 0 : null;
}

interface Cine {
  readonly count: number;
  readonly frameMs: number | null;
  readonly first: number;
  readonly shown: () => Promise<unknown>;
}

// `shown` is waited for before the next frame is due: a frame is shown late rather than left out.
export function usePlayer({ count, frameMs, first, shown }: Cine): Player {
  const [index, setIndex] = useState(() => clamp(first, count));
  const [playing, setPlaying] = useState(false);
  const [loop, setLoop] = useState(true);
  const [speed, setSpeed] = useState(1);
  const now = useRef({ index, playing, loop, speed, shown });
  now.current = { index, playing, loop, speed, shown };

  useEffect(() => {
    if (!playing) return undefined;
    let stopped = false;
    const play = async () => {
      let due = performance.now();
      while (!stopped) {
        due = Math.max(due + (frameMs ?? DEFAULT_FRAME_MS) / now.current.speed, performance.now());
        await now.current.shown();
        await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
        if (stopped || !now.current.playing) return; // eslint-disable-line @typescript-eslint/no-unnecessary-condition -- changed while waiting
        const next = following(now.current.index, count, now.current.loop);
        if (next === null) { setPlaying(false); return; }
        setIndex(next);
      }
    };
    play().catch(() => setPlaying(false));
    return () => { stopped = true; };
  }, [playing, count, frameMs]);

  const seek = useCallback((wanted: number) => setIndex(clamp(wanted, count)), [count]);
  const step = useCallback((by: number) => {
    setPlaying(false);
    setIndex((before) => clamp(before + by, count));
  }, [count]);
  const toggle = useCallback(() => {
    setPlaying((before) => {
      if (!before && now.current.index === count - 1) setIndex(0);
      return !before && count > 1;
    });
  }, [count]);
  const faster = useCallback((by: number) => setSpeed((before) => nextSpeed(before, by)), []);
  return { index, playing, loop, speed, seek, step, toggle, setLoop, setSpeed, faster };
}
