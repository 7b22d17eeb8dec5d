// Reviews that were signed, and how far the first two readers agree.

import type { Agreement, Kappa, Pair, ReviewAnswer, Reviews } from "./api";
import { moment, unit } from "../numbers";
import type { Fetched } from "../parts/fetched";
import { Facts } from "../parts/findings";
import { Failed, Loading } from "../parts/states";
import { text } from "../strings";
import { correctionWords } from "./sign";

interface Props {
  readonly reviews: Fetched<Reviews>;
  readonly agreement: Agreement | null;
  readonly procedureId: string;
  readonly blinded: boolean;
  readonly onSeek: (frame: number) => void;
}

export function Readers({ reviews, agreement, procedureId, blinded, onSeek }: Props) {
  const words = text.review;
  if (reviews.loading) return <Loading />;
  if (reviews.error) return <Failed error={reviews.error} again={reviews.again} />;
  const { reviews: all, withheld } = reviews.value ?? { reviews: [], withheld: 0 };
  const pair = agreement?.pairs.find((known) => known.procedure_id === procedureId) ?? null;
  return (
    <>
      <h2>{words.readers} <small id="review-count">{all.length || ""}</small></h2>
      {blinded && all.length > 0 ? <p class="quiet" id="already">{words.already}</p> : null}
      {withheld > 0 ? <p class="quiet" id="withheld-reviews">{words.withheld(withheld)}</p> : null}
      {all.length === 0 && withheld === 0 ? <p class="quiet">{words.noneYet}</p> : null}
      <ol class="signed-reviews" id="signed-reviews">{all.map((review) => <Signed key={review.position} review={review} onSeek={onSeek} />)}</ol>
      {all.length > 0 && agreement !== null ? <Agreed pair={pair} agreement={agreement} /> : null}
    </>
  );
}

function Signed({ review: { review, added_at: at, link_sha256: link }, onSeek }: { review: ReviewAnswer; onSeek: (frame: number) => void }) {
  const words = text.review;
  const why = review.reason ? `, ${words.reasons[review.reason]}` : "";
  const marked = review.corrections;
  return (
    <li>
      <p><b>{review.reviewer}</b>{review.role ? `, ${words.roles[review.role]}` : ""} {review.blinded ? <em class="tag">{words.blindedMark}</em> : null}</p>
      <p><strong data-judgement={review.judgement}>{words.judgement[review.judgement]}</strong>{why}{review.verdict ? `; ${words.verdict[review.verdict]}` : ""}</p>
      {marked.length === 0 ? null : (
        <p class="frames">{marked.map((correction) => <button key={correction.frame} type="button" class="link" onClick={() => onSeek(correction.frame)}>{correctionWords(correction)}</button>)}</p>
      )}
      <p class="quiet"><small>{moment(at)} · {link.slice(0, 12)}</small></p>
    </li>
  );
}

function Agreed({ pair, agreement }: { pair: Pair | null; agreement: Agreement }) {
  const words = text.review.pair;
  return (
    <section id="agreement" aria-labelledby="agreement-title">
      <h3 id="agreement-title">{words.title}</h3>
      {pair === null ? <p class="quiet">{words.none}</p> : <PairFacts pair={pair} />}
      {agreement.procedures > 0 ? (
        <>
          <h3>{words.all(agreement.procedures)}</h3>
          <Facts label={words.beyondChance} rows={[
            [`${words.kappa[agreement.verdicts.measure]}, ${words.ofVerdicts}`, kappaWords(agreement.verdicts)],
            [`${words.kappa[agreement.judgements.measure]}, ${words.ofJudgements}`, kappaWords(agreement.judgements)],
            [words.allDistance, spread(agreement.tip_distance_mm, "mm", 1)],
            [words.allDice, spread(agreement.recess_dice, "", 2)],
          ]} />
        </>
      ) : null}
    </section>
  );
}

function PairFacts({ pair }: { pair: Pair }) {
  const words = text.review;
  const both = (said: readonly (string | null)[]) => said.map((part) => part ?? words.notSaid).join(" / ");
  return (
    <Facts id="pair" label={words.pair.title} rows={[
      [words.pair.readers, `${pair.readers.join(" / ")}, ${pair.blinded ? words.pair.blinded : words.pair.open}`],
      [words.pair.judgements, both(pair.judgements.map((judgement) => words.judgement[judgement].toLowerCase()))],
      [words.pair.verdicts, both(pair.verdicts.map((verdict) => (verdict === null ? null : words.verdict[verdict])))],
      [words.pair.frames, pair.frames],
      [words.pair.distance, unit(pair.tip_distance_mm, "mm")],
      [words.pair.dice, unit(pair.recess_dice, "", 2)],
    ]} />
  );
}

export function kappaWords({ n, observed, kappa, low, high, absent_because: why }: Kappa): string {
  const words = text.review.pair;
  const share = observed === null ? "" : `; ${words.both(`${Math.round(100 * observed)} %`, n)}`;
  if (kappa === null) return `${why === null ? text.none : words.absent[why]}${share}`;
  const value = kappa.toFixed(2);
  return `${low === null || high === null ? value : words.interval(value, low.toFixed(2), high.toFixed(2))}${share}`;
}

function spread({ n, median }: Agreement["tip_distance_mm"], name: string, digits: number): string {
  return median === null ? text.none : `${unit(median, name, digits)} (n = ${n})`;
}
