// A procedure as a cine: which frame is shown, its picture and what is said of it.

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Procedure } from "../api/client";
import { Frames, loader, type CineFrame, type CineLinks } from "./frames";
import { usePlayer, type Player } from "./player";

const SAID_EVERY = 10;

export interface Cine {
  readonly player: Player;
  readonly frames: Frames;
  readonly frame: CineFrame | null;
  readonly here: number;
  readonly error: Error | null;
}

interface Source extends Pick<Procedure, "frame_count" | "frame_time_ms"> {
  readonly links: CineLinks;
}

interface Options {
  readonly first: number;
  readonly overlay?: boolean;
  // Another cine that is shown in step: its frame is waited for too.
  readonly beside?: () => Promise<unknown>;
}

// Without an overlay nothing is fetched that the model drew.
export function useCine(source: Source, { first, overlay = true, beside }: Options): Cine & { readonly shown: () => Promise<unknown> } {
  const [here, setHere] = useState(0);
  const [frame, setFrame] = useState<CineFrame | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const { frame_count: count, frame_time_ms: frameMs } = source;
  const links = JSON.stringify(source.links);
  const frames = useMemo(
    () => new Frames(count, loader({ links: JSON.parse(links) as CineLinks }, { overlay }), (now) => {
      if (now % SAID_EVERY === 0 || now >= count) setHere(now); // for each of them all of the page would be drawn anew
    }),
    [count, links, overlay],
  );
  const waiting = useRef<Promise<unknown>>(Promise.resolve());
  const shown = () => Promise.all([waiting.current, beside?.()]);
  const player = usePlayer({ count, frameMs, first, shown });
  // Before the browser draws: an effect after it would ask for the frame one picture of the screen later.
  useLayoutEffect(() => {
    let replaced = false;
    waiting.current = frames.show(player.index).then(
      (next) => { if (!replaced) { setFrame(next); setError(null); } },
      (fault: unknown) => { if (!replaced) setError(fault instanceof Error ? fault : new Error(String(fault))); },
    );
    return () => { replaced = true; };
  }, [frames, player.index]);
  useEffect(() => {
    void frames.fetchAll();
    return () => frames.close();
  }, [frames]);
  return { player, frames, frame, here, error, shown: () => waiting.current };
}
