// The live page: pictures out at their own rate, each drawn untouched; the newest answer's overlay over them for as
// long as it is young enough, and a word on why there is none when it is not.

import { listProcedures } from "./api.js";
import { LiveSession, nowMs } from "./live_session.js";
import { captureSource, procedureSource } from "./live_sources.js";
import { FRAME, element, showVerdict, tissue } from "./verdicts.js";

const at = (id) => document.getElementById(id);
const parser = new DOMParser();
// Only events that hold up with the present network are shown; walls, bone and injection are not yet among them
// (benchmarks/README.md, Tracking).
const EVENTS = {
  needle_entered: "needle in the picture",
  needle_left: "needle out of the picture",
  pass: "another pass",
  redirection: "redirected",
  scale_changed: "scale changed",
};
const SIGHT = { seen: "seen", bridged: "predicted", lost: "not known" };
const RELIST_MS = 1000;
let running = null;
let relisting = null;

function say(text) {
  at("message").textContent = text;
}

// Procedures that can be played. While some are still being analysed the list is asked for again.
async function listSources() {
  clearTimeout(relisting);
  const { procedures } = await listProcedures();
  const done = procedures.filter((procedure) => procedure.status === "done" && procedure.frame_count > 1);
  const wanted = at("kind").dataset.chosen ?? location.hash.slice(1);
  at("procedures").replaceChildren(...done.map((procedure) => {
    const words = `${procedure.frame_count} frames, ${procedure.verdict.replaceAll("_", " ")}`;
    const option = element("option", `${words} · ${procedure.id.slice(0, 6)}`);
    option.value = procedure.id;
    return option;
  }));
  at("kind").value = wanted;
  if (at("kind").selectedIndex < 0) at("kind").selectedIndex = 0;
  const pending = procedures.some(({ status }) => status === "queued" || status === "running");
  if (pending) relisting = setTimeout(relist, RELIST_MS);
}

function relist() {
  listSources().catch((error) => say(error.message));
}

async function begin() {
  const kind = at("kind").value;
  const capture = kind === "screen" || kind === "camera";
  const source = capture
    ? await captureSource(kind)
    : await procedureSource(kind, (done, all) => say(`Fetching pictures: ${done} of ${all}`));
  say("");
  const given = at("spacing").value.trim().split(",").filter(Boolean).map(Number);
  const spacing = given.length ? [given[0], given[given.length - 1]] : source.spacing;
  const staleMs = at("stale").valueAsNumber;
  const start = { overlay: "svg", stale_after_ms: staleMs };
  if (spacing) start.spacing_mm = spacing;
  running = new Run(source, start, staleMs);
}

class Run {
  constructor(source, start, staleMs) {
    this.source = source;
    this.staleMs = staleMs;
    this.answers = this.dropped = this.failed = 0;
    this.shown = null;
    this.began = performance.now();
    at("run").textContent = "Stop";
    at("run").dataset.running = "";
    at("stored").replaceChildren();
    at("events").replaceChildren();
    this.session = new LiveSession(start, {
      onAnswer: (answer, capturedMs) => this.take(answer, capturedMs),
      onProblem: (problem) => this.fail(problem),
      onEnd: (why, procedure) => this.ended(why, procedure),
    });
    this.stopped = false;
    this.play();
    this.watch();
  }

  async play() {
    const brush = at("live-picture").getContext("2d");
    let due = performance.now();
    while (!this.stopped) {
      const capturedMs = nowMs();
      const { image, bytes, width, height, header } = await this.source.next();
      if (this.stopped) return;
      const canvas = at("live-picture");
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      brush.drawImage(image, 0, 0);
      this.session.send(header, bytes, capturedMs);
      due = Math.max(due + 1000 / at("fps").valueAsNumber, performance.now());
      await new Promise((resolve) => { setTimeout(resolve, due - performance.now()); });
    }
  }

  take(answer, capturedMs) {
    this.answers += 1;
    this.dropped += answer.live.dropped;
    this.shown = { capturedMs, answer };
    this.draw(answer.overlay_svg);
    showAnswer(answer);
    for (const event of answer.track.events) showEvent(event);
    this.showLine(answer, nowMs() - capturedMs);
  }

  fail(problem) {
    this.failed += 1;
    this.shown = null;
    this.withhold(`No overlay: ${problem.detail}`);
  }

  draw(svg) {
    if (!svg) {
      this.withhold("No overlay: the answer came too late");
      return;
    }
    at("withheld").textContent = "";
    at("live-overlay").replaceChildren(parser.parseFromString(svg, "image/svg+xml").documentElement);
  }

