"""What is not a suprapatellar view must be recognised: ``python -m models.evaluation.rejection --json FILE``.

Each kind of picture is put through the whole path. It is rejected where the answer says ``WRONG_VIEW`` or
``POOR_IMAGE``; a needle or a recess with a verdict on it is what must not be.
"""

import argparse
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from imaging.analysis import Analysis, analyse
from imaging.frame import Frame
from imaging.onnx_model import load_model
from imaging.placement import Verdict
from imaging.reasons import Reason
from imaging.segmentation import Segmenter
from models.evaluation import strangers
from models.evaluation.intervals import mean, of_share
from models.evaluation.markdown import table
from models.evaluation.test_sets import held_out_set
from models.evaluation.trained_on import Keys, keys_trained_on, unseen_cases

LARGE_RECESS_MM2 = 30.0
_KNEE = "suprapatellar views, to be let through: "
_MODEL = Path(__file__).resolve().parents[1] / "suprapatellar"


@dataclass(frozen=True, slots=True)
class Rejection:
    """Counts over the pictures of one kind.

    Parameters
    ----------
    rejected, poor_image, wrong_view
        With either reason, and with each.
    needle, needle_let_through
        With a needle, and with one though not rejected.
    recess_with_verdict
        With more than 30 mm² of recess and a verdict.
    """

    kind: str
    n: int
    rejected: int
    poor_image: int
    wrong_view: int
    needle: int
    needle_let_through: int
    recess_with_verdict: int

    @property
    def interval(self) -> tuple[float, float]:
        """Of the share that is rejected, at 95 %."""
        found = of_share(np.repeat([1.0, 0.0], [self.rejected, self.n - self.rejected])[:, None], mean)
        return found.low, found.high


def rejection(kind: str, frames: Iterable[Frame], segmenter: Segmenter) -> Rejection:
    """Ask about every frame of a kind and count."""
    answers = [analyse(frame, segmenter) for frame in frames]
    poor, wrong = (
        [reason in answer.placement.reasons for answer in answers] for reason in (Reason.POOR_IMAGE, Reason.WRONG_VIEW)
    )
    rejected = [one or other for one, other in zip(poor, wrong, strict=True)]
    needle = [answer.needle.shaft is not None for answer in answers]
    through = [found and not stopped for found, stopped in zip(needle, rejected, strict=True)]
    recess = [_recess_with_verdict(answer) for answer in answers]
    return Rejection(kind, len(answers), *(sum(each) for each in (rejected, poor, wrong, needle, through, recess)))


def _recess_with_verdict(answer: Analysis) -> bool:
    large = (answer.recess.area_mm2 or 0.0) > LARGE_RECESS_MM2
    return large and answer.placement.verdict is not Verdict.NOT_ASSESSED


def kinds(shared: Path | None, seen: Keys = frozenset()) -> Iterator[tuple[str, Iterable[Frame]]]:
    """Every kind that can be had here, by name.

    Parameters
    ----------
    shared
        The folder of real frames beside the checkout.
    seen
        Keys of the labelled frames that the network was trained on.
    """
    yield from strangers.drawn()
    yield from _phantom()
    pictures = strangers.package_folder("skimage", "data")
    if pictures is not None:
        yield "photographs (scikit-image)", strangers.photographs(pictures)
    clinical = strangers.package_folder("deid_data", "data", "ultrasounds")
    if clinical is not None:
        yield from strangers.air_recordings(clinical)
    if shared is not None and shared.is_dir():
        yield (
            "real muscle, nerve, bone: never trained on",
            strangers.other_anatomy(shared / "unlabelled", held_out=True),
        )
        yield "real muscle, nerve, bone: trained on", strangers.other_anatomy(shared / "unlabelled", held_out=False)
        yield f"{_KNEE}real knees", (case.frame for case in unseen_cases(shared / "labelled" / "knee", seen)[0])


def _phantom() -> Iterator[tuple[str, Iterable[Frame]]]:
    """The set that may be looked at: its other views, and its knees, which must not be rejected."""
    tried = held_out_set("phantom:try")
    cases = [tried.case(seed) for seed in tried.seeds]
    yield "phantom, other views", (case.frame for case in cases if not case.suprapatellar)
    yield f"{_KNEE}phantom", (case.frame for case in cases if case.suprapatellar)


def markdown(rows: Iterable[Rejection]) -> list[str]:
    """Table of rejection rates."""
    head = [
        "pictures",
        "n",
        "rejected",
        "POOR_IMAGE",
        "WRONG_VIEW",
        "needle",
        "needle, let through",
        "recess with verdict",
    ]
    return table(head, [_cells(row) for row in rows])


def _cells(row: Rejection) -> list[str]:
    low, high = row.interval if row.n else (math.nan, math.nan)
    share = f"{100 * row.rejected / max(row.n, 1):.1f} % ({100 * low:.1f} to {100 * high:.1f})"
    counts = (row.poor_image, row.wrong_view, row.needle, row.needle_let_through, row.recess_with_verdict)
    return [row.kind, str(row.n), share, *map(str, counts)]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Rejection rates on what is not a suprapatellar view.")
    parser.add_argument("--model", type=Path, default=_MODEL)
    parser.add_argument("--shared", type=Path, help="folder of real frames, with unlabelled/ and labelled/")
    parser.add_argument("--json", type=Path, required=True)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    segmenter = load_model(options.model)
    pictures = kinds(options.shared, keys_trained_on(options.model))
    rows = [rejection(kind, frames, segmenter) for kind, frames in pictures]
    said = {"model": asdict(segmenter.identity), "kinds": [asdict(row) for row in rows]}
    options.json.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    options.json.with_suffix(".md").write_text("\n".join(markdown(rows)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
