"""What is measured inside the page, as JavaScript."""

WATCH_LIVE = """(() => {
  const seen = window.__seen = { toScreenMs: [], drawn: 0 };
  const drawImage = CanvasRenderingContext2D.prototype.drawImage;
  let due = false;
  // Of two pictures drawn before the same frame of the browser only the second one reaches the screen.
  const reached = () => {
    due = false;
    if (document.querySelector("#live-overlay:not([hidden]) > svg") !== null) seen.drawn += 1;
  };
  CanvasRenderingContext2D.prototype.drawImage = function (...given) {
    if (this.canvas.id === "live-picture" && !due) {
      due = true;
      requestAnimationFrame(reached);
    }
    return drawImage.apply(this, given);
  };
  // Painted: the frame that holds the change has been made once a task after its animation callbacks runs.
  const painted = () => new Promise((done) => {
    requestAnimationFrame(() => setTimeout(() => done(performance.now()), 0));
  });
  // An answer that changes nothing of the overlay is drawn already: only one that does is timed.
  let arrived = null;
  const changed = new MutationObserver(async () => {
    if (arrived === null) return;
    const since = arrived;
    arrived = null;
    seen.toScreenMs.push((await painted()) - since);
  });
  const listen = WebSocket.prototype.addEventListener;
  WebSocket.prototype.addEventListener = function (kind, heard, ...rest) {
    if (kind !== "message") return listen.call(this, kind, heard, ...rest);
    return listen.call(this, kind, (event) => {
      const place = document.getElementById("live-overlay");
      if (place !== null) changed.observe(place, { childList: true });
      arrived = String(event.data).startsWith('{"type":"answer"') ? event.timeStamp : null;
      heard.call(this, event);
    }, ...rest);
  };
  // The page looks at its own clock, so that nobody need listen meanwhile.
  window.__watch = (afterMs, forMs) => setTimeout(() => {
    Object.assign(seen, { toScreenMs: [], drawn: 0 });
    const begun = performance.now();
    setTimeout(() => {
      const drawn = (1000 * seen.drawn) / (performance.now() - begun);
      window.__watched = { toScreenMs: [...seen.toScreenMs], drawn };
    }, forMs);
  }, afterMs);
})()"""
"""Before the page runs: counts pictures that reach the screen under an overlay, and times answers from arrival to the
painted overlay; ``__watch`` does so for a while, and leaves ``__watched``."""

SCRUB = """async (frames) => {
  const slider = document.getElementById("slider"), picture = document.getElementById("picture");
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
  const shown = (frame) => new Promise((done) => {
    const look = () => { if (picture.dataset.frame === String(frame)) { changed.disconnect(); done(); } };
    const changed = new MutationObserver(look);
    changed.observe(picture, { attributes: true, attributeFilter: ["data-frame"] });
    look();
  });
  const times = [];
  for (const frame of frames) {
    const begun = performance.now();
    slider.value = String(frame);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await shown(frame);
    await painted();
    times.push(performance.now() - begun);
  }
  return times;
}"""
"""Goes to frames one after the other; milliseconds from the slider's move to the painted picture."""

FIRST_PAINT = """() => new Promise((done) => {
  const look = () => {
    const [painted] = performance.getEntriesByName("first-contentful-paint");
    if (painted !== undefined) done(painted.startTime);
  };
  look();
  new PerformanceObserver(look).observe({ type: "paint", buffered: true });
})"""
"""Milliseconds from the start of the navigation to the first text or picture on the screen."""