  // The service cannot say that an answer grows old when none comes: the page watches by itself.
  watch() {
    if (this.stopped) return;
    const ageMs = this.shown ? nowMs() - this.shown.capturedMs : performance.now() - this.began;
    at("age").textContent = this.shown ? `last answer's picture is ${Math.round(ageMs)} ms old` : "";
    if (ageMs > this.staleMs && !at("withheld").textContent) this.withhold("No overlay: no answer for too long");
    requestAnimationFrame(() => this.watch());
  }

  withhold(why) {
    at("live-overlay").replaceChildren();
    at("withheld").textContent = why;
    showVerdict(at("frame-verdict"), FRAME.not_assessed);
    at("distance").replaceChildren(element("span", "no distance"));
    at("reasons").replaceChildren(element("li", why));
  }

  showLine({ live, timing_ms: timing, track }, ageMs) {
    const seconds = (performance.now() - this.began) / 1000;
    const numbers = track.statistics;
    fill(at("line"), [
      ["Age when answered", `${ageMs.toFixed(0)} ms`],
      ["of it, judging", `${timing.total.toFixed(0)} ms`],
      ["Answers a second", (this.answers / seconds).toFixed(1)],
      ["Sent", this.session.sent],
      ["Dropped", this.dropped],
      ["Not sent, line full", this.session.skipped],
      ["Not readable", this.failed],
      ["Segment", live.segment + 1],
    ]);
    const progress = track.velocity_mm_s === null ? "–" : `${track.velocity_mm_s.toFixed(1)} mm/s`;
    fill(at("numbers"), [
      ["Tip", track.bridged_frames ? `predicted for ${track.bridged_frames} frames` : SIGHT[track.sight]],
      ["Along the shaft", progress],
      ["Advanced unseen", `${numbers.advanced_unseen_mm.toFixed(1)} mm`],
      ["Further passes", numbers.passes],
      ["Redirections", numbers.redirections],
    ]);
  }

  end() {
    this.session.end();
    this.stopped = true;
  }

  ended(why, procedure) {
    this.stopped = true;
    this.source.stop();
    this.withhold("No overlay: stopped");
    at("age").textContent = "";
    at("run").textContent = "Start";
    delete at("run").dataset.running;
    say(why);
    if (procedure) {
      const link = element("a", "The session was stored as a procedure.");
      link.href = `/#${procedure.split("/").pop()}`;
      at("stored").replaceChildren(link);
      relist();
    }
    running = null;
  }
}

function showAnswer({ placement, needle, live }) {
  const where = placement.verdict === "outside" ? tissue(placement.tissue_at_tip) : null;
  showVerdict(at("frame-verdict"), FRAME[placement.verdict], where);
  const distance = needle.tip_visible ? placement.signed_distance_mm : null;
  const side = distance >= 0 ? "inside, to the nearest wall" : "outside, to the nearest wall";
  at("distance").replaceChildren(...(distance === null
    ? [element("span", needle.shaft_px && !needle.tip_visible ? "tip not seen" : "no distance")]
    : [element("b", Math.abs(distance).toFixed(1)), element("span", `mm ${side}`)]));
  const sentences = [...placement.explanations, ...live.explanations];
  at("reasons").replaceChildren(...sentences.map((sentence) => element("li", sentence)));
}

function showEvent(event) {
  if (!(event.kind in EVENTS)) return;
  const far = event.mm === null ? "" : ` ${event.mm.toFixed(1)} mm`;
  at("events").prepend(element("li", `frame ${event.sequence}: ${EVENTS[event.kind]}${far}`));
  while (at("events").children.length > 6) at("events").lastElementChild.remove();
}

function fill(list, rows) {
  list.replaceChildren(...rows.flatMap(([name, value]) => [element("dt", name), element("dd", String(value))]));
}

at("source").addEventListener("submit", (event) => {
  event.preventDefault();
  if (running) running.end();
  else begin().catch((error) => say(error.message));
});
at("kind").addEventListener("change", () => { at("kind").dataset.chosen = at("kind").value; });
at("show-overlay").addEventListener("change", () => { at("live-overlay").hidden = !at("show-overlay").checked; });
document.addEventListener("keydown", (event) => {
  if (event.key === "o" && !event.target.matches("input[type=text], input[type=number]")) at("show-overlay").click();
});
window.addEventListener("pagehide", () => running?.end());
relist();
