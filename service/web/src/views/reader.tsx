// An analysed procedure: its player, and beside it what is said of it or what a reader says to that.

import { useEffect, useState } from "preact/hooks";
import { getCourse, getEvents, type Procedure } from "../api/client";
import { useCine, type Cine } from "../cine/use_cine";
import { useTools } from "../cine/use_tools";
import { useBands, type Bands } from "../parts/bands";
import { useFetched } from "../parts/fetched";
import { Distance, Facts, numbersOf, Probability, Reasons, Verdict } from "../parts/findings";
import { useKeys } from "../parts/keys";
import { Loading } from "../parts/states";
import type { Theme } from "../parts/theme";
import { getReviews, ownOnly } from "../review/api";
import { isCode } from "../review/draft";
import { MarkLayer, SignedLayer } from "../review/layer";
import { Legend } from "../review/legend";
import { ReviewPanel } from "../review/panel";
import { useWho } from "../review/reader_code";
import { begin, isHidden, leave, saw, signed as signedHere, useSitting } from "../review/sitting";
import { useMarking } from "../review/use_review";
import { text } from "../strings";
import { frameVerdict } from "../verdicts";
import { askedFrame, useAddress, type Panel } from "./address";
import { keyFramesOf, PlayerPane } from "./player_pane";
import { Whole } from "./whole";

export function Reader({ procedure, theme }: { procedure: Procedure; theme: Theme }) {
  const { id } = procedure;
  const blinded = isHidden(id, useSitting());
  // Whoever reads blinded is not led to the frame that the answer rests on, and no overlay is fetched for them.
  const cine = useCine(procedure, { first: askedFrame() ?? (blinded ? 0 : procedure.summary?.key_frame) ?? 0, overlay: !blinded });
  const { player, frame } = cine;
  const tooling = useTools(frame);
  const [overlay, setOverlay] = useState(true);
  const { panel, setPanel } = useAddress(player, blinded);
  useEffect(() => { if (!blinded) saw(id); }, [blinded, id]);
  const [who, setWho] = useWho();
  const answer = frame?.answer ?? null;
  const marking = useMarking(answer, blinded);
  const course = useFetched(blinded ? null : procedure.id, (options) => getCourse(procedure, options));
  const events = useFetched(blinded ? null : procedure.id, (options) => getEvents(procedure, options));
  const reviewsKey = blinded ? (isCode(who.code) ? `blinded ${who.code}` : null) : "open";
  const reviews = useFetched(reviewsKey, async (options) => {
    const given = await getReviews(procedure.links.reviews, blinded ? who.code : null, options);
    return blinded ? ownOnly(given, who.code) : given;
  });
  const bands = useBands(procedure.identity.rules_sha256);
  const reviewing = panel === "review";
  const signed = reviews.value?.reviews.flatMap(({ review }) => review.corrections.map((correction) => ({ reader: review.reviewer, correction })))
    .filter(({ correction }) => correction.frame === answer?.frame.index) ?? [];
  const signedCount = reviews.value?.reviews.length ?? 0;
  const keyFrames = keyFramesOf(procedure, events.value).map(([, at]) => at).sort((a, b) => a - b);
  const changeBlinded = (next: boolean) => {
    marking.setPlacing(null);
    setPanel("review");
    if (next) begin(id);
    else leave();
  };
  useKeys({
    ...tooling.keys,
    ...playerKeys(cine, procedure.frame_count),
    o: () => { if (!blinded) setOverlay((on) => !on); },
    v: () => { if (!blinded) setPanel(reviewing ? "findings" : "review"); },
    n: () => { if (!blinded) player.seek(keyFrames.find((at) => at > player.index) ?? keyFrames[0] ?? 0); },
  });
  return (
    <div class="reader" data-panel={panel}>
      <PlayerPane
        procedure={procedure} cine={cine} tooling={tooling} overlay={blinded ? null : overlay} onOverlay={setOverlay}
        marking={reviewing ? marking.pressing : null} course={course} events={events.value} bands={bands} theme={theme}
        legend={reviewing ? <Legend blinded={blinded} own={marking.draft.marks.size > 0} signed={signed.length > 0} /> : null}
        layers={(ground) => (answer === null || !reviewing ? null : (
          <>
            <SignedLayer ground={ground} signed={signed} />
            <MarkLayer ground={ground} marking={marking} answer={answer} blinded={blinded} />
          </>
        ))}
      />
      <div class="beside">
        {blinded ? null : <Tabs panel={panel} onPanel={setPanel} reviews={signedCount} />}
        {reviewing ? (
          <ReviewPanel
            procedure={procedure} answer={answer} marking={marking} who={who} onWho={setWho} reviews={reviews}
            blinded={blinded} onBlinded={changeBlinded} onSigned={() => { setPanel("review"); signedHere(id); }} onSeek={player.seek}
          />
        ) : (
          <div class="columns" role="tabpanel" aria-labelledby="tab-findings">
            <section class="panel" id="panel" aria-label={text.detail.frame}>{frame ? <ThisFrame answer={frame.answer} bands={bands} /> : <Loading />}</section>
            <Whole procedure={procedure} events={events} player={player} pixels={answer?.frame.pixels_sha256 ?? null} reviews={signedCount} />
          </div>
        )}
      </div>
    </div>
  );
}

function playerKeys({ player }: Cine, count: number) {
  return {
    " ": player.toggle,
    ArrowLeft: () => player.step(-1), ArrowRight: () => player.step(1),
    "Shift+ArrowLeft": () => player.step(-10), "Shift+ArrowRight": () => player.step(10),
    Home: () => player.step(-count), End: () => player.step(count),
    r: () => player.setLoop(!player.loop),
    "<": () => player.faster(-1), ">": () => player.faster(1),
  };
}

function Tabs({ panel, onPanel, reviews }: { panel: Panel; onPanel: (panel: Panel) => void; reviews: number }) {
  const tabs: readonly (readonly [Panel, string])[] = [["findings", text.review.findings], ["review", text.review.tab]];
  return (
    <div class="tabs" role="tablist" aria-label={text.review.tabs}>
      {tabs.map(([name, words]) => (
        <button key={name} id={`tab-${name}`} type="button" role="tab" aria-selected={panel === name} onClick={() => onPanel(name)}>
          {words}{name === "review" && reviews > 0 ? <small> {reviews}</small> : null}
        </button>
      ))}
      <kbd>v</kbd>
    </div>
  );
}

function ThisFrame({ answer, bands }: { answer: NonNullable<Cine["frame"]>["answer"]; bands: Bands | null }) {
  const { placement } = answer;
  return (
    <>
      <h2>{text.detail.frame}</h2>
      <div id="frame-verdict"><Verdict shown={frameVerdict(placement.verdict, placement.tissue_at_tip)} large /></div>
      <Distance placement={placement} needle={answer.needle} />
      <Probability p={placement.p_inside} bands={bands} />
      <Reasons sentences={placement.explanations} />
      <Facts label={text.detail.numbers} rows={numbersOf(answer)} />
    </>
  );
}
