// One run of the live view: pictures out at their own rate, each drawn untouched; the newest answer for as long as it
// is young enough, and a word on why there is none when it is not.

import type { LiveAnswer, LiveStart } from "../api/client";
import { text } from "../strings";
import { LiveSession, nowMs, type Scale } from "./session";
import type { PictureSource } from "./sources";

const EVENTS_KEPT = 6;
const USUAL_FPS = 30;
const AGE_EVERY_MS = 100;
const PANEL_EVERY_MS = 100;

export interface Happened {
  readonly key: string;
  readonly words: string;
}

export interface Line {
  readonly ageMs: number;
  readonly judgingMs: number;
  readonly rate: number;
  readonly sent: number;
  readonly dropped: number;
  readonly skipped: number;
  readonly failed: number;
  readonly segment: number;
  readonly calibration: LiveAnswer["calibration"];
}

// Why no answer is shown.
export type Withheld = "idle" | "waiting" | "late" | "silent" | "lost" | "unreadable" | "stopped";

// What the view shows: an answer that may be shown, or why there is none.
export interface Shown {
  readonly running: boolean;
  readonly answer: LiveAnswer | null;
  readonly withheld: Withheld | null;
  readonly detail: string;
  readonly line: Line | null;
  readonly track: LiveAnswer["track"] | null;
  readonly events: readonly Happened[];
  readonly ended: { readonly why: string; readonly procedures: readonly string[] } | null;
}

export const IDLE: Shown = {
  running: false, answer: null, withheld: "idle", detail: "", line: null, track: null, events: [], ended: null,
};

export interface Wanted {
  readonly start: LiveStart;
  readonly staleMs: number;
  readonly fps: () => number | null;
  readonly canvas: HTMLCanvasElement;
  readonly draw: (overlay: string | null) => void;
  readonly show: (shown: Shown) => void;
  readonly showAge: (ageMs: number | null) => void;
}

export class Run {
  private shown: Shown = { ...IDLE, running: true, withheld: "waiting" };
  private newestMs: number | null = null;
  private answers = 0;
  private dropped = 0;
  private failed = 0;
  private fault = "";
  private stopped = false;
  private scaled: boolean;
  private watching = 0;
  private drawn: string | null = null;
  private said: Shown = IDLE;
  private saidMs = -Infinity;
  private saying = 0;
  private readonly began = performance.now();
  private readonly session: LiveSession;

  constructor(private readonly source: PictureSource, private readonly wanted: Wanted) {
    this.scaled = wanted.start.spacing_mm !== undefined;
    this.session = new LiveSession(wanted.start, {
      onAnswer: (answer, capturedMs) => this.take(answer, capturedMs),
      onProblem: ({ detail }) => {
        this.failed += 1;
        this.withhold("unreadable", detail);
      },
      onBroken: (tries) => this.withhold("lost", text.live.tries(tries)),
      onBack: () => this.withhold("waiting"),
      onEnd: (why, procedures) => this.ended(why, procedures),
    });
    this.tell({});
    this.play().catch((error: unknown) => {
      this.fault = error instanceof Error ? error.message : String(error);
      this.end();
    });
    this.watch();
  }

  end(): void {
    this.stopped = true;
    this.session.end();
  }

  rescale(scale: Scale): void {
    this.scaled = true;
    this.session.rescale(scale);
  }

  private async play(): Promise<void> {
    const { canvas } = this.wanted;
    const brush = canvas.getContext("2d", { alpha: false });
    let due = performance.now();
    for (let first = true; !this.stopped; first = false) {
      const capturedMs = nowMs();
      const { image, coded, header } = await this.source.next();
      if (this.isStopped()) return;
      const { width, height } = image;
      if (canvas.width !== width || canvas.height !== height) {
        // What was measured in a picture of one size is not true of another.
        if (!first && this.scaled) throw new Error(text.live.resized);
        Object.assign(canvas, { width, height });
      }
      brush?.drawImage(image, 0, 0);
      const bytes = await coded();
      if (this.isStopped()) return;
      this.session.send(header, bytes, capturedMs);
      due = nextDue(due, 1000 / (this.wanted.fps() ?? this.source.fps ?? USUAL_FPS), performance.now());
      const leftMs = due - performance.now();
      if (leftMs > 0) await new Promise((resolve) => setTimeout(resolve, leftMs)); // a timer of 0 ms may be one of 4 ms
    }
  }

