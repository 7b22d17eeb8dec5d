// A plot that fills its place. Its marks are links; a click on one stays in the page.

import { plot, type PlotOptions } from "@observablehq/plot";
import { useLocation } from "preact-iso";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

export type Draw = (width: number) => PlotOptions;

export function Figure({ draw, label }: { draw: Draw; label: string }) {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const { route } = useLocation();
  useEffect(() => {
    const watching = new ResizeObserver(([entry]) => setWidth(Math.round(entry?.contentRect.width ?? 0)));
    if (place.current) watching.observe(place.current);
    return () => watching.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (width === 0) return;
    const drawn = plot({ ...draw(width), width, className: "plot" });
    drawn.querySelector("style")?.remove(); // the policy allows none in a page; archive.css says the same
    // Plot names its groups of marks without giving them a role that could bear a name.
    for (const group of drawn.querySelectorAll("g[aria-label]")) group.removeAttribute("aria-label");
    drawn.setAttribute("role", "group");
    drawn.setAttribute("aria-label", label);
    place.current?.replaceChildren(drawn);
  }, [draw, label, width]);
  const follow = (event: MouseEvent) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const address = link?.getAttributeNS("http://www.w3.org/1999/xlink", "href") ?? link?.getAttribute("href");
    if (!address || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    route(address);
  };
  return <div class="figure" ref={place} onClick={follow} />;
}
