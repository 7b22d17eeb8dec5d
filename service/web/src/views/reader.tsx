// An analysed procedure: player, timeline, and what is said of this frame and of the whole.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { getCourse, getEvents, type Procedure } from "../api/client";
import { Controls } from "../cine/controls";
import { Frames, loader, type CineFrame } from "../cine/frames";
import { usePlayer, type Player } from "../cine/player";
import { Stage, useZoom } from "../cine/stage";
import { Timeline } from "../cine/timeline";
import { FIT } from "../cine/zoom";
import { useFetched } from "../parts/fetched";
import { useBands, type Bands } from "../parts/bands";
import { Distance, Facts, numbersOf, Probability, Reasons, Verdict } from "../parts/findings";
import { useKeys } from "../parts/keys";
import { Failed, Loading } from "../parts/states";
import type { Theme } from "../parts/theme";
import { text } from "../strings";
import { frameVerdict } from "../verdicts";
import { Whole } from "./whole";

function askedFrame(): number | null {
  const said = new URLSearchParams(location.search).get("frame");
  return said !== null && /^\d+$/.test(said) ? Number(said) - 1 : null;
}

function useFrame(procedure: Procedure) {
  const [here, setHere] = useState(0);
  const [frame, setFrame] = useState<CineFrame | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const frames = useMemo(() => new Frames(procedure.frame_count, loader(procedure), setHere), [procedure]);
  const waiting = useRef<Promise<unknown>>(Promise.resolve());
  const player = usePlayer({
    count: procedure.frame_count,
    frameMs: procedure.frame_time_ms,
    first: askedFrame() ?? procedure.summary?.key_frame ?? 0,
    shown: () => waiting.current,
  });
  useEffect(() => {
    let replaced = false;
    waiting.current = frames.show(player.index).then(
      (shown) => { if (!replaced) { setFrame(shown); setError(null); } },
      (fault: unknown) => { if (!replaced) setError(fault instanceof Error ? fault : new Error(String(fault))); },
    );
    return () => { replaced = true; };
  }, [frames, player.index]);
  useEffect(() => {
    void frames.fetchAll();
    return () => frames.close();
  }, [frames]);
  return { player, frame, here, error };
}

// The address names the frame, so that it can be sent on; while the cine plays it is left alone.
function useDeepLink({ index, playing }: Player) {
  useEffect(() => {
    if (!playing) history.replaceState(history.state, "", `${location.pathname}?frame=${index + 1}`);
  }, [index, playing]);
}

export function Reader({ procedure, theme }: { procedure: Procedure; theme: Theme }) {
  const { player, frame, here, error } = useFrame(procedure);
  const [overlay, setOverlay] = useState(true);
  const [zoom, onZoom, zoomBy] = useZoom();
  const course = useFetched(procedure.id, (options) => getCourse(procedure, options));
  const events = useFetched(procedure.id, (options) => getEvents(procedure, options));
  const bands = useBands(procedure.identity.rules_sha256);
  useDeepLink(player);
  const count = procedure.frame_count;
  const keyFrames = keyFramesOf(procedure, events.value?.key_frames ?? null);
  const fit = () => onZoom(() => FIT);
  useKeys({
    " ": player.toggle,
    ArrowLeft: () => player.step(-1), ArrowRight: () => player.step(1),
    "Shift+ArrowLeft": () => player.step(-10), "Shift+ArrowRight": () => player.step(10),
    Home: () => player.step(-count), End: () => player.step(count),
    o: () => setOverlay((on) => !on),
    r: () => player.setLoop(!player.loop),
    "<": () => player.faster(-1), ">": () => player.faster(1),
    "+": () => zoomBy(1.5), "-": () => zoomBy(1 / 1.5), "0": fit,
    n: () => player.seek(keyFrames.map(([, at]) => at).sort((a, b) => a - b).find((at) => at > player.index) ?? keyFrames[0]?.[1] ?? 0),
  });
  return (
    <div class="reader">
      <section aria-label={text.player.label}>
        {error ? <Failed error={error} /> : null}
        <Stage frame={frame} index={player.index} count={count} overlay={overlay} zoom={zoom} onZoom={onZoom} />
        <Controls player={player} count={count} here={here} overlay={overlay} onOverlay={setOverlay} onZoom={zoomBy} onFit={fit} />
        {course.error ? <Failed error={course.error} again={course.again} /> : null}
        {course.value && count > 1 ? <Timeline course={course.value} events={events.value} bands={bands} index={player.index} theme={theme} onSeek={player.seek} /> : null}
        {course.loading ? <Loading /> : null}
        <nav class="key-frames" aria-label={text.detail.keyFrames}>
          {keyFrames.map(([words, at]) => (
            <button key={words} type="button" aria-pressed={at === player.index} onClick={() => player.seek(at)}>{words} <small>{at + 1}</small></button>
          ))}
        </nav>
      </section>
      <div class="columns">
        <section class="panel" id="panel" aria-label={text.detail.frame}>{frame ? <ThisFrame frame={frame} bands={bands} /> : <Loading />}</section>
        <Whole procedure={procedure} events={events} player={player} pixels={frame?.answer.frame.pixels_sha256 ?? null} />
      </div>
    </div>
  );
}

type KeyFrames = readonly (readonly [words: string, index: number])[];

function keyFramesOf(procedure: Procedure, found: Readonly<Record<string, number | null>> | null): KeyFrames {
  const named = text.detail.key as Readonly<Record<string, string>>;
  const all = { verdict: procedure.summary?.key_frame ?? null, ...found };
  return Object.entries(all).flatMap(([name, index]) => (index === null ? [] : [[named[name] ?? name, index] as const]));
}

function ThisFrame({ frame: { answer }, bands }: { frame: CineFrame; bands: Bands | null }) {
  const { placement } = answer;
  return (
    <>
      <h2>{text.detail.frame}</h2>
      <div id="frame-verdict"><Verdict shown={frameVerdict(placement.verdict, placement.tissue_at_tip)} large /></div>
      <Distance placement={placement} needle={answer.needle} />
      <Probability p={placement.p_inside} bands={bands} />
      <Reasons sentences={placement.explanations} />
      <Facts label={text.detail.numbers} rows={numbersOf(answer)} />
    </>
  );
}
