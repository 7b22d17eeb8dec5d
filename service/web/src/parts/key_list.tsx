// The list of keys, in the browser's own dialogue.

import { useEffect, useRef } from "preact/hooks";
import { text } from "../strings";

const { of } = text.keys;
const GROUPS: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [text.keys.everywhere, [["?", of.help], ["g", of.toList], ["l", of.toLive], ["d", of.theme]]],
  [text.keys.list, [["j ↓", of.next], ["k ↑", of.previous], ["Enter", of.open], ["Home End", of.ends2], ["← →", of.pageTurn], ["/", of.search], ["f", of.filter], ["u", of.send]]],
  [text.record.title, [["s", of.save]]],
  [text.keys.cine, [
    ["Space", of.play], ["← →", of.step], ["Shift ← →", of.jump], ["Home End", of.ends], ["n", of.keyFrame],
    ["o", of.overlay], ["r", of.loop], ["< >", of.speed], ["+ −", of.zoom], ["H J K L", of.pan], ["0", of.fit], ["b", of.tissue],
    ["w", of.window], ["[ ]", of.level], ["{ }", of.width], ["x", of.resetWindow], ["m", of.measure], ["Esc", of.escape],
  ]],
  [text.keys.compare, [["i", of.link], ["n", of.nextDifference]]],
  [text.keys.archive, [["f", of.filter]]],
  [text.keys.review, [["v", of.review], ["1 2 3", of.judge], ["← → ↑ ↓", of.moveMark], ["Delete", of.removeMark]]],
  [text.keys.live, [["s", of.run], ["o", of.overlay], ["c", of.ruler], ["f", of.full]]],
];

export function KeyList({ open, onClose }: { open: boolean; onClose: () => void }) {
  const dialogue = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open) dialogue.current?.showModal();
    else dialogue.current?.close();
  }, [open]);
  return (
    <dialog ref={dialogue} class="keys" onClose={onClose} aria-labelledby="keys-title">
      <h2 id="keys-title">{text.keys.title} <button type="button" autofocus onClick={onClose}>{text.keys.close}</button></h2>
      <div class="key-groups">
        {GROUPS.map(([title, keys]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>{keys.map(([key, does]) => [<dt key={key}><kbd>{key}</kbd></dt>, <dd key={does}>{does}</dd>])}</dl>
          </section>
        ))}
      </div>
    </dialog>
  );
}
