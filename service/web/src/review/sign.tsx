// What will be stored, word for word, before it is: signing is a step of its own.

import { useEffect, useRef, useState } from "preact/hooks";
import { Facts } from "../parts/findings";
import { text } from "../strings";
import type { Correction, Review } from "./api";

interface Props {
  readonly review: Review;
  // The answer was shown in this tab before.
  readonly seen: boolean;
  readonly onSign: () => Promise<void>;
  readonly onBack: () => void;
}

export function Sign({ review, seen, onSign, onBack }: Props) {
  const dialogue = useRef<HTMLDialogElement>(null);
  const [state, setState] = useState<{ busy: boolean; error: string }>({ busy: false, error: "" });
  useEffect(() => dialogue.current?.showModal(), []);
  const words = text.review;
  const sign = async () => {
    setState({ busy: true, error: "" });
    try {
      await onSign();
    } catch (error) {
      setState({ busy: false, error: error instanceof Error ? error.message : String(error) });
    }
  };
  // A blinded reader is not told by the way what the answer was.
  const shown = review.blinded ? { ...review, judgement: "…", reason: "…" } : review;
  return (
    <dialog ref={dialogue} class="sign" onClose={onBack} aria-labelledby="sign-title">
      <h2 id="sign-title">{words.sign.title}</h2>
      <Facts id="sign-summary" label={words.sign.title} rows={[
        [words.sign.reader, review.role ? `${review.reviewer}, ${words.roles[review.role]}` : review.reviewer],
        [words.sign.judgement, review.blinded ? words.sign.worked : words.judgement[review.judgement]],
        ...(review.reason && !review.blinded ? [[words.sign.reason, words.reasons[review.reason]] as const] : []),
        [words.sign.verdict, review.verdict ? words.verdict[review.verdict] : words.notSaid],
        [words.sign.sight, review.blinded ? (seen ? words.sign.blindedSeen : words.sign.blinded) : words.sign.open],
        [words.sign.frames, review.corrections.length ? review.corrections.map(correctionWords).map((said) => <div key={said}>{said}</div>) : text.none],
      ]} />
      <details><summary>{words.sign.exact}</summary><pre>{JSON.stringify(shown, null, 1)}</pre></details>
      <p class="quiet">{words.sign.note}</p>
      <p class="message" role="alert">{state.error}</p>
      <p class="actions">
        <button type="button" id="sign-back" onClick={() => dialogue.current?.close()}>{words.sign.back}</button>
        <button type="button" id="sign-confirm" class="primary" autofocus disabled={state.busy} onClick={() => void sign()}>{words.sign.confirm}</button>
      </p>
    </dialog>
  );
}

export function correctionWords(correction: Correction): string {
  const words = text.review.sign;
  const said = [
    correction.needle_absent ? words.noNeedle : null,
    correction.tip_px ? words.tip : null,
    correction.shaft_px && !correction.tip_px ? words.needle : null,
    correction.recess_px ? (correction.recess_px.length === 0 ? words.noRecess : words.outline(correction.recess_px.length)) : null,
    correction.rest_confirmed ? words.rest : null,
  ];
  return words.frame(correction.frame + 1, said.filter((part) => part !== null).join(", "));
}
