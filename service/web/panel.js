// What is said beside the picture: verdicts, the distance in large figures, reasons, numbers and identity.

import { FRAME, PROCEDURE, element, showVerdict, tissue } from "./verdicts.js";

const at = (id) => document.getElementById(id);
const SOURCES = {
  "dicom-region": "DICOM ultrasound region",
  "dicom-pixel-spacing": "DICOM pixel spacing",
  caller: "given by the caller",
  ruler: "ruler in the picture",
};

function unit(value, name, digits = 1) {
  return value === null ? "–" : `${value.toFixed(digits)} ${name}`;
}

function fill(list, rows) {
  list.replaceChildren(...rows.flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
}

export function showProcedure(procedure) {
  const { summary } = procedure;
  const note = at("procedure-note");
  if (!summary) {
    showVerdict(at("procedure-verdict"), { mark: "…", kind: "not_assessed", words: "Being analysed" });
    note.textContent = `${procedure.frames_done} of ${procedure.frame_count} frames`;
    if (procedure.status === "failed") {
      showVerdict(at("procedure-verdict"), { mark: "▬", kind: "not_assessed", words: "Could not be analysed" });
      note.textContent = procedure.failure;
    }
    return;
  }
  showVerdict(at("procedure-verdict"), PROCEDURE[summary.verdict], tissue(summary.tissue_at_tip));
  const seen = summary.tip_visible_share;
  const needle = `Needle in ${summary.needle_frames} of ${procedure.frame_count} frames`;
  const tip = seen === null ? "" : `, tip visible in ${Math.round(100 * seen)} % of them`;
  const why = summary.explanation ? ` ${summary.explanation}` : "";
  note.textContent = `${needle}${tip}.${why}`;
}

export function showAnswer(answer) {
  const { placement } = answer;
  const where = placement.verdict === "outside" ? tissue(placement.tissue_at_tip) : null;
  showVerdict(at("frame-verdict"), FRAME[placement.verdict], where);
  showDistance(placement, answer.needle);
  showScore(placement);
  at("reasons").replaceChildren(...placement.explanations.map((sentence) => element("li", sentence)));
  fill(at("numbers"), numbers(answer));
  fill(at("identity"), identity(answer.identity));
}

function showDistance({ signed_distance_mm: distance }, needle) {
  const target = at("distance");
  if (distance === null || !needle.tip_visible) {
    // A large figure for a tip that is not seen would be believed.
    target.replaceChildren(element("span", needle.shaft_px && !needle.tip_visible ? "tip not seen" : "no distance"));
    return;
  }
  const side = distance >= 0 ? "inside, to the nearest wall" : "outside, to the nearest wall";
  target.replaceChildren(element("b", Math.abs(distance).toFixed(1)), element("span", `mm ${side}`));
}

function showScore({ score, p_inside: p }) {
  const row = at("score");
  row.hidden = score === null;
  if (score === null) return;
  row.querySelector("i").style.width = `${score}%`;
  row.querySelector("span").textContent = `probability inside ${p.toFixed(2)}`;
}

function numbers({ recess, needle, placement, calibration, view }) {
  const spacing = calibration.spacing_mm;
  const size = spacing ? `${spacing[0].toFixed(4)} × ${spacing[1].toFixed(4)} mm` : "unknown";
  return [
    ["Recess thickness", unit(recess.thickness_mm, "mm")],
    ["Recess length", unit(recess.length_mm, "mm")],
    ["Recess area", unit(recess.area_mm2, "mm²")],
    ["Depth of its roof", unit(recess.roof_depth_mm, "mm")],
    ["Needle angle", unit(needle.angle_deg, "°", 0)],
    ["Needle seen", unit(needle.visible_length_mm, "mm")],
    ["Tip uncertainty", needle.tip_sigma_mm === null ? "–" : `± ${needle.tip_sigma_mm.toFixed(1)} mm`],
    ["Recess ahead after", unit(placement.path.meets_recess_mm, "mm")],
    ["Bone ahead after", unit(placement.path.meets_bone_mm, "mm")],
    ["View score", view.suprapatellar.toFixed(2)],
    ["Pixel size", size],
    ["Calibration", SOURCES[calibration.source] ?? "none"],
  ];
}

function identity(judge) {
  return [
    ["Model", `${judge.model} ${judge.model_version}`],
    ["Model hash", judge.model_sha256.slice(0, 12)],
    ["Rules hash", judge.rules_sha256.slice(0, 12)],
    ["Run as", `${judge.precision}, ${judge.provider}`],
    ["Code", judge.code_version],
  ];
}
