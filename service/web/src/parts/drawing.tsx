// An overlay as the service drew it, over a picture that stays untouched.

import { useLayoutEffect, useRef } from "preact/hooks";

const parser = new DOMParser();

export function draw(place: Element | null, svg: string | null): void {
  const drawn = svg === null ? [] : [parser.parseFromString(svg, "image/svg+xml").documentElement];
  place?.replaceChildren(...drawn);
}

export function Drawing({ svg, hidden, id }: { svg: string | null; hidden: boolean; id?: string }) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => draw(place.current, svg), [svg]);
  return <div class="drawing" ref={place} hidden={hidden} aria-hidden="true" {...(id ? { id } : {})} />;
}
