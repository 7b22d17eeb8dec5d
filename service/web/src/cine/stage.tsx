// One frame: the untouched picture on a canvas, the overlay over it as vectors, both zoomed and moved together.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Drawing } from "../parts/drawing";
import { text } from "../strings";
import type { CineFrame } from "./frames";
import { FIT, panned, zoomed, type Size, type Zoom } from "./zoom";

interface Props {
  readonly frame: CineFrame | null;
  readonly index: number;
  readonly count: number;
  readonly overlay: boolean;
  readonly zoom: Zoom;
  readonly onZoom: (change: (zoom: Zoom, size: Size) => Zoom) => void;
}

export function Stage({ frame, index, count, overlay, zoom, onZoom }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const [drawn, setDrawn] = useState<CineFrame | null>(null);
  const zooming = useRef(onZoom);
  zooming.current = onZoom;

  // Picture and overlay change together, once the picture is decoded.
  useLayoutEffect(() => {
    if (frame === null) return undefined;
    let replaced = false;
    const draw = async () => {
      const image = await createImageBitmap(frame.picture);
      const place = canvas.current;
      if (!replaced && place !== null) {
        const { width, height } = image;
        if (place.width !== width || place.height !== height) Object.assign(place, { width, height });
        place.getContext("2d")?.drawImage(image, 0, 0);
        place.dataset["frame"] = String(frame.answer.frame.index);
        setDrawn(frame);
      }
      image.close();
    };
    void draw();
    return () => { replaced = true; };
  }, [frame]);

  useEffect(() => {
    const place = stage.current;
    if (place === null) return undefined;
    const size = () => place.getBoundingClientRect();
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const box = size();
      const at = { x: event.clientX - box.left, y: event.clientY - box.top };
      zooming.current((before, stageSize) => zoomed(before, Math.exp(-event.deltaY / 400), at, stageSize));
    };
    place.addEventListener("wheel", wheel, { passive: false });
    return () => place.removeEventListener("wheel", wheel);
  }, []);

  const drag = (event: PointerEvent) => {
    if (event.buttons !== 1) return;
    const by = { x: event.movementX, y: event.movementY };
    onZoom((before, size) => panned(before, by, size));
  };
  const transform = `translate(${zoom.x}px, ${zoom.y}px) scale(${zoom.scale})`;
  return (
    <div
      class="stage" id="stage" ref={stage} data-zoomed={zoom.scale > 1 ? "" : undefined}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)} onPointerMove={drag}
      onDblClick={() => onZoom(() => FIT)}
    >
      <div class="moved" style={{ transform }}>
        <canvas id="picture" ref={canvas} role="img" aria-label={text.player.picture(index + 1, count)} width={640} height={480} />
        <Drawing id="overlay" svg={drawn?.overlay ?? null} hidden={!overlay} />
      </div>
    </div>
  );
}

export function useZoom(): [Zoom, Props["onZoom"], (factor: number) => void] {
  const [zoom, setZoom] = useState(FIT);
  const change: Props["onZoom"] = (to) => {
    const box = document.getElementById("stage")?.getBoundingClientRect();
    const size = { width: box?.width ?? 1, height: box?.height ?? 1 };
    setZoom((before) => to(before, size));
  };
  const by = (factor: number) => change((before, size) => zoomed(before, factor, { x: size.width / 2, y: size.height / 2 }, size));
  return [zoom, change, by];
}
