// One side: whose answer, the picture with its overlay, the verdicts over time, and the verdict of the frame shown.

import type { ComponentChildren } from "preact";
import type { FrameVerdict } from "../api/client";
import { Ruler } from "../cine/ruler_layer";
import { Stage } from "../cine/stage";
import type { Cine } from "../cine/use_cine";
import type { Tooling } from "../cine/use_tools";
import { Distance, Verdict } from "../parts/findings";
import { Failed, Loading } from "../parts/states";
import { text } from "../strings";
import { frameVerdict, type Shown } from "../verdicts";

export interface Side {
  readonly id: "a" | "b";
  readonly name: string;
  readonly title: ComponentChildren;
  readonly whole: Shown;
  readonly verdicts: readonly FrameVerdict[];
  readonly differing: readonly number[];
}

interface Props {
  readonly side: Side;
  readonly cine: Cine;
  readonly tooling: Tooling;
  readonly overlay: boolean;
  readonly onSeek: (index: number) => void;
}

export function Pane({ side, cine: { player, frames, frame, error }, tooling, overlay, onSeek }: Props) {
  const { measuring } = tooling;
  const answer = frame?.answer ?? null;
  return (
    <section class="pane" aria-label={side.name} id={`pane-${side.id}`}>
      <h2>{side.title} <Verdict shown={side.whole} /></h2>
      {error ? <Failed error={error} /> : null}
      <Stage
        name={`-${side.id}`} frames={frames} frame={frame} count={frames.count} overlay={overlay} zoom={tooling.zoom}
        window={tooling.window} onWindow={tooling.setWindow} tool={tooling.tool} pressing={tooling.tool === "measure" ? measuring.pressing : null}
      >
        {(ground) => (answer ? <Ruler ground={ground} measuring={measuring} calibration={answer.calibration} /> : null)}
      </Stage>
      <Strip side={side} index={player.index} onSeek={onSeek} />
      <div class="pane-line">
        {answer === null ? <Loading /> : (
          <>
            <Verdict shown={frameVerdict(answer.placement.verdict, answer.placement.tissue_at_tip)} large />
            <Distance placement={answer.placement} needle={answer.needle} />
          </>
        )}
        <output>{text.player.position(player.index + 1, frames.count)}</output>
      </div>
    </section>
  );
}

const HEIGHTS: Readonly<Record<FrameVerdict, number>> = { inside: 10, outside: 10, indeterminate: 6, not_assessed: 3 };

// Verdict of each frame by colour and height; dots over the frames that differ. The slider over it goes to a frame.
function Strip({ side: { id, name, verdicts, differing }, index, onSeek }: { side: Side; index: number; onSeek: (index: number) => void }) {
  const count = verdicts.length;
  return (
    <div class="strip">
      <svg viewBox={`0 0 ${count} 14`} preserveAspectRatio="none" aria-hidden="true">
        {verdicts.map((verdict, i) => <rect key={i} class={verdict} x={i} width={1.02} y={14 - HEIGHTS[verdict]} height={HEIGHTS[verdict]} />)}
        {differing.map((i) => <rect key={`d${i}`} class="differs" x={i} width={1} y={0} height={2.5} />)}
        <rect class="now" x={index} width={1} y={0.4} height={13.2} />
      </svg>
      <input
        type="range" id={`slider-${id}`} min={0} max={Math.max(count - 1, 0)} value={index} aria-label={text.compare.strip(name)}
        aria-valuetext={text.player.position(index + 1, count)} onInput={(event) => onSeek(event.currentTarget.valueAsNumber)}
      />
    </div>
  );
}
