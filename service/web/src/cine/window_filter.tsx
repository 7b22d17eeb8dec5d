// The window as a filter that the browser lays over the canvas: its pixels, and the overlay, are not touched.

import { useMemo } from "preact/hooks";
import { table, type Window } from "./window";

export function WindowFilter({ id, window }: { id: string; window: Window }) {
  const values = useMemo(() => table(window).map((level) => (level / 255).toFixed(4)).join(" "), [window]);
  return (
    <svg class="window-filter" width="0" height="0" aria-hidden="true">
      <filter id={id} x="0" y="0" width="100%" height="100%" color-interpolation-filters="sRGB">
        <feComponentTransfer>
          <feFuncR type="discrete" tableValues={values} />
          <feFuncG type="discrete" tableValues={values} />
          <feFuncB type="discrete" tableValues={values} />
        </feComponentTransfer>
      </filter>
    </svg>
  );
}
