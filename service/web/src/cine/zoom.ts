// Zoom and pan of a picture, as a value: a scale, and where the picture's upper left corner lies.

export interface Zoom {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export const FIT: Zoom = { scale: 1, x: 0, y: 0 };
const MOST = 12;

export interface Size {
  readonly width: number;
  readonly height: number;
}

// Zoomed about a position, which stays where it is.
export function zoomed(zoom: Zoom, factor: number, at: { x: number; y: number }, size: Size): Zoom {
  const scale = Math.min(Math.max(zoom.scale * factor, 1), MOST);
  const grown = scale / zoom.scale;
  return kept({ scale, x: at.x - (at.x - zoom.x) * grown, y: at.y - (at.y - zoom.y) * grown }, size);
}

export function panned(zoom: Zoom, by: { x: number; y: number }, size: Size): Zoom {
  return kept({ ...zoom, x: zoom.x + by.x, y: zoom.y + by.y }, size);
}

// The same part of the picture on a stage of another width; it keeps its shape.
export function rescaled(zoom: Zoom, from: number, to: number): Zoom {
  if (from === to || from <= 0 || to <= 0) return zoom;
  return { ...zoom, x: (zoom.x * to) / from, y: (zoom.y * to) / from };
}

// No edge of the picture comes inside the frame that it is shown in.
function kept({ scale, x, y }: Zoom, { width, height }: Size): Zoom {
  const inside = (value: number, side: number) => Math.min(Math.max(value, side * (1 - scale)), 0);
  return { scale, x: inside(x, width), y: inside(y, height) };
}

// A part of the picture, [x0, y0, x1, y1) in its pixels, as large as it can be shown whole.
export function zoomedTo([x0 = 0, y0 = 0, x1 = 0, y1 = 0]: readonly number[], picture: readonly [number, number], size: Size): Zoom {
  if (x1 <= x0 || y1 <= y0) return FIT;
  const [across, down] = [size.width / picture[0], size.height / picture[1]];
  const scale = Math.min(Math.max(Math.min(size.width / ((x1 - x0) * across), size.height / ((y1 - y0) * down)), 1), MOST);
  const centred = (middle: number, side: number) => side / 2 - middle * scale;
  return kept({ scale, x: centred(((x0 + x1) / 2) * across, size.width), y: centred(((y0 + y1) / 2) * down, size.height) }, size);
}
