// Player of an analysed procedure: picture with what lies over it, controls, tools, and its course over time.

import type { ComponentChildren } from "preact";
import type { Course, Events, Procedure } from "../api/client";
import { Controls } from "../cine/controls";
import type { Ground } from "../cine/layer";
import { Ruler } from "../cine/ruler_layer";
import { Stage, type Pressing } from "../cine/stage";
import { Timeline } from "../cine/timeline";
import { Tools } from "../cine/tools";
import type { Cine } from "../cine/use_cine";
import type { Tooling } from "../cine/use_tools";
import type { Bands } from "../parts/bands";
import type { Fetched } from "../parts/fetched";
import { Failed, Loading } from "../parts/states";
import type { Theme } from "../parts/theme";
import { text } from "../strings";

interface Props {
  readonly procedure: Procedure;
  readonly cine: Cine;
  readonly tooling: Tooling;
  readonly overlay: boolean | null;
  readonly onOverlay: (on: boolean) => void;
  readonly marking: ((ground: Ground) => Pressing) | null;
  readonly course: Fetched<Course>;
  readonly events: Events | null;
  readonly bands: Bands | null;
  readonly theme: Theme;
  readonly layers: (ground: Ground) => ComponentChildren;
  readonly legend: ComponentChildren;
}

// Without an overlay at all (null) nothing is shown that the model said.
export function PlayerPane({ procedure, cine, tooling, overlay, onOverlay, marking, course, events, bands, theme, layers, legend }: Props) {
  const { player, frames, frame, here, error } = cine;
  const { zoom, measuring } = tooling;
  const count = procedure.frame_count;
  const keyFrames = keyFramesOf(procedure, events);
  return (
    <section aria-label={text.player.label}>
      {error ? <Failed error={error} /> : null}
      <Stage
        frames={frames} frame={frame} count={count} overlay={overlay === true} zoom={zoom} window={tooling.window} onWindow={tooling.setWindow}
        tool={tooling.tool} pressing={marking ?? (tooling.tool === "measure" ? measuring.pressing : null)}
      >
        {(ground) => (
          <>
            {layers(ground)}
            {frame ? <Ruler ground={ground} measuring={measuring} calibration={frame.answer.calibration} /> : null}
          </>
        )}
      </Stage>
      {legend}
      <Controls player={player} count={count} here={here} overlay={overlay} onOverlay={onOverlay} />
      <Tools tooling={tooling} />
      {overlay === null ? null : (
        <>
          {course.error ? <Failed error={course.error} again={course.again} /> : null}
          {course.value && count > 1 ? <Timeline course={course.value} events={events} bands={bands} index={player.index} theme={theme} onSeek={player.seek} /> : null}
          {course.loading ? <Loading /> : null}
          <nav class="key-frames" aria-label={text.detail.keyFrames}>
            {keyFrames.map(([words, at]) => (
              <button key={words} type="button" aria-pressed={at === player.index} onClick={() => player.seek(at)}>{words} <small>{at + 1}</small></button>
            ))}
          </nav>
        </>
      )}
    </section>
  );
}

type KeyFrames = readonly (readonly [words: string, index: number])[];

export function keyFramesOf(procedure: Procedure, events: Events | null): KeyFrames {
  const named = text.detail.key as Readonly<Record<string, string>>;
  const all: Readonly<Record<string, number | null>> = { verdict: procedure.summary?.key_frame ?? null, ...events?.key_frames };
  return Object.entries(all).flatMap(([name, index]) => (index === null ? [] : [[named[name] ?? name, index] as const]));
}
