// What the window is called and where a reader stands: both follow the view that is shown.

import { useEffect, useRef } from "preact/hooks";
import { text } from "../strings";

function titleOf(path: string): string {
  if (path === "/live") return text.nav.live;
  if (path === "/archive") return text.nav.archive;
  if (path === "/try") return text.nav.api;
  if (path.endsWith("/record")) return text.record.title;
  return path.startsWith("/procedures/") ? text.detail.procedure : text.nav.procedures;
}

export function useTitle(path: string): void {
  const before = useRef(path);
  useEffect(() => {
    document.title = `${titleOf(path)} · ${text.name}`;
    if (before.current !== path) document.getElementById("content")?.focus({ preventScroll: true });
    before.current = path;
  }, [path]);
}
