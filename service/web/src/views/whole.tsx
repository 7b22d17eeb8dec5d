// What is said of a procedure as a whole, what it rests on, and where to go from here.

import { useMayReview } from "../access/guard";
import type { Events, Procedure } from "../api/client";
import type { Player } from "../cine/player";
import { moment, short, unit } from "../numbers";
import type { Fetched } from "../parts/fetched";
import { Facts, Verdict } from "../parts/findings";
import { Loading } from "../parts/states";
import { text } from "../strings";
import { procedureVerdict } from "../verdicts";

interface Props {
  readonly procedure: Procedure;
  readonly events: Fetched<Events>;
  readonly player: Player;
  readonly pixels: string | null;
  readonly reviews: number;
}

export function Whole({ procedure, events, player, pixels, reviews }: Props) {
  return (
    <section class="panel" aria-label={text.detail.procedure}>
      <h2>{text.detail.procedure} <small>{moment(procedure.created_at)}</small></h2>
      <Said procedure={procedure} />
      <h3>{text.detail.handling}</h3>
      {events.loading ? <Loading words={text.detail.eventsLoading} /> : null}
      {events.error ? <p class="quiet">{text.detail.eventsMissing(events.error.message)}</p> : null}
      {events.value ? <Handling events={events.value} player={player} /> : null}
      <h3>{text.detail.files}</h3>
      <Files procedure={procedure} reviews={reviews} />
      <details>
        <summary>{text.detail.provenance}</summary>
        <Provenance procedure={procedure} pixels={pixels} />
      </details>
    </section>
  );
}

function Said({ procedure }: { procedure: Procedure }) {
  const { summary } = procedure;
  if (summary === null) return null;
  const share = summary.tip_visible_share;
  const seen = text.detail.needle(summary.needle_frames, procedure.frame_count);
  const tip = share === null ? "" : text.detail.tipShare(Math.round(100 * share));
  return (
    <>
      <div id="procedure-verdict"><Verdict shown={procedureVerdict(summary.verdict, summary.tissue_at_tip)} large /></div>
      <p id="procedure-note" class="quiet">{seen}{tip}. {summary.explanation ?? ""}</p>
    </>
  );
}

function Handling({ events: { handling, events, angle_deg: angle, centre_distance_mm: centre }, player }: { events: Events; player: Player }) {
  const { fields } = text;
  const named = events.flatMap((event) => {
    const words = text.event[event.kind];
    return words === undefined ? [] : [{ ...event, words: event.mm === null ? words : `${words} ${event.mm.toFixed(1)} mm` }];
  });
  return (
    <>
      <Facts label={text.detail.handling} rows={[
        [fields.angle, unit(angle, "°", 0)],
        [fields.centre, unit(centre, "mm")],
        [fields.passes, unit(handling.passes, "", 0)],
        [fields.redirections, unit(handling.redirections, "", 0)],
        [fields.unseen, handling.advanced_unseen_mm === null || handling.advanced_unseen_s === null ? unit(handling.advanced_unseen_mm, "mm") : `${unit(handling.advanced_unseen_mm, "mm")}, ${unit(handling.advanced_unseen_s, "s")}`],
        [fields.toTarget, unit(handling.seconds_to_target, "s")],
      ]} />
      <h3>{text.detail.events}</h3>
      {named.length === 0 ? <p class="quiet">{text.detail.noEvents}</p> : null}
      <ol class="events">
        {named.map(({ kind, frame, words }) => (
          <li key={`${kind}-${frame}`}><button type="button" class="link" onClick={() => player.seek(frame)}>{text.live.happened(frame + 1, words)}</button></li>
        ))}
      </ol>
    </>
  );
}

function Files({ procedure: { id, links }, reviews }: { procedure: Procedure; reviews: number }) {
  const { results, self } = links;
  const words = text.detail;
  const mayReview = useMayReview();
  const elsewhere = { target: "_blank", rel: "noreferrer" };
  return (
    <ul class="files">
      <li><a href={`/procedures/${id}/record`}>{words.record}</a></li>
      <li><a href={`/compare?a=${id}`}>{words.compare}</a></li>
      <li><a href={links.report} {...elsewhere}>{words.report}</a></li>
      <li><a href={`${self}/report.pdf`} download={`${id}.pdf`}>{words.reportPdf} <small>PDF</small></a></li>
      {results === null
        ? <li class="quiet">{words.notDicom}</li>
        : Object.entries(words.results).map(([kind, named]) => (
          <li key={kind}><a href={results.replace("{kind}", kind)} download={`${id}.${kind}.dcm`}>{named} <small>{kind.toUpperCase()}</small></a></li>
        ))}
      {mayReview ? (
        <>
          <li><a href={`${self}/export.csv`} download={`${id}.csv`}>{words.frames} <small>CSV</small></a></li>
          <li><a href={`${self}/export.fhir.json`} download={`${id}.fhir.json`}>{words.fhir} <small>FHIR</small></a></li>
          <li><a href={links.history} {...elsewhere}>{words.history}</a></li>
        </>
      ) : null}
      {reviews > 0 ? <li><a href={links.labels} download={`labels-${id.slice(0, 8)}.zip`}>{words.labels} <small>ZIP</small></a></li> : null}
    </ul>
  );
}

function Provenance({ procedure, pixels }: { procedure: Procedure; pixels: string | null }) {
  const { fields } = text;
  const { identity } = procedure;
  return (
    <Facts id="identity" label={text.detail.provenance} rows={[
      [fields.model, `${identity.model} ${identity.model_version}`],
      [fields.modelHash, short(identity.model_sha256)],
      [fields.rulesHash, short(identity.rules_sha256)],
      [fields.runAs, `${identity.precision}, ${identity.provider}`],
      [fields.code, identity.code_version],
      [fields.pixels, short(pixels)],
      [fields.answerHash, short(procedure.record_sha256)],
      [fields.chainHash, short(procedure.link_sha256)],
      [fields.laterality, procedure.laterality ?? text.unknown],
    ]} />
  );
}
