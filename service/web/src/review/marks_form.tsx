// Needle and recess of the frame shown, as far as this reader says otherwise than the model.

import type { Answer } from "../api/client";
import { said } from "../cine/ruler_layer";
import { text } from "../strings";
import { needleOf, type Marks } from "./draft";
import { crosses } from "./outline";
import type { Marking } from "./use_review";

interface Props {
  readonly answer: Answer;
  readonly marking: Marking;
  readonly blinded: boolean;
}

export function MarksForm({ answer, marking, blinded }: Props) {
  const { marks, placing } = marking;
  const words = text.review;
  const seen = blinded ? null : answer;
  const needle = seen === null ? null : needleOf(seen);
  const outlines = seen?.recess.polygons_px.length ?? 0;
  return (
    <fieldset class="marks-form">
      <legend>{words.marksOn(answer.frame.index + 1)}</legend>
      <p class="mark-row"><b>{words.needle}</b> <span id="needle-mark">{needleWords(marks, answer, blinded)}</span></p>
      <p class="actions">
        <button type="button" id="correct-tip" onClick={marking.correctNeedle}>{needle === null ? words.placeNeedle : words.correctTip}</button>
        <button type="button" id="no-needle" aria-pressed={marks.needle === "absent"} onClick={() => marking.setNeedle("absent")}>{words.noNeedle}</button>
        <button type="button" id="reset-needle" disabled={marks.needle === null} onClick={() => marking.setNeedle(null)}>{words.reset}</button>
      </p>
      {marks.needle === null || marks.needle === "absent" ? null : <TipNotSeen needle={marks.needle} marking={marking} />}
      <p class="mark-row"><b>{words.recess}</b> <span id="recess-mark">{recessWords(marks, blinded)}</span></p>
      <p class="actions">
        <button type="button" id="correct-outline" onClick={marking.correctRecess}>{outlines === 0 ? words.drawOutline : words.correctOutline}</button>
        {outlines > 0 ? null : <button type="button" id="add-shape" onClick={marking.addShape}>{words.addShape}</button>}
        <button type="button" id="no-recess" aria-pressed={marks.recess?.length === 0} onClick={() => marking.setRecess([])}>{words.noRecess}</button>
        <button type="button" id="reset-recess" disabled={marks.recess === null} onClick={() => marking.setRecess(null)}>{words.reset}</button>
      </p>
      <p class="hint quiet" role="status">{placing === null ? (marks.recess !== null && marks.recess.length > 0 ? words.outlineHelp : "") : placingWords(placing)}
        {placing === null ? null : <> <button type="button" class="link" id="stop-placing" onClick={() => marking.setPlacing(null)}>{words.stopPlacing}</button></>}
      </p>
      {marks.recess?.some(crosses) ? <p class="message">{words.missing.title} {words.missing.crossing}</p> : null}
      {blinded ? null : (
        <label class="check"><input id="rest-right" type="checkbox" checked={marks.restRight} onChange={(event) => marking.setRestRight(event.currentTarget.checked)} /> {words.restRight}</label>
      )}
    </fieldset>
  );
}

function TipNotSeen({ needle, marking }: { needle: Exclude<Marks["needle"], "absent" | null>; marking: Marking }) {
  return (
    <label class="check">
      <input type="checkbox" id="tip-not-seen" checked={!needle.tipSeen} onChange={(event) => marking.setNeedle({ ...needle, tipSeen: !event.currentTarget.checked })} /> {text.review.tipNotSeen}
    </label>
  );
}

function placingWords(placing: NonNullable<Marking["placing"]>): string {
  const words = text.review.placing;
  if (placing.kind === "outline") return words.outline;
  return placing.far === null ? words.far : words.end;
}

function needleWords({ needle }: Marks, answer: Answer, blinded: boolean): string {
  const words = text.review;
  if (needle === null) return blinded ? words.unmarked : words.asModel;
  if (needle === "absent") return words.absent;
  const known = blinded ? null : needleOf(answer);
  return known === null ? words.placed : words.correctedBy(said(known.end, needle.end, answer.calibration));
}

function recessWords({ recess }: Marks, blinded: boolean): string {
  const words = text.review;
  if (recess === null) return blinded ? words.unmarked : words.asModel;
  return recess.length === 0 ? words.absent : words.outlined(recess.reduce((sum, outline) => sum + outline.length, 0));
}
