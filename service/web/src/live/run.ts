// One run of the live view: pictures out at their own rate, each drawn untouched; the newest answer for as long as it
// is young enough, and a word on why there is none when it is not.

import type { LiveAnswer, LiveStart } from "../api/client";
import { text } from "../strings";
import { LiveSession, nowMs } from "./session";
import type { PictureSource } from "./sources";

const EVENTS_KEPT = 6;

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
}

// What the view shows: an answer that may be shown, or why there is none.
export interface Shown {
  readonly running: boolean;
  readonly answer: LiveAnswer | null;
  readonly withheld: string | null;
  readonly line: Line | null;
  readonly statistics: LiveAnswer["track"] | null;
  readonly events: readonly Happened[];
  readonly ended: { readonly why: string; readonly procedure: string | null } | null;
}

export const IDLE: Shown = {
  running: false, answer: null, withheld: null, line: null, statistics: null, events: [], ended: null,
};

export interface Wanted {
  readonly start: LiveStart;
  readonly staleMs: number;
  readonly fps: () => number;
  readonly canvas: HTMLCanvasElement;
  readonly show: (shown: Shown) => void;
  readonly showAge: (ageMs: number | null) => void;
}

export class Run {
  private shown: Shown = { ...IDLE, running: true, withheld: text.live.withheld.waiting };
  private newestMs: number | null = null;
  private answers = 0;
  private dropped = 0;
  private failed = 0;
  private stopped = false;
  private readonly began = performance.now();
  private readonly session: LiveSession;

  constructor(private readonly source: PictureSource, private readonly wanted: Wanted) {
    this.session = new LiveSession(wanted.start, {
      onAnswer: (answer, capturedMs) => this.take(answer, capturedMs),
      onProblem: ({ detail }) => {
        this.failed += 1;
        this.newestMs = null;
        this.withhold(detail);
      },
      onBroken: () => this.withhold(text.live.reconnecting),
      onEnd: (why, procedure) => this.ended(why, procedure),
    });
    this.tell({});
    this.play().catch((error: unknown) => {
      this.end();
      this.ended(error instanceof Error ? error.message : String(error), null);
    });
    this.watch();
  }

  end(): void {
    this.stopped = true;
    this.session.end();
  }

  private async play(): Promise<void> {
    const { canvas } = this.wanted;
    const brush = canvas.getContext("2d");
    let due = performance.now();
    while (!this.stopped) {
      const capturedMs = nowMs();
      const { image, bytes, width, height, header } = await this.source.next();
      if (this.isStopped()) return;
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      brush?.drawImage(image, 0, 0);
      this.session.send(header, bytes, capturedMs);
      due = Math.max(due + 1000 / this.wanted.fps(), performance.now());
      await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
    }
  }

  private isStopped(): boolean {
    return this.stopped;
  }

  private take(answer: LiveAnswer, capturedMs: number): void {
    if (this.stopped) return;
    this.answers += 1;
    this.dropped += answer.live.dropped;
    this.newestMs = capturedMs;
    const late = answer.overlay_svg === null;
    this.tell({
      answer: late ? null : answer,
      withheld: late ? text.live.withheld.late : null,
      line: this.line(answer, nowMs() - capturedMs),
      statistics: answer.track,
      events: [...happened(answer), ...this.shown.events].slice(0, EVENTS_KEPT),
    });
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
    };
  }

  // The service cannot say that an answer grows old when none comes: the page watches by itself.
  private watch(): void {
    if (this.stopped) return;
    const ageMs = this.newestMs === null ? performance.now() - this.began : nowMs() - this.newestMs;
    this.wanted.showAge(this.newestMs === null ? null : ageMs);
    if (ageMs > this.wanted.staleMs && this.shown.withheld === null) this.withhold(text.live.withheld.silent);
    requestAnimationFrame(() => this.watch());
  }

  private withhold(why: string): void {
    this.tell({ answer: null, withheld: why });
  }

  private ended(why: string, procedure: string | null): void {
    if (this.shown.ended !== null) return;
    this.stopped = true;
    this.source.stop();
    this.wanted.showAge(null);
    this.tell({ running: false, answer: null, withheld: text.live.withheld.stopped, ended: { why, procedure } });
  }

  private tell(change: Partial<Shown>): void {
    this.shown = { ...this.shown, ...change };
    this.wanted.show(this.shown);
  }
}

function happened({ track }: LiveAnswer): Happened[] {
  return track.events.flatMap(({ kind, sequence, mm }) => {
    const words = text.event[kind];
    if (words === undefined) return [];
    const far = mm === null ? "" : ` ${mm.toFixed(1)} mm`;
    return [{ key: `${kind}-${sequence}`, words: text.live.happened(sequence, words + far) }];
  }).reverse();
}
