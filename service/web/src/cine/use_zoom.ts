// Zoom of a stage, kept within its edges.

import type { RefObject } from "preact";
import { useRef, useState } from "preact/hooks";
import { FIT, zoomed, type Size, type Zoom } from "./zoom";

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
  const [zoom, setZoom] = useState(FIT);
  const change = (to: Change) => {
    const size = stage.current?.getBoundingClientRect() ?? { width: 1, height: 1 };
    setZoom((before) => to(before, size));
  };
  const by = (factor: number) => change((before, size) => zoomed(before, factor, { x: size.width / 2, y: size.height / 2 }, size));
  return { zoom, stage, change, by, fit: () => setZoom(FIT) };
}
