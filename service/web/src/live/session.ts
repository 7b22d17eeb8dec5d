// One live session: start, frames out, answers in, and the same session again after the line broke.

import type { LiveAnswer, LiveMessage, LiveStart, Problem } from "../api/client";
import { text } from "../strings";

const RETRIES = 5;
const RETRY_MS = 500;
const MOST_BUFFERED = 1_000_000;
const BROKE = [1006, 1012];

export interface Hearing {
  readonly onAnswer: (answer: LiveAnswer, capturedMs: number) => void;
  readonly onProblem: (problem: Problem) => void;
  readonly onBroken: () => void;
  readonly onEnd: (why: string, procedure: string | null) => void;
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

export class LiveSession {
  sent = 0;
  skipped = 0;
  private sequence = 0;
  private tries = 0;
  private open = false;
  private ending = false;
  private id: string | null = null;
  private procedure: string | null = null;
  private refusal: string | null = null;
  private readonly captured = new Map<number, number>();
  private socket: WebSocket;

  constructor(private readonly start: LiveStart, private readonly hearing: Hearing) {
    this.socket = this.connect();
  }

  private connect(): WebSocket {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/v1/live`);
    this.open = false;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      const start = { type: "start", ...this.start, ...(this.id === null ? {} : { session: this.id }) };
      socket.send(JSON.stringify(start));
    });
    socket.addEventListener("message", ({ data }) => this.heard(JSON.parse(String(data)) as LiveMessage));
    socket.addEventListener("close", ({ code }) => this.closed(code));
    return socket;
  }

  // Sends a picture, unless the line is so full that it would be old before it arrives.
  send(header: object, bytes: ArrayBuffer, capturedMs: number): void {
    if (!this.open || this.ending) return;
    if (this.socket.bufferedAmount > MOST_BUFFERED) {
      this.skipped += 1;
      return;
    }
    const { sequence } = this;
    this.captured.set(sequence, capturedMs);
    this.socket.send(message({ sequence, captured_at: Math.round(capturedMs * 1e6), ...header }, bytes));
    this.sequence += 1;
    this.sent += 1;
  }

  end(): void {
    this.ending = true;
    if (this.open) this.socket.send('{"type": "end"}');
    else this.socket.close();
  }

  private heard(said: LiveMessage): void {
    if (said.type === "started") {
      this.id = said.session;
      this.sequence = said.next_sequence;
      this.open = true;
      this.tries = 0;
    } else if (said.type === "answer") {
      const capturedMs = this.capturedMs(said.live.sequence);
      if (capturedMs !== undefined) this.hearing.onAnswer(said, capturedMs);
    } else if (said.type === "problem") {
      if (said.sequence === null) this.refusal = said.problem.detail;
      else this.hearing.onProblem(said.problem);
    } else {
      this.procedure = said.procedure;
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
    const broke = BROKE.includes(code);
    if (broke && !this.ending && this.refusal === null && this.tries < RETRIES) {
      this.tries += 1;
      this.hearing.onBroken();
      setTimeout(() => { this.socket = this.connect(); }, RETRY_MS);
      return;
    }
    this.hearing.onEnd(this.refusal ?? (broke ? text.live.broke : ""), this.procedure);
  }
}
