// What the pointer does with a stage, and what it has changed of the display.

import { useEffect, useRef, useState } from "preact/hooks";
import type { CineFrame } from "./frames";
import { middle, useMeasuring, type Measuring } from "./measuring";
import type { Tool } from "./stage";
import { toolKeys } from "./tools";
import { useZoom, type ZoomState } from "./use_zoom";
import { WHOLE, type Window } from "./window";
import { panned, zoomedTo } from "./zoom";

export interface Tooling {
  readonly zoom: ZoomState;
  readonly tool: Tool;
  readonly setTool: (tool: Tool) => void;
  readonly window: Window;
  readonly setWindow: (change: (before: Window) => Window) => void;
  readonly measuring: Measuring;
  readonly toTissue: () => void;
  readonly placeLine: () => void;
  readonly keys: Readonly<Record<string, () => void>>;
}

// The part that shows tissue fills the stage to begin with: around it lie a screen's texts and rulers.
export function useTools(frame: CineFrame | null): Tooling {
  const zoom = useZoom();
  const { change } = zoom;
  const toTissue = () => {
    if (frame === null) return;
    const { bmode_px: box, width, height } = frame.answer.frame;
    change((_, size) => zoomedTo(box, [width, height], size));
  };
  const begun = useRef(false);
  useEffect(() => {
    if (frame === null || begun.current) return;
    begun.current = true;
    requestAnimationFrame(toTissue); // once the picture has given the stage its size
  });
  const [tool, setTool] = useState<Tool>("move");
  const [window, setWindow] = useState(WHOLE);
  const measuring = useMeasuring();
  const keys = {
    ...toolKeys(tool, setTool, setWindow, () => measuring.set(null)),
    ...panKeys(change),
    "+": () => zoom.by(1.5), "-": () => zoom.by(1 / 1.5), "0": zoom.fit, b: toTissue,
  };
  const placeLine = () => {
    if (frame !== null) measuring.set(middle(frame.answer.frame.bmode_px));
  };
  return { zoom, tool, setTool, window, setWindow, measuring, toTissue, placeLine, keys };
}

const PAN_SHARE = 0.1;

// With Shift, because the arrows step through the frames and "l" leads to the live view.
export function panKeys(...changes: readonly ZoomState["change"][]): Readonly<Record<"H" | "J" | "K" | "L", () => void>> {
  const by = (across: number, down: number) => () => {
    for (const change of changes) change((zoom, size) => panned(zoom, { x: across * PAN_SHARE * size.width, y: down * PAN_SHARE * size.height }, size));
  };
  return { H: by(1, 0), L: by(-1, 0), K: by(0, 1), J: by(0, -1) };
}
