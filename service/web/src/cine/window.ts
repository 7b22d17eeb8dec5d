// Window and level of the display: a lookup table from grey levels to grey levels. The picture itself stays as it is.

export interface Window {
  readonly centre: number;
  readonly width: number;
}

export const WHOLE: Window = { centre: 128, width: 256 };
const LEAST_WIDTH = 2;
const MOST_WIDTH = 512;

export function isWhole({ centre, width }: Window): boolean {
  return centre === WHOLE.centre && width === WHOLE.width;
}

export function changed(window: Window, by: { centre: number; width: number }): Window {
  const within = (value: number, least: number, most: number) => Math.min(Math.max(Math.round(value), least), most);
  return { centre: within(window.centre + by.centre, 0, 255), width: within(window.width + by.width, LEAST_WIDTH, MOST_WIDTH) };
}

// Grey level 0 to 255 at which each of the 256 is shown: the linear function of DICOM PS3.3 C.11.2.1.2.1.
export function table({ centre, width }: Window): number[] {
  return Array.from({ length: 256 }, (_, level) => {
    const share = (level - (centre - 0.5)) / (width - 1) + 0.5;
    return Math.round(255 * Math.min(Math.max(share, 0), 1));
  });
}
