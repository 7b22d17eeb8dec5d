// What of a procedure its address says: which frame, findings or review, and whether the reading is blinded.

import { useEffect, useState } from "preact/hooks";
import type { Player } from "../cine/player";

const REST_MS = 300;

export type Panel = "findings" | "review";

export function askedFrame(search = location.search): number | null {
  const said = new URLSearchParams(search).get("frame");
  return said !== null && /^\d+$/.test(said) ? Number(said) - 1 : null;
}

// The address names what is shown, so that it can be sent on; while the cine plays or is scrubbed it is left alone:
// a browser bears only so many changes of it a second.
export function useAddress({ index, playing }: Player, blinded: boolean) {
  const [path] = useState(() => location.pathname);
  const [said] = useState(() => new URLSearchParams(location.search));
  const [panel, setPanel] = useState<Panel>(blinded || said.get("panel") === "review" ? "review" : "findings");
  useEffect(() => {
    if (playing) return undefined;
    const query = new URLSearchParams({ frame: String(index + 1) });
    if (blinded) query.set("read", "blinded");
    else if (panel === "review") query.set("panel", "review");
    const name = () => {
      // While the next view is still being fetched, this one stands on under the next one's address.
      if (location.pathname === path) history.replaceState(history.state, "", `${path}?${query.toString()}`);
    };
    const timer = window.setTimeout(name, REST_MS);
    return () => window.clearTimeout(timer);
  }, [path, index, playing, blinded, panel]);
  return { panel: blinded ? "review" as const : panel, setPanel };
}
