// The live view: the untouched picture, the overlay over it, and what was last said, to be read from two metres.

import { useEffect, useRef, useState } from "preact/hooks";
import { Run, IDLE, type Shown } from "../live/run";
import { captureSource, procedureSource, type PictureSource } from "../live/sources";
import { Drawing } from "../parts/drawing";
import { useBands } from "../parts/bands";
import { Distance, Facts, Probability, Reasons, Verdict } from "../parts/findings";
import { useKeys } from "../parts/keys";
import { text } from "../strings";
import { frameVerdict } from "../verdicts";
import { SourceForm, type Chosen } from "./source_form";

export function Live() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const age = useRef<HTMLOutputElement>(null);
  const run = useRef<Run | null>(null);
  const fps = useRef(20);
  const [shown, setShown] = useState<Shown>(IDLE);
  const [overlay, setOverlay] = useState(true);
  const [message, setMessage] = useState("");

  useEffect(() => {
    const leave = () => run.current?.end();
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("pagehide", leave);
      leave();
    };
  }, []);

  const begin = async (chosen: Chosen) => {
    if (canvas.current === null) return;
    setMessage("");
    let source: PictureSource;
    try {
      source = await open(chosen.kind, setMessage);
    } catch (error) {
      setMessage(error instanceof Error ? error.message : String(error));
      return;
    }
    setMessage("");
    const spacing = chosen.spacing ?? source.spacing;
    run.current = new Run(source, {
      start: {
        overlay: "svg", stale_after_ms: chosen.staleMs,
        ...(spacing ? { spacing_mm: [spacing[0] ?? 0, spacing[1] ?? 0] } : {}),
      },
      staleMs: chosen.staleMs,
      fps: () => fps.current,
      canvas: canvas.current,
      show: setShown,
      showAge: (ms) => {
        if (age.current) age.current.textContent = ms === null ? "" : text.live.age(Math.round(ms));
      },
    });
  };
  useKeys({
    o: () => setOverlay((on) => !on),
    s: () => document.querySelector<HTMLFormElement>("#source")?.requestSubmit(),
  });

  const why = shown.withheld;
  return (
    <div class="live-view">
      <h2 class="unseen">{text.live.title}</h2>
      <section class="live-stage" aria-label={text.live.picture}>
        <div class="stage" id="stage">
          <canvas id="live-picture" ref={canvas} role="img" aria-label={text.live.picture} width={640} height={480} />
          <Drawing id="live-overlay" svg={shown.answer?.overlay_svg ?? null} hidden={!overlay} />
          {why === null ? null : <p class="withheld" aria-hidden="true">{text.live.noOverlay(why)}</p>}
          {shown.running || why !== null ? null : <p class="withheld idle">{text.live.idle}</p>}
        </div>
        <p class="unseen" id="withheld" role="status">{why === null ? "" : text.live.noOverlay(why)}</p>
        <div class="controls">
          <label><input id="show-overlay" type="checkbox" checked={overlay} onChange={(event) => setOverlay(event.currentTarget.checked)} /> {text.player.overlay} <kbd>o</kbd></label>
          <output id="age" ref={age} />
        </div>
        <details open>
          <summary>{text.live.source}</summary>
          <SourceForm
            running={shown.running} message={shown.ended?.why ?? message} stored={shown.ended?.procedure ?? null}
            onFps={(value) => { fps.current = value; }} onStart={(chosen) => void begin(chosen)} onStop={() => run.current?.end()}
          />
        </details>
      </section>
      <Findings shown={shown} />
    </div>
  );
}

function open(kind: string, say: (words: string) => void): Promise<PictureSource> {
  if (kind === "screen" || kind === "camera") return captureSource(kind);
  return procedureSource(kind, (done, all) => say(text.live.fetching(done, all)));
}


function Findings({ shown }: { shown: Shown }) {
  const { answer, line, statistics, withheld } = shown;
  const { lines, tracked } = text.live;
  const bands = useBands(answer?.identity.rules_sha256 ?? null);
  const said = answer === null
    ? frameVerdict("not_assessed", null)
    : frameVerdict(answer.placement.verdict, answer.placement.tissue_at_tip);
  const sentences = answer === null
    ? [withheld === null ? text.live.idle : text.live.noOverlay(withheld)]
    : [...answer.placement.explanations, ...answer.live.explanations];
  return (
    <section class="panel live-panel" data-kind={said.kind} id="panel" aria-label={text.detail.frame} aria-live="off">
      <div id="frame-verdict"><Verdict shown={said} large /></div>
      {answer === null
        ? <p class="distance" id="distance"><b aria-hidden="true">–</b><span>{text.distance.none}</span></p>
        : <Distance placement={answer.placement} needle={answer.needle} />}
      <Probability p={answer?.placement.p_inside ?? null} bands={bands} />
      <Reasons sentences={sentences} />
      {line === null ? null : (
        <Facts id="line" label={text.live.line} rows={[
          [lines.age, `${line.ageMs.toFixed(0)} ms`],
          [lines.judging, `${line.judgingMs.toFixed(0)} ms`],
          [lines.rate, line.rate.toFixed(1)],
          [lines.sent, line.sent],
          [lines.dropped, line.dropped],
          [lines.skipped, line.skipped],
          [lines.failed, line.failed],
          [lines.segment, line.segment],
        ]} />
      )}
      {statistics === null ? null : (
        <Facts label={text.live.track} rows={[
          [tracked.tip, statistics.bridged_frames > 0 ? text.live.predicted(statistics.bridged_frames) : text.live.sight[statistics.sight]],
          [tracked.speed, statistics.velocity_mm_s === null ? text.none : `${statistics.velocity_mm_s.toFixed(1)} mm/s`],
          [tracked.unseen, `${statistics.statistics.advanced_unseen_mm.toFixed(1)} mm`],
          [tracked.passes, statistics.statistics.passes],
          [tracked.redirections, statistics.statistics.redirections],
        ]} />
      )}
      <ul class="events" aria-label={text.detail.events}>{shown.events.map(({ key, words }) => <li key={key}>{words}</li>)}</ul>
    </section>
  );
}
