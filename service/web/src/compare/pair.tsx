// Two cines beside each other, linked or free, with one set of controls.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { CineLinks } from "../cine/frames";
import { Controls } from "../cine/controls";
import { useCine, type Cine } from "../cine/use_cine";
import { Tools } from "../cine/tools";
import { panKeys, useTools, type Tooling } from "../cine/use_tools";
import { useKeys } from "../parts/keys";
import { text } from "../strings";
import { nextOf, partner, type Anchor } from "./link";
import { Numbers } from "./numbers";
import { Pane, type Side } from "./pane";

export interface Source {
  readonly frame_count: number;
  readonly frame_time_ms: number | null;
  readonly links: CineLinks;
  readonly first: number;
  readonly side: Side;
}

interface Props {
  readonly a: Source;
  readonly b: Source;
  // Both show the same pictures: zoomed and moved as one.
  readonly same: boolean;
}

export function SideBySide({ a, b, same }: Props) {
  const right = useCine(b, { first: b.first });
  const left = useCine(a, { first: a.first, beside: right.shown });
  const [linked, setLinked] = useState(true);
  const [overlay, setOverlay] = useState(true);
  const seekRight = useLink(left, right, a, b, linked);
  const tools = useTools(left.frame);
  const own = useTools(right.frame);
  const shared: Tooling = {
    ...own, tool: tools.tool, setTool: tools.setTool, window: tools.window, setWindow: tools.setWindow,
    zoom: same ? { ...tools.zoom, stage: own.zoom.stage } : own.zoom,
  };
  const both = {
    ...tools,
    toTissue: () => { tools.toTissue(); own.toTissue(); },
    zoom: same ? tools.zoom : { ...tools.zoom, by: (factor: number) => { tools.zoom.by(factor); own.zoom.by(factor); }, fit: () => { tools.zoom.fit(); own.zoom.fit(); } },
    measuring: { ...tools.measuring, line: tools.measuring.line ?? own.measuring.line, set: () => { tools.measuring.set(null); own.measuring.set(null); } },
  };
  const { player } = left;
  const { differing } = a.side;
  const toNext = () => {
    const next = nextOf(differing, player.index);
    if (next !== null) player.seek(next);
  };
  useKeys({
    ...tools.keys, ...panKeys(tools.zoom.change, ...(same ? [] : [own.zoom.change])), "+": () => both.zoom.by(1.5), "-": () => both.zoom.by(1 / 1.5), "0": both.zoom.fit, b: both.toTissue,
    Escape: () => { both.measuring.set(); tools.setTool("move"); },
    " ": player.toggle, ArrowLeft: () => player.step(-1), ArrowRight: () => player.step(1),
    "Shift+ArrowLeft": () => player.step(-10), "Shift+ArrowRight": () => player.step(10),
    Home: () => player.step(-a.frame_count), End: () => player.step(a.frame_count),
    o: () => setOverlay((on) => !on), r: () => player.setLoop(!player.loop), n: toNext,
    "<": () => player.faster(-1), ">": () => player.faster(1), i: () => setLinked((on) => !on),
  });
  return (
    <>
      <div class="panes">
        <Pane side={a.side} cine={left} tooling={tools} overlay={overlay} onSeek={player.seek} />
        <Pane side={b.side} cine={right} tooling={shared} overlay={overlay} onSeek={seekRight} />
      </div>
      <div class="under">
        <div>
          <Controls player={player} count={a.frame_count} here={left.here} overlay={overlay} onOverlay={setOverlay} />
          <Tools tooling={both} />
          <p class="linking">
            <label title={text.compare.linkedHint}><input id="linked" type="checkbox" checked={linked} aria-keyshortcuts="i" onChange={(event) => setLinked(event.currentTarget.checked)} /> {text.compare.linked} <kbd>i</kbd></label>
            {same ? (
              <span class="differing"><strong id="differing">{text.compare.differing(differing.length, a.frame_count)}</strong>{" "}
                {differing.length === 0 ? null : <button type="button" id="next-differing" aria-keyshortcuts="n" onClick={toNext}>{text.compare.nextDiffering} <kbd>n</kbd></button>}
              </span>
            ) : null}
          </p>
          {same ? <p class="quiet">{text.compare.notStored}</p> : null}
        </div>
        {left.frame && right.frame ? <Numbers a={left.frame.answer} b={right.frame.answer} names={[text.compare.first, text.compare.second]} /> : null}
      </div>
    </>
  );
}

// While they are linked the left cine leads, unless the right one is scrubbed; freed and linked again, they go on from
// where each then is.
function useLink(left: Cine, right: Cine, a: Source, b: Source, linked: boolean): (index: number) => void {
  const at = (index: number, source: Source): Anchor => ({ index, frameMs: source.frame_time_ms, count: source.frame_count });
  const anchors = useRef<readonly [Anchor, Anchor]>([at(a.first, a), at(b.first, b)]);
  const was = useRef(linked);
  const seekRight = right.player.seek;
  if (linked && !was.current) anchors.current = [at(left.player.index, a), at(right.player.index, b)];
  was.current = linked;
  const ledByRight = useRef(false);
  // At once: after the next picture of the screen a quick hand may have moved a slider again, and led it elsewhere.
  useLayoutEffect(() => {
    if (linked && !ledByRight.current) seekRight(partner(left.player.index, ...anchors.current));
    ledByRight.current = false;
  }, [linked, left.player.index, seekRight]);
  return (index) => {
    const [from, to] = anchors.current;
    const belonging = partner(index, to, from);
    ledByRight.current = linked && belonging !== left.player.index;
    if (linked) left.player.seek(belonging);
    seekRight(index);
  };
}
