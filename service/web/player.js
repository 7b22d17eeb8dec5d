// The cine: frames fetched ahead and kept in memory, drawn at the cine's own rate, the overlay over an untouched picture.

import { getAnswer, getImage } from "./api.js";
import { COLOURS } from "./verdicts.js";

const at = (id) => document.getElementById(id);
const KEPT = 160;
const AHEAD = 10;
const DEFAULT_FRAME_MS = 50;

export class Player {
  constructor(onAnswer) {
    this.onAnswer = onAnswer;
    this.frames = new Map();
    this.playing = false;
    this.wanted = 0;
    at("slider").addEventListener("input", () => this.seek(at("slider").valueAsNumber));
    at("play").addEventListener("click", () => this.toggle());
    at("key").addEventListener("click", () => this.seek(this.procedure.summary?.key_frame ?? 0));
    at("show-overlay").addEventListener("change", () => this.showOverlay());
  }

  open(procedure) {
    this.stop();
    this.frames.forEach((frame) => frame.then(release, () => {}));
    this.frames.clear();
    this.procedure = procedure;
    at("slider").max = procedure.frame_count - 1;
    const single = procedure.frame_count === 1;
    for (const id of ["timeline", "slider", "play", "key"]) at(id).hidden = single;
    this.drawTimeline();
    this.seek(procedure.summary?.key_frame ?? 0);
  }

  async seek(index) {
    this.wanted = Math.min(Math.max(index, 0), this.procedure.frame_count - 1);
    at("slider").value = this.wanted;
    const procedure = this.procedure;
    const frame = await this.fetch(this.wanted);
    if (procedure !== this.procedure || index !== this.wanted) return;
    at("picture").src = frame.picture;
    at("overlay").src = frame.overlay;
    at("position").textContent = `frame ${index + 1} of ${procedure.frame_count}`;
    this.onAnswer(frame.answer);
    for (let ahead = 1; ahead <= AHEAD; ahead += 1) this.fetch((index + ahead) % procedure.frame_count).catch(() => {});
  }

  fetch(index) {
    if (!this.frames.has(index)) {
      const { links } = this.procedure;
      const parts = [
        getImage(links.picture, index), getImage(links.overlay_svg, index), getAnswer(this.procedure, index),
      ];
      const loaded = Promise.all(parts).then(([picture, overlay, answer]) => ({ picture, overlay, answer }));
      loaded.catch(() => this.frames.delete(index)); // asked for again next time
      this.frames.set(index, loaded);
      this.forget();
    }
    return this.frames.get(index);
  }

  forget() {
    for (const index of this.frames.keys()) {
      if (this.frames.size <= KEPT) return;
      this.frames.get(index).then(release, () => {});
      this.frames.delete(index);
    }
  }

  toggle() {
    if (this.playing) this.stop();
    else this.play();
  }

  async play() {
    const procedure = this.procedure;
    this.playing = true;
    this.showPlaying();
    while (this.playing && procedure === this.procedure) {
      const due = performance.now() + (procedure.frame_time_ms || DEFAULT_FRAME_MS);
      await this.seek((this.wanted + 1) % procedure.frame_count).catch(() => this.stop());
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    }
  }

  stop() {
    this.playing = false;
    this.showPlaying();
  }

  showPlaying() {
    at("play").textContent = this.playing ? "Pause" : "Play";
    at("play").setAttribute("aria-pressed", String(this.playing));
  }

  showOverlay() {
    at("overlay").hidden = !at("show-overlay").checked;
  }

  drawTimeline() {
    const canvas = at("timeline");
    const verdicts = this.procedure.frame_verdicts ?? [];
    canvas.width = Math.max(canvas.clientWidth, 1);
    const brush = canvas.getContext("2d");
    const step = canvas.width / Math.max(verdicts.length, 1);
    verdicts.forEach((verdict, index) => {
      brush.fillStyle = COLOURS[verdict];
      brush.fillRect(index * step, verdict === "not_assessed" ? 9 : 4, Math.ceil(step), 14);
    });
    const key = this.procedure.summary?.key_frame;
    if (key === null || key === undefined) return;
    brush.fillStyle = "#ffffff";
    brush.fillRect((key + 0.5) * step - 1, 0, 2, 14);
  }
}

function release(frame) {
  URL.revokeObjectURL(frame.picture);
  URL.revokeObjectURL(frame.overlay);
}
