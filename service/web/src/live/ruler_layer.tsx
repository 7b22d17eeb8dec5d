// Two points set on the picture, by click or by keys, and the length between them.

import { useEffect, useRef, useState } from "preact/hooks";
import { pictureAt, within, type Point } from "../cine/ruler";
import { text } from "../strings";
import { mmPerPixel } from "./ruler";

const STEPS: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
};
const FAR = 10;

export interface Ruler {
  readonly size: Point;
  readonly points: readonly Point[];
  readonly cursor: Point;
}

export function rulerFor(canvas: HTMLCanvasElement): Ruler {
  return { size: [canvas.width, canvas.height], points: [], cursor: [canvas.width / 2, canvas.height / 2] };
}

interface LayerProps {
  readonly ruler: Ruler;
  readonly onChange: (ruler: Ruler) => void;
  readonly onCancel: () => void;
}

export function RulerLayer({ ruler, onChange, onCancel }: LayerProps) {
  const layer = useRef<SVGSVGElement>(null);
  useEffect(() => layer.current?.focus(), []);
  const { size, points, cursor } = ruler;
  const set = (at: Point) => onChange({ ...ruler, cursor: at, points: points.length < 2 ? [...points, at] : [at] });
  const pressed = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    const far = event.shiftKey ? FAR : 1;
    if (step !== undefined) onChange({ ...ruler, cursor: within([cursor[0] + far * step[0], cursor[1] + far * step[1]], size) });
    else if (event.key === "Enter" || event.key === " ") set(cursor);
    else if (event.key === "Escape") onCancel();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const clicked = ({ clientX, clientY }: PointerEvent) => {
    if (layer.current !== null) set(pictureAt([clientX, clientY], layer.current.getBoundingClientRect(), size));
  };
  const [from, to] = points;
  const arm = size[1] / 60;
  const cross = (name: string, [x, y]: Point) => (
    <path key={name} class={name} d={`M${x - arm},${y}H${x - arm / 4}M${x + arm / 4},${y}H${x + arm}M${x},${y - arm}V${y - arm / 4}M${x},${y + arm / 4}V${y + arm}`} />
  );
  return (
    <svg
      id="ruler" class="ruler-layer" ref={layer} viewBox={`-0.5 -0.5 ${size[0]} ${size[1]}`} tabindex={0} role="application"
      aria-label={text.live.ruler.layer} onPointerDown={clicked} onKeyDown={pressed}
    >
      {from && to ? <path class="between" d={`M${from[0]},${from[1]}L${to[0]},${to[1]}`} /> : null}
      {points.map((at, index) => cross(`point p${index}`, at))}
      {points.length < 2 ? cross("cursor", cursor) : null}
    </svg>
  );
}

interface FormProps {
  readonly ruler: Ruler;
  readonly onApply: (mmPerPx: number) => void;
  readonly onCancel: () => void;
}

export function RulerForm({ ruler: { points }, onApply, onCancel }: FormProps) {
  const [mm, setMm] = useState("10");
  const { ruler } = text.live;
  const scale = mmPerPixel(points, Number(mm));
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (scale !== null) onApply(scale);
  };
  return (
    <form id="ruler-form" class="ruler-form" onSubmit={submit}>
      <p role="status">{points.length < 2 ? ruler.step(points.length + 1) : scale === null ? ruler.tooClose : ruler.scale(scale.toFixed(4))}</p>
      <label>{ruler.length} <input id="ruler-mm" type="number" min="1" max="500" step="any" required value={mm} onInput={(event) => setMm(event.currentTarget.value)} /></label>
      <button type="submit" class="primary" disabled={scale === null}>{ruler.apply}</button>
      <button type="button" onClick={onCancel}>{ruler.cancel} <kbd>Esc</kbd></button>
    </form>
  );
}
