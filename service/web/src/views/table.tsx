// Procedures as rows: what is said of each, what a list is searched by, and how far an analysis is.

import type { Listed } from "../api/client";
import { day, hour, moment, unit } from "../numbers";
import { Verdict } from "../parts/findings";
import { text } from "../strings";
import { procedureVerdict, type Shown } from "../verdicts";

export function Table({ procedures, body }: { procedures: readonly Listed[]; body: { current: HTMLTableSectionElement | null } }) {
  const { columns } = text.list;
  return (
    <div class="scroll">
      <table class="procedures">
        <thead>
          <tr>{Object.entries(columns).map(([column, name]) => <th key={column} scope="col" class={`col-${column}`}>{name}</th>)}</tr>
        </thead>
        <tbody ref={body} id="procedures">{procedures.map((procedure) => <Row key={procedure.id} procedure={procedure} />)}</tbody>
      </table>
    </div>
  );
}

function said(procedure: Listed): Shown {
  if (procedure.verdict !== null) return procedureVerdict(procedure.verdict, procedure.summary?.tissue_at_tip ?? null);
  return { kind: "not_assessed", words: text.verdict.status[procedure.status] };
}

function Row({ procedure }: { procedure: Listed }) {
  const { summary } = procedure;
  const shown = said(procedure);
  const when = moment(procedure.created_at);
  return (
    <tr>
      <td><a href={`/procedures/${procedure.id}`} aria-label={text.list.open(shown.words, when)}><Verdict shown={shown} /></a></td>
      <td>{summary?.reason ? text.reason[summary.reason] : (procedure.failure ?? "")}</td>
      <td class="number col-distance">{unit(summary?.signed_distance_mm, "mm")}</td>
      <td class="number col-p">{unit(summary?.p_inside, "", 2)}</td>
      <td class="number col-frames"><Frames procedure={procedure} /></td>
      <td class="col-injectate">{procedure.injectate ? text.injectate[procedure.injectate] : ""}</td>
      <td>{procedure.site ?? ""}</td>
      <td>{procedure.operator ?? ""}</td>
      <td class="number col-reviews">{procedure.reviews > 0 ? <span title={text.list.reviews(procedure.reviews)}>{procedure.reviews}</span> : ""}</td>
      <td class="col-stored">{day(procedure.created_at)}<span> {hour(procedure.created_at)}</span></td>
    </tr>
  );
}

function Frames({ procedure: { status, frame_count: all, frames_done: done } }: { procedure: Listed }) {
  if (status !== "queued" && status !== "running") return <>{all}</>;
  return <progress max={all} value={done} aria-label={text.list.progress(done, all)} title={text.list.progress(done, all)} />;
}
