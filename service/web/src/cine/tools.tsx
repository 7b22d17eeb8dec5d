// What the pointer does with the picture, and what is on: window of the display, measured line.

import { text } from "../strings";
import type { Tool } from "./stage";
import type { Tooling } from "./use_tools";
import { changed, isWhole, WHOLE, type Window } from "./window";

const LEVEL_STEP = 8;
const WIDTH_STEP = 16;

const TOOLS: readonly (readonly [Tool, string])[] = [["move", ""], ["window", "w"], ["measure", "m"]];

export function Tools({ tooling: { tool, setTool, window, setWindow, measuring, placeLine, zoom, toTissue } }: { tooling: Tooling }) {
  const words = text.tools;
  const measured = measuring.line !== null;
  return (
    <div class="tools-row" role="toolbar" aria-label={words.label}>
      <span class="joined" role="group" aria-label={words.pointer}>
        {TOOLS.map(([name, key]) => (
          <button key={name} id={`tool-${name}`} type="button" aria-pressed={tool === name} title={words.hint[name]} onClick={() => setTool(name)}>
            {words.name[name]} {key === "" ? null : <kbd>{key}</kbd>}
          </button>
        ))}
      </span>
      <span class="joined">
        <button type="button" aria-label={text.player.zoomOut} title={text.player.zoomOut} onClick={() => zoom.by(1 / 1.5)}>−</button>
        <button type="button" title={text.player.tissueHint} aria-keyshortcuts="b" onClick={toTissue}>{text.player.tissue}</button>
        <button type="button" title={text.player.fitHint} aria-keyshortcuts="0" onClick={zoom.fit}>{text.player.fit}</button>
        <button type="button" aria-label={text.player.zoomIn} title={text.player.zoomIn} onClick={() => zoom.by(1.5)}>+</button>
      </span>
      {tool === "measure" && !measured ? <button type="button" id="measure-line" onClick={placeLine}>{words.placeLine}</button> : null}
      {measured ? <button type="button" id="measure-clear" onClick={() => measuring.set(null)}>{words.clearLine}</button> : null}
      {tool === "window" ? <WindowSliders window={window} onWindow={setWindow} /> : null}
      {isWhole(window) ? null : <button type="button" id="window-reset" aria-keyshortcuts="x" onClick={() => setWindow(() => WHOLE)}>{words.resetWindow} <kbd>x</kbd></button>}
    </div>
  );
}

interface Windowing {
  readonly window: Window;
  readonly onWindow: (change: (before: Window) => Window) => void;
}

function WindowSliders({ window, onWindow }: Windowing) {
  const words = text.tools;
  return (
    <>
      <label>{words.level} <input id="window-level" type="range" min={0} max={255} value={window.centre} onInput={(event) => { const centre = event.currentTarget.valueAsNumber; onWindow((before) => ({ ...before, centre })); }} /></label>
      <label>{words.width} <input id="window-width" type="range" min={2} max={512} value={window.width} onInput={(event) => { const width = event.currentTarget.valueAsNumber; onWindow((before) => ({ ...before, width })); }} /></label>
    </>
  );
}

// Keys of the tools.
export function toolKeys(tool: Tool, onTool: (tool: Tool) => void, onWindow: Windowing["onWindow"], onClear: () => void) {
  const by = (centre: number, width: number) => () => onWindow((before) => changed(before, { centre, width }));
  return {
    w: () => onTool(tool === "window" ? "move" : "window"),
    m: () => onTool(tool === "measure" ? "move" : "measure"),
    "[": by(-LEVEL_STEP, 0), "]": by(LEVEL_STEP, 0), "{": by(0, -WIDTH_STEP), "}": by(0, WIDTH_STEP),
    x: () => onWindow(() => WHOLE),
    Escape: () => {
      onClear();
      onTool("move");
    },
  };
}