  private isStopped(): boolean {
    return this.stopped;
  }

  private take(answer: LiveAnswer, capturedMs: number): void {
    if (this.stopped) return;
    const ageMs = nowMs() - capturedMs;
    const late = answer.overlay_svg === null || ageMs > this.wanted.staleMs;
    const wasFresh = this.newestMs !== null;
    this.answers += 1;
    this.dropped += answer.live.dropped;
    this.newestMs = late ? null : capturedMs;
    this.tell({
      answer: late ? null : answer,
      withheld: late ? "late" : null,
      detail: late ? text.live.age(Math.round(ageMs)) : "",
      line: this.line(answer, ageMs),
      track: answer.track,
      events: [...happened(answer), ...this.shown.events].slice(0, EVENTS_KEPT),
    });
    if (!wasFresh || late) this.watch(); // else it is being watched, for an answer that grows old earlier
  }

  private line(answer: LiveAnswer, ageMs: number): Line {
    const seconds = (performance.now() - this.began) / 1000;
    return {
      ageMs,
      judgingMs: answer.timing_ms["total"] ?? 0,
      rate: this.answers / seconds,
      sent: this.session.sent,
      dropped: this.dropped,
      skipped: this.session.skipped,
      failed: this.failed,
      segment: answer.live.segment + 1,
      calibration: answer.calibration,
    };
  }

  // The service cannot say that an answer grows old when none comes: the page watches by itself. Not in each frame of
  // the browser, which would draw the page anew sixty times a second for a figure that nobody can read so fast.
  private watch(): void {
    window.clearTimeout(this.watching);
    if (this.stopped) return;
    const ageMs = this.newestMs === null ? null : nowMs() - this.newestMs;
    const leftMs = ageMs === null ? Infinity : this.wanted.staleMs - ageMs;
    this.wanted.showAge(ageMs);
    if (leftMs < 0) this.withhold("silent");
    this.watching = window.setTimeout(() => this.watch(), leftMs < 0 ? AGE_EVERY_MS : Math.min(leftMs + 1, AGE_EVERY_MS));
  }

  private withhold(why: Withheld, detail = ""): void {
    this.newestMs = null;
    if (!this.stopped) this.tell({ answer: null, withheld: why, detail });
  }

  private ended(why: string, procedures: readonly string[]): void {
    if (this.shown.ended !== null) return;
    this.stopped = true;
    this.source.stop();
    this.wanted.showAge(null);
    const said = this.fault === "" ? why : this.fault;
    this.tell({ running: false, answer: null, withheld: "stopped", detail: said, ended: { why: said, procedures } });
  }

  // The overlay follows every answer; figures are set anew no more often than they can be read, for that costs more
  // than to draw the overlay, at the very moment when it is to be drawn. Another verdict or state waits for nothing.
  private tell(change: Partial<Shown>): void {
    this.shown = { ...this.shown, ...change };
    const overlay = this.shown.answer?.overlay_svg ?? null;
    if (overlay !== this.drawn) this.wanted.draw((this.drawn = overlay));
    if (headline(this.shown) !== headline(this.said)) this.say();
    else if (this.saying === 0) this.saying = window.setTimeout(() => this.say(), this.saidMs + PANEL_EVERY_MS - performance.now());
  }

  private say(): void {
    window.clearTimeout(this.saying);
    this.saying = 0;
    this.said = this.shown;
    this.saidMs = performance.now();
    this.wanted.show(this.shown);
  }
}

function headline({ running, withheld, answer }: Shown): string {
  return [running, withheld, answer?.placement.verdict, answer?.placement.tissue_at_tip].join();
}

// When the picture after one is due: at its place in the row, so that a timer that came late delays no other one. Whoever
// is a whole interval behind begins anew from now, for nothing is to be sent in a burst.
export function nextDue(due: number, everyMs: number, now: number): number {
  const next = due + everyMs;
  return next + everyMs < now ? now : next;
}

function happened({ track }: LiveAnswer): Happened[] {
  return track.events.flatMap(({ kind, sequence, mm }) => {
    const words = text.event[kind];
    if (words === undefined) return [];
    const far = mm === null ? "" : ` ${mm.toFixed(1)} mm`;
    return [{ key: `${kind}-${sequence}`, words: text.live.happened(sequence, words + far) }];
  }).reverse();
}
