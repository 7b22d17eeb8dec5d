// One frame: the untouched picture on a canvas, the overlay over it as vectors, both zoomed and moved together.

import type { ComponentChildren, TargetedPointerEvent } from "preact";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Drawing } from "../parts/drawing";
import { text } from "../strings";
import type { CineFrame, Frames } from "./frames";
import type { Ground } from "./layer";
import { pictureAt, type Point } from "./ruler";
import type { ZoomState } from "./use_zoom";
import { changed, isWhole, WHOLE, type Window } from "./window";
import "./cine.css";
import { WindowFilter } from "./window_filter";
import { panned, zoomed } from "./zoom";

export type Tool = "move" | "window" | "measure";

// What a tool does with the picture; without one a drag moves it.
export interface Pressing {
  readonly down: (at: Point) => void;
  readonly move?: (at: Point) => void;
  readonly up?: (at: Point) => void;
}

interface Props {
  readonly frames: Frames;
  readonly frame: CineFrame | null;
  readonly count: number;
  readonly overlay: boolean;
  readonly zoom: ZoomState;
  readonly window?: Window;
  readonly onWindow?: (change: (before: Window) => Window) => void;
  readonly tool?: Tool;
  readonly pressing?: ((ground: Ground) => Pressing) | null;
  readonly name?: string;
  readonly children?: (ground: Ground) => ComponentChildren;
}

const RIGHT = 2;

export function Stage({ frames, frame, count, overlay, zoom: { zoom, stage, change, fit }, window = WHOLE, onWindow, tool = "move", pressing = null, name = "", children }: Props) {
  const { canvas, drawn } = usePicture(frames, frame);
  const size: Point = drawn === null ? [640, 480] : [drawn.answer.frame.width, drawn.answer.frame.height];
  const shownWidth = useWidth(stage, change);
  const filter = useId().replaceAll(/\W/g, "");
  useWheel(stage, change);

  const at = (event: PointerEvent) => pictureAt([event.clientX, event.clientY], canvas.current?.getBoundingClientRect() ?? new DOMRect(0, 0, 1, 1), size);
  const ground: Ground = { size, at, unit: size[0] / (shownWidth * zoom.scale) };
  const acting = pressing?.(ground) ?? null;
  const down = (event: TargetedPointerEvent<HTMLDivElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    if (event.button === 0) acting?.down(at(event));
  };
  const move = (event: PointerEvent) => {
    const by = { x: event.movementX, y: event.movementY };
    if ((event.buttons & RIGHT) !== 0 || (event.buttons === 1 && tool === "window")) {
      onWindow?.((before) => changed(before, { centre: by.y, width: 2 * by.x }));
    } else if (acting !== null) {
      acting.move?.(at(event));
    } else if (event.buttons === 1) {
      change((before, box) => panned(before, by, box));
    }
  };
  return (
    <div
      class="stage" id={`stage${name}`} ref={stage} data-zoomed={zoom.scale > 1 ? "" : undefined} data-tool={acting === null ? tool : "measure"}
      style={{ "--aspect": String(size[0] / size[1]) }}
      onPointerDown={down} onPointerMove={move} onPointerUp={(event) => acting?.up?.(at(event))}
      onDblClick={() => { if (acting === null) fit(); }} onContextMenu={(event) => event.preventDefault()}
    >
      <WindowFilter id={filter} window={window} />
      <div class="moved" style={{ transform: `translate(${zoom.x}px, ${zoom.y}px) scale(${zoom.scale})` }}>
        <canvas
          id={`picture${name}`} ref={canvas} role="img" width={640} height={480}
          aria-label={text.player.picture((drawn?.answer.frame.index ?? 0) + 1, count)} style={{ filter: isWhole(window) ? "none" : `url(#${filter})` }}
        />
        <Drawing id={`overlay${name}`} svg={drawn?.overlay ?? null} hidden={!overlay} />
        {drawn === null ? null : children?.(ground)}
      </div>
      {isWhole(window) ? null : <p class="window-note">{text.tools.windowed(window.centre, window.width)}</p>}
    </div>
  );
}

// Picture and overlay change together: in one go where the picture is decoded, as it is unless there is no room for it.
function usePicture(frames: Frames, frame: CineFrame | null) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawn = useRef<CineFrame | null>(null);
  const [, setLate] = useState<CineFrame | null>(null);
  const index = frame?.answer.frame.index ?? 0;
  const ready = frame !== null && frames.picture(index) !== undefined;
  useLayoutEffect(() => {
    if (frame === null || frame === drawn.current) return undefined;
    let replaced = false;
    const draw = (image: ImageBitmap) => {
      const place = canvas.current;
      if (replaced || place === null) return;
      const { width, height } = image;
      if (place.width !== width || place.height !== height) Object.assign(place, { width, height });
      place.getContext("2d", { alpha: false })?.drawImage(image, 0, 0);
      place.dataset["frame"] = String(index);
      drawn.current = frame;
    };
    const image = frames.picture(index);
    if (image !== undefined) draw(image);
    else frames.image(index).then((late) => { draw(late); setLate(frame); }, () => undefined); // what is amiss is said by the reader
    return () => { replaced = true; };
  }, [frames, frame, index]);
  return { canvas, drawn: ready ? frame : drawn.current };
}

// What is shown stays the same part of the picture while the stage changes its size.
function useWidth(stage: ZoomState["stage"], change: ZoomState["change"]): number {
  const [width, setWidth] = useState(640);
  const changing = useRef(change);
  changing.current = change;
  useEffect(() => {
    const place = stage.current;
    if (place === null) return undefined;
    const watching = new ResizeObserver(() => {
      setWidth(place.clientWidth || 1);
      changing.current((zoom) => zoom);
    });
    watching.observe(place);
    return () => watching.disconnect();
  }, [stage]);
  return width;
}

function useWheel(stage: ZoomState["stage"], change: ZoomState["change"]): void {
  const changing = useRef(change);
  changing.current = change;
  useEffect(() => {
    const place = stage.current;
    if (place === null) return undefined;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const box = place.getBoundingClientRect();
      const at = { x: event.clientX - box.left, y: event.clientY - box.top };
      changing.current((before, size) => zoomed(before, Math.exp(-event.deltaY / 400), at, size));
    };
    place.addEventListener("wheel", wheel, { passive: false });
    return () => place.removeEventListener("wheel", wheel);
  }, [stage]);
}
