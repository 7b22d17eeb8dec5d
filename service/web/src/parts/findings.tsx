// What is said of one frame: verdict in words, shape and colour, distance in large figures, probability and its bands.

import type { ComponentChildren } from "preact";
import type { Answer } from "../api/client";
import { probability, unit } from "../numbers";
import { text } from "../strings";
import { MARKS, type Shown } from "../verdicts";
import type { Bands } from "./bands";

export function Verdict({ shown, large = false }: { shown: Shown; large?: boolean }) {
  return (
    <span class={large ? "verdict large" : "verdict"} data-kind={shown.kind}>
      <span class="mark" aria-hidden="true">{MARKS[shown.kind]}</span>
      <strong>{shown.words}</strong>
    </span>
  );
}

interface Said {
  readonly placement: Answer["placement"] | null;
  readonly needle: Answer["needle"] | null;
}

// A large figure for a tip that is not seen would be believed.
export function Distance({ placement, needle }: Said) {
  const distance = needle?.tip_visible ? (placement?.signed_distance_mm ?? null) : null;
  if (distance === null) {
    const unseen = needle !== null && needle.shaft_px !== null && !needle.tip_visible;
    return <p class="distance none"><b aria-hidden="true">–</b><span>{unseen ? text.distance.tipNotSeen : text.distance.none}</span></p>;
  }
  return (
    <p class="distance">
      <b>{Math.abs(distance).toFixed(1)}</b>
      <span>{distance >= 0 ? text.distance.inside : text.distance.outside}</span>
    </p>
  );
}

export function Probability({ p, bands }: { p: number | null; bands: Bands | null }) {
  const share = (value: number) => `${(100 * value).toFixed(1)}%`;
  return (
    <div class="probability">
      <div
        class="bar" role="meter" aria-label={text.probability.label} aria-valuemin={0} aria-valuemax={1}
        aria-valuenow={p ?? 0} aria-valuetext={p === null ? text.probability.withheld : probability(p)}
      >
        {bands === null ? null : (
          <>
            <i class="band outside" style={{ width: share(bands.outside) }} />
            <i class="band inside" style={{ left: share(bands.inside), width: share(1 - bands.inside) }} />
          </>
        )}
        {p === null ? null : <i class="at" style={{ left: share(p) }} />}
      </div>
      <div class="bands" aria-hidden="true">
        <span>{text.probability.bands.outside}</span>
        <span>{p === null ? text.probability.withheld : text.probability.said(probability(p))}</span>
        <span>{text.probability.bands.inside}</span>
      </div>
    </div>
  );
}

export function Reasons({ sentences }: { sentences: readonly string[] }) {
  return <ul class="reasons">{sentences.map((sentence) => <li key={sentence}>{sentence}</li>)}</ul>;
}

export type Rows = readonly (readonly [name: string, value: ComponentChildren])[];

export function Facts({ rows, label, id }: { rows: Rows; label: string; id?: string }) {
  return (
    <dl aria-label={label} {...(id ? { id } : {})}>
      {rows.map(([name, value]) => [<dt key={name}>{name}</dt>, <dd key={`${name}=`}>{value}</dd>])}
    </dl>
  );
}

export function numbersOf({ recess, needle, placement, calibration, view }: Answer): Rows {
  const { fields } = text;
  const size = calibration.spacing_mm?.map((side) => side.toFixed(4)).join(" × ");
  return [
    [fields.thickness, unit(recess.thickness_mm, "mm")],
    [fields.length, unit(recess.length_mm, "mm")],
    [fields.area, unit(recess.area_mm2, "mm²")],
    [fields.roof, unit(recess.roof_depth_mm, "mm")],
    [fields.angle, unit(needle.angle_deg, "°", 0)],
    [fields.visible, unit(needle.visible_length_mm, "mm")],
    [fields.sigma, needle.tip_sigma_mm === null ? text.none : `± ${unit(needle.tip_sigma_mm, "mm")}`],
    [fields.recessAhead, unit(placement.path.meets_recess_mm, "mm")],
    [fields.boneAhead, unit(placement.path.meets_bone_mm, "mm")],
    [fields.view, unit(view.suprapatellar, "", 2)],
    [fields.quality, unit(view.quality, "", 2)],
    [fields.pixel, size === undefined ? text.unknown : `${size} mm`],
    [fields.calibration, calibration.source === null ? text.none : (text.source[calibration.source] ?? calibration.source)],
  ];
}
