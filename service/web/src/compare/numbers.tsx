// Numbers of the two frames that are shown, and how far they lie apart.

import type { Answer } from "../api/client";
import { probability, unit } from "../numbers";
import { text } from "../strings";
import { difference, type Row } from "./link";

interface Props {
  readonly a: Answer;
  readonly b: Answer;
  readonly names: readonly [string, string];
}

export function Numbers({ a, b, names }: Props) {
  const words = text.compare;
  return (
    <table class="numbers" id="compared-numbers">
      <caption>{words.numbers}</caption>
      <thead><tr><td /><th scope="col">{names[0]}</th><th scope="col">{names[1]}</th><th scope="col">{words.difference}</th></tr></thead>
      <tbody>
        {rowsOf(a, b).map((row) => (
          <tr key={row.name}>
            <th scope="row">{row.name}</th>
            <td class="number">{written(row, row.a)}</td>
            <td class="number">{written(row, row.b)}</td>
            <td class="number">{difference(row) ?? text.none}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function written(row: Row, value: number | null): string {
  return row.write ? row.write(value) : unit(value, row.unit, row.digits);
}

// A distance from a tip that is not seen is not held beside one that is.
function rowsOf(a: Answer, b: Answer): readonly Row[] {
  const { rows } = text.compare;
  const seen = ({ needle, placement }: Answer) => (needle.tip_visible ? placement.signed_distance_mm : null);
  return [
    { name: rows.p, a: a.placement.p_inside, b: b.placement.p_inside, unit: "", digits: 2, write: probability },
    { name: rows.distance, a: seen(a), b: seen(b), unit: "mm", digits: 1 },
    { name: rows.thickness, a: a.recess.thickness_mm, b: b.recess.thickness_mm, unit: "mm", digits: 1 },
    { name: rows.area, a: a.recess.area_mm2, b: b.recess.area_mm2, unit: "mm²", digits: 0 },
    { name: rows.angle, a: a.needle.angle_deg, b: b.needle.angle_deg, unit: "°", digits: 0 },
  ];
}
