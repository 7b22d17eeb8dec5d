// Procedures as rows: what is said of each, what a list is searched by, and how far an analysis is.

import type { Listed } from "../api/client";
import { day, hour, moment, probability, unit } from "../numbers";
import { Verdict } from "../parts/findings";
import { isHidden, type Sitting } from "../review/sitting";
import { text } from "../strings";
import { procedureVerdict, type Shown } from "../verdicts";

interface Props {
  readonly procedures: readonly Listed[];
  readonly body: { current: HTMLTableSectionElement | null };
  readonly sitting: Sitting;
}

// What the model said has no column while somebody reads blinded.
const ANSWERED: readonly string[] = ["verdict", "reason", "distance", "p"];

export function Table({ procedures, body, sitting }: Props) {
  const { columns, blinded } = text.list;
  const shown = sitting === null ? Object.entries(columns) : [["blinded", blinded] as const, ...Object.entries(columns).filter(([column]) => !ANSWERED.includes(column))];
  return (
    <div class="scroll">
      <table class="procedures">
        <thead>
          <tr>{shown.map(([column, name]) => <th key={column} scope="col" class={`col-${column}`}>{name}</th>)}</tr>
        </thead>
        <tbody ref={body} id="procedures">{procedures.map((procedure) => <Row key={procedure.id} procedure={procedure} sitting={sitting} />)}</tbody>
      </table>
    </div>
  );
}

function said(procedure: Listed): Shown {
  if (procedure.verdict !== null) return procedureVerdict(procedure.verdict, procedure.summary?.tissue_at_tip ?? null);
  return { kind: "not_assessed", words: text.verdict.status[procedure.status] };
}

function Row({ procedure, sitting }: { procedure: Listed; sitting: Sitting }) {
  return (
    <tr>
      {sitting === null ? <Answered procedure={procedure} /> : <Unanswered procedure={procedure} sitting={sitting} />}
      <td class="number col-frames"><Frames procedure={procedure} /></td>
      <td class="col-injectate">{procedure.injectate ? text.injectate[procedure.injectate] : ""}</td>
      <td>{procedure.site ?? ""}</td>
      <td>{procedure.operator ?? ""}</td>
      <td class="number col-reviews">{procedure.reviews > 0 ? <span title={text.list.reviews(procedure.reviews)}>{procedure.reviews}</span> : ""}</td>
      <td class="col-stored">{day(procedure.created_at)}<span> {hour(procedure.created_at)}</span></td>
    </tr>
  );
}

function Answered({ procedure }: { procedure: Listed }) {
  const { summary } = procedure;
  const shown = said(procedure);
  return (
    <>
      <td><a href={`/procedures/${procedure.id}`} aria-label={text.list.open(shown.words, moment(procedure.created_at))}><Verdict shown={shown} /></a></td>
      <td>{summary?.reason ? text.reason[summary.reason] : (procedure.failure ?? "")}</td>
      <td class="number col-distance">{unit(summary?.signed_distance_mm, "mm")}</td>
      <td class="number col-p">{probability(summary?.p_inside)}</td>
    </>
  );
}

function Unanswered({ procedure: { id, status, created_at: at }, sitting }: { procedure: Listed; sitting: Sitting }) {
  const words = text.list;
  const hidden = isHidden(id, sitting);
  const state = status === "done" ? (hidden ? "" : text.review.sitting.signed) : text.verdict.status[status];
  return (
    <td>
      <a href={hidden ? `/procedures/${id}?read=blinded` : `/procedures/${id}`} aria-label={words.open(words.named(id.slice(0, 6)), moment(at))}>
        {words.named(id.slice(0, 6))} {state === "" ? null : <span class="quiet">{state}</span>}
      </a>
    </td>
  );
}

function Frames({ procedure: { status, frame_count: all, frames_done: done } }: { procedure: Listed }) {
  if (status !== "queued" && status !== "running") return <>{all}</>;
  return <progress max={all} value={done} aria-label={text.list.progress(done, all)} title={text.list.progress(done, all)} />;
}
