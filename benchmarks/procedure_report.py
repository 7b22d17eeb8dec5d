"""Verdicts on whole phantom procedures whose outcome is known.

``python -m benchmarks.procedure_report --cines 200 --model models/suprapatellar --out FOLDER`` draws the cines, lets
the network read them, assesses each and writes ``procedures.jsonl`` (a line per cine), ``procedure_report.json`` and
``procedure_report.md``. Started again with the same folder it goes on where it was cut off; ``--keep FOLDER`` also
keeps what was seen of each cine, for this report and the tracking report. Without ``--model`` frames are read from
their truth with stated errors.

A miss is a tip outside the recess by the phantom's anatomy, whatever its script is called. Tips within 0.3 mm of the
wall are counted apart, for either verdict is right there; so are recesses thinner than the 2 mm that the rules ask.
Sensitivity and specificity are those of decided procedures, with what was not decided beside them.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
from rich.console import Console
from rich.progress import track as progress

from benchmarks.phantom_cines import Outcome, WatchedCine, kept
from benchmarks.phantom_observer import Errors
from imaging.onnx_model import load_model
from imaging.procedure import AssessmentRules, ProcedureAssessment, ProcedureVerdict, assess_procedure

GOALS = {"sensitivity": 0.9, "specificity": 0.97}
_FLAGGED = ("extra_articular", "partial")
_CLEARED = ("confirmed", "probable")


@dataclass(frozen=True)
class Line:
    """One cine: what was so, and what was said."""

    seed: int
    kind: str
    outcome: str
    tissue: str | None
    injected: bool
    verdict: str
    said_tissue: str | None
    injectate_seen: bool
    p_inside: float | None
    signed_distance_mm: float | None
    reasons: list[str]
    reader: str
    rules_sha256: str


def outcome_name(outcome: Outcome) -> str:
    """Class of a true outcome."""
    if not outcome.needle:
        return "no needle"
    if outcome.on_wall:
        return "on the wall"
    if outcome.inside:
        return "inside, thin" if outcome.thin else "inside"
    return "outside"


def line_of(cine: WatchedCine, said: ProcedureAssessment, reader: str) -> Line:
    """Truth and verdict of one cine."""
    outcome, stand = cine.outcome, said.stand
    return Line(
        seed=cine.seed,
        kind=cine.script.kind,
        outcome=outcome_name(outcome),
        tissue=outcome.tissue.name.lower() if outcome.tissue is not None else None,
        injected=outcome.injected,
        verdict=said.verdict.value,
        said_tissue=said.tissue.name.lower() if said.tissue is not None else None,
        injectate_seen=said.injectate.in_recess,
        p_inside=None if stand is None or stand.p_inside is None else round(stand.p_inside, 4),
        signed_distance_mm=None if stand is None or stand.signed_distance_mm is None else stand.signed_distance_mm,
        reasons=[reason.value for reason in said.reasons],
        reader=reader,
        rules_sha256=said.rules_sha256,
    )


def _share(part: int, whole: int) -> dict[str, float | int | None]:
    return {"share": part / whole if whole else None, "of": whole}


def summary(lines: Sequence[Line]) -> dict[str, object]:
    """Confusion table and shares."""
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for line in lines:
        table[line.outcome][line.verdict] += 1
    flagged = {outcome: sum(counts[verdict] for verdict in _FLAGGED) for outcome, counts in table.items()}
    cleared = {outcome: sum(counts[verdict] for verdict in _CLEARED) for outcome, counts in table.items()}
    outside, inside = sum(table["outside"].values()), sum(table["inside"].values())
    decided_out = flagged.get("outside", 0) + cleared.get("outside", 0)
    decided_in = flagged.get("inside", 0) + cleared.get("inside", 0)
    misses = [line for line in lines if line.outcome == "outside" and line.verdict in _FLAGGED]
    filled = [line for line in lines if line.outcome == "inside" and line.verdict in _CLEARED]
    return {
        "cines": len(lines),
        "confusion": {outcome: dict(sorted(counts.items())) for outcome, counts in sorted(table.items())},
        "sensitivity_decided": _share(flagged.get("outside", 0), decided_out),
        "specificity_decided": _share(cleared.get("inside", 0), decided_in),
        "sensitivity_all": _share(flagged.get("outside", 0), outside),
        "falsely_flagged_all": _share(flagged.get("inside", 0), inside),
        "abstained_outside": _share(outside - decided_out, outside),
        "abstained_inside": _share(inside - decided_in, inside),
        "right_tissue": _share(sum(line.said_tissue == line.tissue for line in misses), len(misses)),
        "injectate_seen_where_injected": _share(
            sum(line.injectate_seen for line in filled if line.injected), sum(line.injected for line in filled)
        ),
        "injectate_seen_where_none": _share(
            sum(line.injectate_seen for line in filled if not line.injected), sum(not line.injected for line in filled)
        ),
        "why_undecided": dict(
            Counter(line.reasons[0] for line in lines if line.verdict == "indeterminate" and line.reasons).most_common()
        ),
        "goals": GOALS,
    }


def markdown(figures: dict[str, object], reader: str) -> str:
    """The figures as a page."""
    table = figures["confusion"]
    verdicts = [verdict.value for verdict in ProcedureVerdict]
    rows = [f"| truth | {' | '.join(verdicts)} |", "|---" * (len(verdicts) + 1) + "|"]
    if isinstance(table, dict):
        rows += [
            f"| {name} | {' | '.join(str(counts.get(v, 0)) for v in verdicts)} |" for name, counts in table.items()
        ]
    shares = ["| figure | share | of |", "|---|---|---|"]
    for name, value in figures.items():
        if isinstance(value, dict) and "share" in value:
            share = "-" if value["share"] is None else f"{value['share']:.3f}"
            shares.append(f"| {name.replace('_', ' ')} | {share} | {value['of']} |")
    head = f"# Verdicts on {figures['cines']} phantom procedures\n\nRead by: {reader}.\n"
    return "\n".join([head, *rows, "", *shares, ""])


def main() -> None:
    """Run the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cines", type=int, default=200)
    parser.add_argument("--first-seed", type=int, default=50_000)
    parser.add_argument("--model", type=Path, help="folder of a network; without it frames are read from their truth")
    parser.add_argument("--keep", type=Path, help="folder in which what was seen of each cine is kept")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    network = load_model(asked.model) if asked.model else None
    reader = (
        f"{network.identity.name} {network.identity.version} ({network.identity.sha256[:12]})"
        if network
        else "truth with errors"
    )
    asked.out.mkdir(parents=True, exist_ok=True)
    journal = asked.out / "procedures.jsonl"
    done = {line.seed: line for line in _written(journal) if line.reader == reader}
    wanted = range(asked.first_seed, asked.first_seed + asked.cines)
    with journal.open("a") as file:
        for seed in progress([s for s in wanted if s not in done], "cines", console=Console(file=sys.stderr)):
            cine = kept(seed, network, Errors(), asked.keep)
            done[seed] = line_of(cine, assess_procedure(cine.observations), reader)
            file.write(json.dumps(asdict(done[seed])) + "\n")
            file.flush()
    figures = summary([done[seed] for seed in wanted])
    (asked.out / "procedure_report.json").write_text(json.dumps({"reader": reader, **figures}, indent=1) + "\n")
    (asked.out / "procedure_report.md").write_text(markdown(figures, reader))
    Console().print(markdown(figures, reader))


def _written(journal: Path) -> list[Line]:
    """Lines of an earlier run under the same rules."""
    lines = [Line(**json.loads(text)) for text in journal.read_text().splitlines()] if journal.exists() else []
    return [line for line in lines if line.rules_sha256 == AssessmentRules().sha256]


if __name__ == "__main__":
    main()
