// The review beside the cine: what the reader says, what is marked, signing, and what others signed.

import { useState } from "preact/hooks";
import type { Answer, Procedure } from "../api/client";
import { useFetched, type Fetched } from "../parts/fetched";
import { useKeys } from "../parts/keys";
import { text } from "../strings";
import { getAgreement, postReview, type Judgement, type Reviews } from "./api";
import { EMPTY, isCode, missingIn, reviewOf } from "./draft";
import { JudgementForm } from "./form";
import { MarksForm } from "./marks_form";
import type { Who } from "./reader_code";
import { Readers } from "./readers";
import { wasSeen } from "./sitting";
import { Sign } from "./sign";
import type { Marking } from "./use_review";

interface Props {
  readonly procedure: Procedure;
  readonly answer: Answer | null;
  readonly marking: Marking;
  readonly who: Who;
  readonly onWho: (who: Who) => void;
  readonly reviews: Fetched<Reviews>;
  readonly blinded: boolean;
  readonly onBlinded: (blinded: boolean) => void;
  readonly onSigned: () => void;
  readonly onSeek: (frame: number) => void;
}

export function ReviewPanel(props: Props) {
  const { procedure, answer, marking, who, onWho, reviews, blinded, onBlinded, onSigned, onSeek } = props;
  const { draft, setDraft } = marking;
  const [signing, setSigning] = useState(false);
  const [done, setDone] = useState("");
  const reader = { ...who, blinded };
  const missing = missingIn(draft, reader);
  const review = reviewOf(draft, reader, procedure.verdict);
  const agreement = useFetched(blinded ? null : `agreement ${procedure.id} ${reviews.value?.reviews.length ?? 0}`, getAgreement);
  const judge = (judgement: Judgement) => () => setDraft((before) => ({ ...before, judgement }));
  useKeys(blinded ? {} : { "1": judge("agree"), "2": judge("disagree"), "3": judge("cannot_tell") });

  const sign = async () => {
    if (review === null) return;
    const { link_sha256: link } = await postReview(procedure.links.reviews, review);
    setSigning(false);
    setDraft(() => EMPTY);
    setDone(text.review.signed(link.slice(0, 12)));
    reviews.again();
    onSigned();
  };
  const words = text.review;
  return (
    <div class="columns review-panel">
      <section class="panel" id="review" aria-label={blinded ? words.blindedTitle : words.title}>
        <h2>{blinded ? words.blindedTitle : words.title}
          <button type="button" id="blinded" class="link" onClick={() => { setDone(""); onBlinded(!blinded); }}>{blinded ? words.leaveBlinded : words.startBlinded}</button>
        </h2>
        {blinded ? <p class="blinded-note">{words.blindedNote}</p> : null}
        {blinded && wasSeen(procedure.id) ? <p class="blinded-note seen" id="was-seen">{words.sitting.wasSeen}</p> : null}
        <JudgementForm who={who} onWho={onWho} draft={draft} setDraft={setDraft} blinded={blinded} />
        {answer === null ? null : <MarksForm answer={answer} marking={marking} blinded={blinded} />}
        <MarkedFrames marking={marking} onSeek={onSeek} />
        <p class="actions sign-row">
          <button type="button" id="to-sign" class="primary" disabled={missing.length > 0 || review === null} onClick={() => setSigning(true)}>{words.toSign}</button>
          <span class="quiet" id="missing">{missing.length === 0 ? "" : `${words.missing.title} ${missing.map((name) => words.missing[name]).join("; ")}.`}</span>
        </p>
        <p class="done" role="status">{done}</p>
      </section>
      <section class="panel" id="readers" aria-label={words.readers}>
        {blinded && !isCode(who.code)
          ? <><h2>{words.readers}</h2><p class="quiet">{words.sitting.first}</p></>
          : <Readers reviews={reviews} agreement={agreement.value} procedureId={procedure.id} blinded={blinded} onSeek={onSeek} />}
      </section>
      {signing && review !== null ? <Sign review={review} seen={wasSeen(procedure.id)} onSign={sign} onBack={() => setSigning(false)} /> : null}
    </div>
  );
}

function MarkedFrames({ marking, onSeek }: { marking: Marking; onSeek: (frame: number) => void }) {
  const frames = [...marking.draft.marks.keys()].sort((a, b) => a - b);
  if (frames.length === 0) return null;
  return (
    <p class="marked">{text.review.markedFrames}{" "}
      {frames.map((frame) => <button key={frame} type="button" onClick={() => onSeek(frame)}>{frame + 1}</button>)}
    </p>
  );
}
