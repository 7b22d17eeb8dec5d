// Zoom of a stage, kept within its edges. It is remembered with the width that it was meant for: a stage that changes
// its size shows the same part of the picture, whoever is told of it first.

import type { RefObject } from "preact";
import { useRef, useState } from "preact/hooks";
import { FIT, rescaled, zoomed, type Size, type Zoom } from "./zoom";

type Change = (zoom: Zoom, size: Size) => Zoom;

export interface ZoomState {
  readonly zoom: Zoom;
  readonly stage: RefObject<HTMLDivElement | null>;
  readonly change: (to: Change) => void;
  readonly by: (factor: number) => void;
  readonly fit: () => void;
}

export function useZoom(): ZoomState {
  const stage = useRef<HTMLDivElement>(null);
  const [meant, setMeant] = useState({ zoom: FIT, width: 0 });
  const change = (to: Change) => {
    const size = stage.current?.getBoundingClientRect() ?? { width: 1, height: 1 };
    setMeant((before) => ({ zoom: to(rescaled(before.zoom, before.width, size.width), size), width: size.width }));
  };
  const by = (factor: number) => change((before, size) => zoomed(before, factor, { x: size.width / 2, y: size.height / 2 }, size));
  return { zoom: meant.zoom, stage, change, by, fit: () => change(() => FIT) };
}
