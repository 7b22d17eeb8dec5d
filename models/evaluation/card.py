"""``MODEL_CARD.md`` with its pictures: ``python -m models.evaluation.card --keep DIR --shared FOLDER``.

One command: scores what is not yet scored (lines of JSON are kept in ``--keep``, so it may be stopped and resumed),
then writes the card beside the graph.
"""

import argparse
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
from rich.console import Console

from imaging.onnx_model import load_model
from imaging.rules import ScoringRules
from models.evaluation.evaluation import Evaluation, evaluate_labelled, evaluate_set
from models.evaluation.markdown import figures_table, strata_tables, worst_table
from models.evaluation.pictures import save_picture, worst_frames
from models.evaluation.plots import reliability_diagram, save_svg
from models.evaluation.rejection import Rejection, kinds, rejection
from models.evaluation.rejection import markdown as rejection_table
from models.evaluation.running import Contender, contenders
from models.evaluation.test_sets import held_out_set
from models.evaluation.trained_on import keys_trained_on

_TEMPLATE = Path(__file__).with_name("card.md")
_MODEL = Path(__file__).resolve().parents[1] / "suprapatellar"
_FAILURES, _COLUMNS, _DOTS_PER_INCH = 12, 4, 90
"""Twelve frames at this resolution are about 100 kB."""


@dataclass(frozen=True)
class Measured:
    """All that the card reports of one model."""

    wider: Evaluation
    same: Evaluation
    real: Evaluation | None
    rejections: tuple[Rejection, ...]


def measure(model: Contender, keep: Path, shared: Path | None, workers: int, sets: Sequence[str]) -> Measured:
    """Score both sets, the real frames and the strangers."""
    console = Console(stderr=True)

    def told(done: int, of: int) -> None:
        console.print(f"{done} of {of}", end="\r", highlight=False)

    wider, same = (evaluate_set(held_out_set(name), [model], keep, workers, told) for name in sets)
    real = None if shared is None else evaluate_labelled(shared / "labelled", [model])
    segmenter, pictures = load_model(model.folder), kinds(shared, keys_trained_on(model.folder))
    return Measured(wider, same, real, tuple(rejection(kind, frames, segmenter) for kind, frames in pictures))


def card(measured: Measured, training: dict[str, object] | None) -> str:
    """Text of the card.

    Raises
    ------
    ValueError
        If the template asks for something that is not measured.
    """
    identity = measured.wider.models[0].identity
    said = {
        "name": identity.name,
        "version": identity.version,
        "sha256": identity.sha256,
        "precision": identity.precision,
        "rules": ScoringRules().sha256[:12],
        "training": _training(training),
        "wider_frames": str(measured.wider.cases),
        "wider": _lines(figures_table(measured.wider)),
        "same_frames": str(measured.same.cases),
        "same": _lines(figures_table(measured.same)),
        "strata": _lines(strata_tables(measured.wider.tables(), deeper=1)),
        "real_frames": "No" if measured.real is None else str(measured.real.cases),
        "real": "" if measured.real is None else _lines(figures_table(measured.real)),
        "rejection": _lines(rejection_table(measured.rejections)),
        "worst": _lines(worst_table(measured.wider, 0)),
    }
    return _filled(_TEMPLATE.read_text(encoding="utf-8"), said)


def _filled(template: str, said: dict[str, str]) -> str:
    missing = set(re.findall(r"\{\{(\w+)\}\}", template)) - set(said)
    if missing:
        msg = f"the card's template asks for {sorted(missing)}: expected some of {sorted(said)}"
        raise ValueError(msg)
    return re.sub(r"\{\{(\w+)\}\}", lambda found: said[found.group(1)], template)


def _training(said: dict[str, object] | None) -> str:
    if not said:
        return "Its manifest does not say how it was trained."
    told = {key: len(value) if isinstance(value, list) else value for key, value in said.items()}
    return "Trained as its manifest says: " + ", ".join(f"{key} {value}" for key, value in told.items()) + "."


def _lines(lines: Sequence[str]) -> str:
    return "\n".join(lines)


def write(measured: Measured, folder: Path) -> None:
    """Write card, reliability diagram and failures into a model folder."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (folder / "MODEL_CARD.md").write_text(card(measured, manifest.get("training")), encoding="utf-8")
    save_svg(reliability_diagram(measured.wider), folder / "reliability.svg")
    save_picture(worst_frames(measured.wider, 0, _FAILURES, _COLUMNS), folder / "failures.jpg", _DOTS_PER_INCH)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Measure a model and write its card.")
    parser.add_argument("--model", type=Path, default=_MODEL, help="folder of the model; the card is written into it")
    parser.add_argument("--keep", type=Path, required=True, help="folder for scores; the same one goes on with them")
    parser.add_argument("--shared", type=Path, help="folder of real frames, with unlabelled/ and labelled/")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--sets", nargs=2, default=("phantom:wider", "phantom:same"), metavar=("WIDER", "SAME"))
    options = parser.parse_args()
    cv2.setNumThreads(1)
    (model,) = contenders([options.model])
    write(measure(model, options.keep, options.shared, options.workers, options.sets), options.model)


if __name__ == "__main__":
    main()
