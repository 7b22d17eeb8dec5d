// Visits in order of their dates, with the placement beside them.

import type { Fetched } from "../parts/fetched";
import { Verdict } from "../parts/findings";
import { Failed, Loading } from "../parts/states";
import { text } from "../strings";
import type { Shown } from "../verdicts";
import type { AdverseEvent, FollowUpAnswer } from "./calls";

interface Props {
  readonly followUps: Fetched<FollowUpAnswer[]>;
  readonly performedOn: string | null;
  readonly verdict: Shown | null;
}

// Dates compare as far as both say them; one of the same day is after.
export function isBefore(date: string, performedOn: string): boolean {
  const length = Math.min(date.length, performedOn.length);
  return date.slice(0, length) < performedOn.slice(0, length);
}

export function Visits({ followUps: { value, error, loading, again }, performedOn, verdict }: Props) {
  const { visit } = text;
  const visits = [...(value ?? [])].sort((a, b) => a.follow_up.visited_on.localeCompare(b.follow_up.visited_on));
  return (
    <>
      <h2>{visit.list}</h2>
      <p id="placement" class="quiet">{visit.placement} {verdict ? <Verdict shown={verdict} /> : text.none}</p>
      {error ? <Failed error={error} again={again} /> : null}
      {loading ? <Loading /> : null}
      {value?.length === 0 ? <p class="quiet">{visit.none}</p> : null}
      {visits.length > 0 ? (
        <div class="scroll">
          <table class="visits">
            <thead><tr>{Object.entries(visit.columns).map(([column, name]) => <th key={column} scope="col">{name}</th>)}</tr></thead>
            <tbody>
              {visits.map(({ follow_up: said, position }) => (
                <tr key={position}>
                  <th scope="row">{said.visited_on}</th>
                  <td>{performedOn === null ? text.none : isBefore(said.visited_on, performedOn) ? visit.before : visit.after}</td>
                  <td class="number">{said.pain ?? text.none}</td>
                  <td class="number">{said.koos ?? text.none}</td>
                  <td class="number">{said.womac ?? text.none}</td>
                  <td class="wrapped">{happened(said.adverse_events ?? null)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
    </>
  );
}

function happened(events: readonly AdverseEvent[] | null): string {
  if (events === null) return text.visit.asked.not;
  if (events.length === 0) return text.visit.asked.none;
  return events.map(({ kind, severity }) => `${text.coded.adverse[kind]}, ${text.coded.severity[severity]}`).join("; ");
}
