// Which line is whose: told apart by dash as well as by colour.

import { text } from "../strings";

interface Props {
  readonly blinded: boolean;
  readonly own: boolean;
  readonly signed: boolean;
}

export function Legend({ blinded, own, signed }: Props) {
  const { legend } = text.review;
  const lines: readonly (readonly [string, string, boolean, string | null])[] = [
    ["model", legend.model, !blinded, null], ["own", legend.own, own, "7 4"], ["signed", legend.signed, signed, "2 3"],
  ];
  return (
    <ul class="legend" aria-label={legend.label}>
      {lines.flatMap(([name, words, shown, dash]) => (shown ? [
        <li key={name}>
          <svg class={name} width="34" height="10" aria-hidden="true"><line x1="1" y1="5" x2="33" y2="5" stroke-width="2.5" {...(dash ? { "stroke-dasharray": dash } : {})} /></svg>
          {words}
        </li>,
      ] : []))}
    </ul>
  );
}
