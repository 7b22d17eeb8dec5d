// Buttons of the player; each has a key.

import { text } from "../strings";
import { SPEEDS, type Player } from "./player";

interface Props {
  readonly player: Player;
  readonly count: number;
  readonly here: number;
  readonly overlay: boolean | null;
  readonly onOverlay: (on: boolean) => void;
}

export function Controls({ player, count, here, overlay, onOverlay }: Props) {
  const words = text.player;
  const cine = count > 1;
  return (
    <>
      {cine ? (
        <input
          id="slider" type="range" min={0} max={count - 1} value={player.index} aria-label={words.frame}
          aria-valuetext={words.position(player.index + 1, count)} onInput={(event) => player.seek(event.currentTarget.valueAsNumber)}
        />
      ) : null}
      <div class="controls" role="toolbar" aria-label={words.label}>
        {cine ? (
          <>
            <button type="button" aria-label={words.previous} title={words.previous} onClick={() => player.step(-1)}>◂</button>
            <button id="play" type="button" class="primary" aria-keyshortcuts="Space" onClick={player.toggle}>{player.playing ? words.pause : words.play}</button>
            <button type="button" aria-label={words.next} title={words.next} onClick={() => player.step(1)}>▸</button>
            <label><input type="checkbox" checked={player.loop} onChange={(event) => player.setLoop(event.currentTarget.checked)} /> {words.loop}</label>
            <label>
              {words.speed}{" "}
              <select id="speed" value={String(player.speed)} onChange={(event) => player.setSpeed(Number(event.currentTarget.value))}>
                {SPEEDS.map((speed) => <option key={speed} value={String(speed)}>{speed}×</option>)}
              </select>
            </label>
          </>
        ) : null}
        {overlay === null ? null : (
          <label><input id="show-overlay" type="checkbox" checked={overlay} aria-keyshortcuts="o" onChange={(event) => onOverlay(event.currentTarget.checked)} /> {words.overlay} <kbd>o</kbd></label>
        )}
        <output id="position" title={words.buffered(here, count)}>
          {words.position(player.index + 1, count)}
        </output>
      </div>
    </>
  );
}
