// One live session: start, frames out, answers in, and the same session again after the line broke.

const RETRIES = 5;
const RETRY_MS = 500;
const MOST_BUFFERED = 1_000_000;

// Nanoseconds do not fit a JavaScript number exactly; a quarter of a microsecond is what is lost.
export function nowMs() {
  return performance.timeOrigin + performance.now();
}

function message(header, bytes) {
  const head = new TextEncoder().encode(JSON.stringify(header));
  const whole = new Uint8Array(4 + head.length + bytes.byteLength);
  new DataView(whole.buffer).setUint32(0, head.length);
  whole.set(head, 4);
  whole.set(new Uint8Array(bytes), 4 + head.length);
  return whole;
}

export class LiveSession {
  constructor(start, { onAnswer, onProblem, onEnd }) {
    Object.assign(this, { start, onAnswer, onProblem, onEnd });
    this.sent = this.skipped = this.sequence = this.tries = 0;
    this.captured = new Map();
    this.ending = false;
    this.connect();
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.open = false;
    this.socket = new WebSocket(`${scheme}//${location.host}/v1/live`);
    this.socket.binaryType = "arraybuffer";
    this.socket.addEventListener("open", () => {
      const start = { type: "start", ...this.start };
      if (this.id) start.session = this.id;
      this.socket.send(JSON.stringify(start));
    });
    this.socket.addEventListener("message", ({ data }) => this.heard(JSON.parse(data)));
    this.socket.addEventListener("close", (closed) => this.closed(closed));
  }

  // Sends a picture, unless the line is so full that it would be old before it arrives.
  send(header, bytes, capturedMs) {
    if (!this.open || this.ending) return;
    if (this.socket.bufferedAmount > MOST_BUFFERED) {
      this.skipped += 1;
      return;
    }
    const sequence = this.sequence;
    this.captured.set(sequence, capturedMs);
    this.socket.send(message({ sequence, captured_at: Math.round(capturedMs * 1e6), ...header }, bytes));
    this.sequence += 1;
    this.sent += 1;
  }

  end() {
    this.ending = true;
    if (this.open) this.socket.send('{"type": "end"}');
    else this.socket.close();
  }

  heard(said) {
    if (said.type === "started") {
      this.id = said.session;
      this.sequence = said.next_sequence;
      this.open = true;
      this.tries = 0;
    } else if (said.type === "answer") {
      this.onAnswer(said, this.capturedMs(said.live.sequence));
    } else if (said.type === "problem") {
      if (said.sequence === null) this.refusal = said.problem;
      else this.onProblem(said.problem);
    } else if (said.type === "ended") {
      this.procedure = said.procedure;
    }
  }

  // When a frame was captured; older ones are forgotten with it.
  capturedMs(sequence) {
    const at = this.captured.get(sequence);
    for (const known of this.captured.keys()) {
      if (known > sequence) break;
      this.captured.delete(known);
    }
    return at;
  }

  closed({ code }) {
    this.open = false;
    const broke = code === 1006 || code === 1012;
    if (broke && !this.ending && this.tries < RETRIES) {
      this.tries += 1;
      setTimeout(() => this.connect(), RETRY_MS);
      return;
    }
    this.onEnd(this.refusal?.detail ?? (broke ? "The line broke." : ""), this.procedure);
  }
}
