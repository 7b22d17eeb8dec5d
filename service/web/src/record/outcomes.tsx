// Placement beside outcome over all procedures, under the sentence that must stand with it.

import { useFetched } from "../parts/fetched";
import { Verdict } from "../parts/findings";
import { Failed, Loading } from "../parts/states";
import { text } from "../strings";
import { procedureVerdict } from "../verdicts";
import { getOutcomes, type OutcomeTable } from "./calls";
import type { ProcedureVerdict } from "../api/client";

export function Outcomes({ asked }: { asked: number }) {
  const { value, error, loading, again } = useFetched(`outcomes ${asked}`, getOutcomes);
  return (
    <>
      <h3>{text.outcomes.title}</h3>
      {error ? <Failed error={error} again={again} /> : null}
      {loading ? <Loading /> : null}
      {value ? <Table table={value} /> : null}
    </>
  );
}

const number = (value: number | null) => (value === null ? text.none : value.toFixed(1).replace("-", "−"));

function Table({ table: { caution, rows } }: { table: OutcomeTable }) {
  const { columns } = text.outcomes;
  const undated = rows.reduce((sum, row) => sum + row.undated, 0);
  return (
    <>
      <p class="note caution" id="caution">{caution}</p>
      <div class="scroll">
        <table class="visits" aria-describedby="caution">
          <thead><tr>{Object.entries(columns).map(([column, name]) => <th key={column} scope="col">{name}</th>)}</tr></thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.verdict}>
                <th scope="row"><Verdict shown={procedureVerdict(row.verdict as ProcedureVerdict, null)} /></th>
                <td class="number">{text.outcomes.followed(row.followed_up, row.procedures)}</td>
                <td class="number">{number(row.pain_before_mean)}</td>
                <td class="number">{number(row.pain_after_mean)}</td>
                <td class="number">{row.pain_pairs > 0 ? text.outcomes.change(number(row.pain_change_mean), row.pain_pairs) : text.none}</td>
                <td class="wrapped">{Object.entries(row.adverse_events).map(([kind, count]) => `${(text.coded.adverse as Readonly<Record<string, string>>)[kind] ?? kind} ${count}`).join(", ") || text.none}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {undated > 0 ? <p class="quiet" id="undated">{text.outcomes.undated(undated)}</p> : null}
    </>
  );
}
