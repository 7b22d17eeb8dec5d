// Procedures to look at first: judged outside, then undecided.

import { probability, unit } from "../numbers";
import { Verdict } from "../parts/findings";
import { text } from "../strings";
import { procedureVerdict } from "../verdicts";
import type { Figures } from "./calls";
import { archiveAddress } from "./choice";

export function LookedAtList({ figures, chosen, tissue }: { figures: Figures; chosen: URLSearchParams; tissue: string }) {
  const { archive } = text;
  const rows = figures.looked_at.filter((row) => tissue === "" || row.tissue === tissue);
  return (
    <section class="panel" id="looked-at" aria-labelledby="looked-at-title" tabIndex={-1}>
      <h3 id="looked-at-title">{archive.lookedAt.title} <small>{tissue === "" ? "" : text.tissue[tissue] ?? tissue}</small></h3>
      {tissue === "" ? null : <p><a href={`${archiveAddress(chosen)}#looked-at`}>{archive.lookedAt.all}</a></p>}
      {rows.length === 0 ? <p class="quiet">{archive.lookedAt.none}</p> : (
        <div class="scroll">
          <table>
            <thead><tr>{archive.lookedAt.columns.map((name) => <th key={name} scope="col">{name}</th>)}</tr></thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.id}>
                  <td><a href={row.page ?? `/procedures/${row.id}`}><Verdict shown={procedureVerdict(row.verdict, row.tissue)} /></a></td>
                  <td>{row.date ?? text.none}</td>
                  <td class="number">{unit(row.signed_distance_mm, "mm")}</td>
                  <td class="number">{probability(row.p_inside)}</td>
                  <td>{row.reason === null ? "" : (text.reason as Readonly<Record<string, string>>)[row.reason] ?? row.reason}</td>
                  <td>{row.operator ?? ""}</td>
                  <td>{row.site ?? ""}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {figures.not_listed > 0 ? <p class="quiet">{archive.lookedAt.more(figures.not_listed)}</p> : null}
    </section>
  );
}
