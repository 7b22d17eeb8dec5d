// One live session: start, frames out, answers in, and the same session again after the line broke.

import type { LiveAnswer, LiveMessage, LiveStart, Problem } from "../api/client";
import { setSignedOut } from "../access/state";
import { text } from "../strings";

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 2000;
const MOST_BUFFERED = 1_000_000;
const SILENT_MS = 5000;
const NOT_FOUND = 4404;
// Gone away, broken, restarted, idle for too long: the service keeps the session for the next connection.
const BROKE: readonly number[] = [1001, 1005, 1006, 1012, 4408];

export interface Hearing {
  readonly onAnswer: (answer: LiveAnswer, capturedMs: number) => void;
  readonly onProblem: (problem: Problem) => void;
  readonly onBroken: (tries: number) => void;
  readonly onBack: () => void;
  readonly onEnd: (why: string, procedures: readonly string[]) => void;
}

export interface Scale {
  readonly spacing_mm: [row: number, column: number];
  readonly spacing_source: "caller" | "ruler";
}

// Nanoseconds do not fit a JavaScript number exactly; a quarter of a microsecond is what is lost.
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

// Length of the header as a 32-bit big-endian number, the header as JSON, the picture's bytes.
export function message(header: object, bytes: ArrayBuffer): Uint8Array<ArrayBuffer> {
  const head = new TextEncoder().encode(JSON.stringify(header));
  const whole = new Uint8Array(4 + head.length + bytes.byteLength);
  new DataView(whole.buffer).setUint32(0, head.length);
  whole.set(head, 4);
  whole.set(new Uint8Array(bytes), 4 + head.length);
  return whole;
}

export function retryAfterMs(tries: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** (tries - 1), LAST_RETRY_MS);
}

export class LiveSession {
  sent = 0;
  skipped = 0;
  private sequence = 0;
  private tries = 0;
  private connection = 0;
  private open = false;
  private ending = false;
  private ended = false;
  private id: string | null = null;
  private procedures: readonly string[] = [];
  private refusal: string | null = null;
  private retry = 0;
  private newScale: Scale | null = null;
  private readonly captured = new Map<number, number>();
  private socket: WebSocket;

  constructor(private start: LiveStart, private readonly hearing: Hearing) {
    this.socket = this.connect();
  }

  private connect(): WebSocket {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/v1/live`);
    const connection = (this.connection += 1);
    const mine = () => connection === this.connection;
    this.open = false;
    this.refusal = null;
    this.captured.clear();
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      socket.send(JSON.stringify({ type: "start", ...this.start, ...(this.id === null ? {} : { session: this.id }) }));
    });
    socket.addEventListener("message", ({ data }) => { if (mine()) this.heard(JSON.parse(String(data)) as LiveMessage); });
    socket.addEventListener("close", ({ code }) => { if (mine()) this.closed(code); });
    return socket;
  }

  // Sends a picture, unless the line is so full that it would be old before it arrives.
  send(header: object, bytes: ArrayBuffer, capturedMs: number): void {
    if (!this.open || this.ending) return;
    if (this.isDead(capturedMs)) {
      const dead = this.socket;
      this.closed(1006);
      dead.close();
      return;
    }
    if (this.socket.bufferedAmount > MOST_BUFFERED) {
      this.skipped += 1;
      return;
    }
    const { sequence } = this;
    const head = { sequence, captured_at: Math.round(capturedMs * 1e6), ...header, ...this.newScale };
    this.newScale = null;
    this.captured.set(sequence, capturedMs);
    this.socket.send(message(head, bytes));
    this.sequence += 1;
    this.sent += 1;
  }

  // The scale of the pictures from the next one on.
  rescale(scale: Scale): void {
    this.newScale = scale;
    this.start = { ...this.start, ...scale };
  }

  end(): void {
    if (this.ending) return;
    this.ending = true;
    if (this.open) {
      this.socket.send('{"type": "end"}');
      return;
    }
    window.clearTimeout(this.retry);
    this.socket.close();
    // What was left so is stored by the service once it has waited for long enough.
    this.finish(this.id === null || this.sent === 0 ? "" : text.live.leftBroken);
  }

  // A line can be dead without anybody having said so.
  private isDead(nowMs: number): boolean {
    const [oldest] = this.captured.values();
    return oldest !== undefined && nowMs - oldest > SILENT_MS;
  }

  private heard(said: LiveMessage): void {
    if (said.type === "started") {
      this.id = said.session;
      this.sequence = said.next_sequence;
      this.open = true;
      if (this.tries > 0) this.hearing.onBack();
      this.tries = 0;
    } else if (said.type === "answer") {
      const capturedMs = this.capturedMs(said.live.sequence);
      if (capturedMs !== undefined) this.hearing.onAnswer(said, capturedMs);
    } else if (said.type === "problem") {
      if (said.problem.code === "unauthenticated") setSignedOut(true);
      if (said.sequence === null) this.refusal = said.problem.detail;
      else {
        this.capturedMs(said.sequence);
        this.hearing.onProblem(said.problem);
      }
    } else if (said.procedure !== null) {
      this.keep(said.procedure.split("/").pop() ?? "");
    }
  }

  // When a frame was captured; older ones are forgotten with it.
  private capturedMs(sequence: number): number | undefined {
    const at = this.captured.get(sequence);
    for (const known of this.captured.keys()) {
      if (known > sequence) break;
      this.captured.delete(known);
    }
    return at;
  }

  private closed(code: number): void {
    this.open = false;
    this.connection += 1; // nothing that is still to come over this one counts
    if (this.ending) {
      this.finish("");
    } else if (code === NOT_FOUND && this.id !== null) {
      this.keep(this.id); // the service did not wait so long: it has stored the session, and another one begins
      this.id = null;
      this.socket = this.connect();
    } else if (BROKE.includes(code)) {
      this.tries += 1;
      this.hearing.onBroken(this.tries);
      this.retry = window.setTimeout(() => { this.socket = this.connect(); }, retryAfterMs(this.tries));
    } else {
      this.finish(this.refusal ?? text.live.broke);
    }
  }

  private keep(procedure: string): void {
    this.procedures = [...new Set([...this.procedures, procedure])];
  }

  private finish(why: string): void {
    if (this.ended) return;
    this.ended = true;
    this.hearing.onEnd(why, this.procedures);
  }
}
