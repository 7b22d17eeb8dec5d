// What is said now, to be read from two metres; the rest below it, for those who stand nearer.

import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useBands } from "../parts/bands";
import { unit } from "../numbers";
import { Distance, Facts, Probability, Reasons, Verdict } from "../parts/findings";
import { text } from "../strings";
import { frameVerdict } from "../verdicts";
import type { Shown } from "./run";

const SPOKEN_EVERY_MS = 2000;

export function Panel({ shown, age }: { shown: Shown; age: RefObject<HTMLElement | null> }) {
  const { answer, line, withheld } = shown;
  const bands = useBands(answer?.identity.rules_sha256 ?? null);
  const said = answer === null ? null : frameVerdict(answer.placement.verdict, null);
  const tissue = answer?.placement.verdict === "outside" ? text.tissue[answer.placement.tissue_at_tip ?? ""] : undefined;
  const words = said?.words ?? text.live.state[withheld ?? "waiting"].title;
  const sentences = answer === null
    ? [text.live.state[withheld ?? "waiting"].words, shown.detail].filter((sentence) => sentence !== "")
    : [...answer.placement.explanations, ...answer.live.explanations];
  const spoken = useSpoken(tissue === undefined ? words : `${words}: ${tissue}`);
  return (
    <section class="panel live-panel" id="panel" data-kind={said?.kind ?? "not_assessed"} data-state={withheld ?? "answered"} aria-label={text.live.finding}>
      <div id="frame-verdict">
        {said === null ? <span class="verdict none"><strong>{words}</strong></span> : <Verdict shown={said} large />}
        <p class="tissue">{tissue ?? ""}</p>
      </div>
      <div id="distance"><Distance placement={answer?.placement ?? null} needle={answer?.needle ?? null} /></div>
      <Probability p={answer?.placement.p_inside ?? null} bands={bands} />
      <Reasons sentences={sentences} />
      <dl class="glance" aria-label={text.live.line}>
        <dt>{text.live.glance.age}</dt><dd><b id="age" ref={age}>{text.none}</b></dd>
        <dt>{text.live.glance.dropped}</dt><dd><b id="dropped">{line?.dropped ?? text.none}</b></dd>
        <dt>{text.live.glance.rate}</dt><dd><b>{line === null ? text.none : line.rate.toFixed(1)}</b></dd>
      </dl>
      <Nearer shown={shown} />
      <p class="unseen" role="status" id="spoken">{spoken}</p>
    </section>
  );
}

function Nearer({ shown: { line, track, events } }: { shown: Shown }) {
  const { lines, tracked } = text.live;
  if (line === null) return null;
  const { spacing_mm: spacing, source } = line.calibration;
  const measured = (value: number) => (spacing === null ? null : value);
  return (
    <details class="nearer">
      <summary>{text.live.more}</summary>
      {track === null ? null : (
        <Facts label={text.live.track} rows={[
          [tracked.tip, track.bridged_frames > 0 ? text.live.predicted(track.bridged_frames) : text.live.sight[track.sight]],
          [tracked.speed, track.velocity_mm_s === null ? text.none : `${track.velocity_mm_s.toFixed(1)} mm/s`],
          [tracked.unseen, unit(measured(track.statistics.advanced_unseen_mm), "mm")],
          [tracked.passes, unit(measured(track.statistics.passes), "", 0)],
          [tracked.redirections, unit(measured(track.statistics.redirections), "", 0)],
        ]} />
      )}
      <Facts id="line" label={text.live.line} rows={[
        [lines.age, `${line.ageMs.toFixed(0)} ms`],
        [lines.judging, `${line.judgingMs.toFixed(0)} ms`],
        [lines.sent, line.sent],
        [lines.skipped, line.skipped],
        [lines.failed, line.failed],
        [lines.segment, line.segment],
        [text.fields.pixel, spacing === null ? text.unknown : `${spacing.map((side) => side.toFixed(4)).join(" × ")} mm`],
        [text.fields.calibration, source === null ? text.none : (text.source[source] ?? source)],
      ]} />
      {events.length === 0 ? null : (
        <>
          <h3>{text.detail.events}</h3>
          <ul class="events">{events.map(({ key, words }) => <li key={key}>{words}</li>)}</ul>
        </>
      )}
    </details>
  );
}

// A voice cannot follow twenty answers a second: it is told what still holds after a while.
function useSpoken(words: string): string {
  const newest = useRef(words);
  newest.current = words;
  const [spoken, setSpoken] = useState("");
  useEffect(() => {
    const timer = window.setInterval(() => setSpoken(newest.current), SPOKEN_EVERY_MS);
    return () => window.clearInterval(timer);
  }, []);
  return spoken;
}
