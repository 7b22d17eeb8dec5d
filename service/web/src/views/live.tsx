// The live view: the untouched picture, the overlay over it, and what was last said, to be read from two metres.

import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Panel } from "../live/panel";
import { Run, IDLE, type Shown, type Withheld as Why } from "../live/run";
import { RulerForm, RulerLayer, rulerFor, type Ruler } from "../live/ruler_layer";
import { captureSource, fileSource, isCapture, procedureSource, sampleSource, type PictureSource, type Say } from "../live/sources";
import { draw } from "../parts/drawing";
import { useKeys } from "../parts/keys";
import { text } from "../strings";
import { SourceForm, type Chosen } from "./source_form";

export function Live() {
  const view = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawing = useRef<HTMLDivElement>(null);
  const age = useRef<HTMLElement>(null);
  const fps = useRef<number | null>(null);
  const { shown, opening, message, run, begin } = useRun({ canvas, drawing, age, fps });
  const [overlay, setOverlay] = useState(true);
  const [ruler, setRuler] = useState<Ruler | null>(null);

  const { running } = shown;
  useEffect(() => { if (!running) setRuler(null); }, [running]);
  const measure = () => { if (running && canvas.current !== null) setRuler(rulerFor(canvas.current)); };
  const apply = (mm: number) => {
    run.current?.rescale({ spacing_mm: [mm, mm], spacing_source: "ruler" });
    setRuler(null);
  };
  useKeys({
    o: () => setOverlay((on) => !on),
    s: () => document.querySelector<HTMLFormElement>("#source")?.requestSubmit(),
    c: measure,
    f: () => void whole(view.current),
    Escape: () => setRuler(null),
  });

  const { withheld } = shown;
  return (
    <div class="live-view" ref={view} data-running={running ? "" : undefined}>
      <h2 class="unseen">{text.live.title}</h2>
      <section class="live-stage" aria-label={text.live.picture}>
        <div class="stage" id="stage">
          <canvas id="live-picture" ref={canvas} role="img" aria-label={text.live.picture} width={640} height={480} />
          <div id="live-overlay" class="drawing" ref={drawing} hidden={!overlay || ruler !== null} aria-hidden="true" />
          {withheld === "idle" ? <Withheld state={withheld} procedures={[]} /> : null}
          {ruler === null ? null : <RulerLayer ruler={ruler} onChange={setRuler} onCancel={() => setRuler(null)} />}
        </div>
        {ruler === null ? null : <RulerForm ruler={ruler} onApply={apply} onCancel={() => setRuler(null)} />}
        <div class="controls">
          {/* Under the picture, which has its own scale along its edge. */}
          <div class="live-status">
            {withheld === null || withheld === "idle" ? null : <Withheld state={withheld} procedures={shown.ended?.procedures ?? []} />}
            {withheld === null && !overlay ? <p class="withheld" data-state="off"><strong>{text.live.overlayOff}</strong> <kbd>o</kbd></p> : null}
          </div>
          <label><input id="show-overlay" type="checkbox" checked={overlay} onChange={(event) => setOverlay(event.currentTarget.checked)} /> {text.player.overlay} <kbd>o</kbd></label>
          <button id="calibrate" type="button" onClick={measure} disabled={!running} aria-keyshortcuts="c">{text.live.ruler.begin} <kbd>c</kbd></button>
          <button type="button" onClick={() => void whole(view.current)} aria-keyshortcuts="f">{text.live.full} <kbd>f</kbd></button>
        </div>
        <SourceForm
          running={running} opening={opening} message={message === "" ? (shown.ended?.why ?? "") : message}
          onFps={(value) => { fps.current = value; }} onStart={(chosen) => void begin(chosen)} onStop={() => run.current?.end()}
        />
      </section>
      <Panel shown={shown} age={age} />
    </div>
  );
}

// Why the picture bears no overlay, and where the session is kept.
function Withheld({ state, procedures }: { state: Why; procedures: readonly string[] }) {
  const { words } = text.live.state[state];
  return (
    <p class="withheld" id="withheld" data-state={state}>
      <strong>{state === "idle" ? words : text.live.noOverlay}</strong>{state === "idle" ? null : ` ${words}`}
      {procedures.length === 0 ? null : (
        <span id="stored"> {text.live.storedAs} {procedures.map((id) => <a key={id} href={`/procedures/${id}`}>{text.live.toStored}</a>)}</span>
      )}
    </p>
  );
}

async function whole(view: HTMLElement | null): Promise<void> {
  if (document.fullscreenElement === null) await view?.requestFullscreen();
  else await document.exitFullscreen();
}

interface Places {
  readonly canvas: RefObject<HTMLCanvasElement | null>;
  readonly drawing: RefObject<HTMLDivElement | null>;
  readonly age: RefObject<HTMLElement | null>;
  readonly fps: RefObject<number | null>;
}

function useRun({ canvas, drawing, age, fps }: Places) {
  const run = useRef<Run | null>(null);
  const [shown, setShown] = useState<Shown>(IDLE);
  const [message, setMessage] = useState("");
  const [opening, setOpening] = useState(false);
  useEffect(() => {
    const leave = () => run.current?.end();
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("pagehide", leave);
      leave();
    };
  }, []);
  const begin = async (chosen: Chosen) => {
    setMessage("");
    setOpening(true);
    try {
      const source = await open(chosen, setMessage);
      setMessage("");
      if (canvas.current === null) source.stop(); // left while it was opened
      else run.current = new Run(source, {
        ...wantedOf(chosen, source), fps: () => fps.current, canvas: canvas.current, show: setShown,
        draw: (overlay) => draw(drawing.current, overlay),
        showAge: (ms) => {
          const words = ms === null ? text.none : `${Math.round(ms)} ms`;
          if (age.current && age.current.textContent !== words) age.current.textContent = words;
        },
      });
    } catch (error) {
      setMessage(error instanceof Error ? error.message : String(error));
    } finally {
      setOpening(false);
    }
  };
  return { run, shown, opening, message, begin };
}

function open({ kind, file, device, spacing }: Chosen, say: Say): Promise<PictureSource> {
  if (isCapture(kind)) return captureSource(kind, device);
  if (kind === "sample") return sampleSource(say);
  return kind === "file" && file !== null ? fileSource(file, spacing, say) : procedureSource(kind, say);
}

function wantedOf({ spacing: given, staleMs }: Chosen, source: PictureSource) {
  const [row, column] = given ?? source.spacing ?? [];
  const scale = row === undefined || column === undefined ? {} : { spacing_mm: [row, column] as [number, number] };
  return { start: { overlay: "svg" as const, stale_after_ms: staleMs, ...scale }, staleMs };
}
