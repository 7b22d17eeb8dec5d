"""Cases from a labelled folder and from the phantom."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from imaging.errors import BadInput
from imaging.frame import Frame
from imaging.geometry import BoxPx, PixelSpacing, PointPx, SegmentPx, SpacingSource
from imaging.segmentation import Tissue
from models.evaluation.case import Case, KnownNeedle
from models.evaluation.truth import beneath_needle
from models.phantom import GridSpec, PhantomFrame, Physics, make_frame

RECESS, NEEDLE, NOT_JUDGED = 1, 2, 255
"""Values of a labelled folder's ``<name>.labels.png``."""
_EXPORTED = re.compile(r"([0-9a-f]{32})\.\d{4,}\.")
"""How names begin that `sonoplace export-labels` gives: procedure and frame."""


def folder_cases(folder: Path) -> Iterator[Case]:
    """Cases of a folder and the folders in it, by name; the format is that of design.md §8.

    Raises
    ------
    BadInput
        If a picture, its json and its labels do not belong together.
    """
    for path in sorted(folder.rglob("*.json")):
        picture, labels = path.with_suffix(".png"), path.with_name(f"{path.stem}.labels.png")
        if picture.exists() and labels.exists():
            yield _folder_case(path.stem, json.loads(path.read_text()), _grey(picture), _grey(labels))


def _grey(path: Path) -> npt.NDArray[np.uint8]:
    pixels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        msg = f"{path.name} is not a picture"
        raise BadInput(msg)
    return np.asarray(pixels, dtype=np.uint8)


def _folder_case(name: str, said: dict[str, Any], pixels: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8]) -> Case:
    if pixels.shape != labels.shape:
        msg = f"{name}: picture {pixels.shape} and labels {labels.shape} differ in size"
        raise BadInput(msg)
    row_mm, column_mm = said["spacing_mm"]
    spacing = PixelSpacing(float(row_mm), float(column_mm), SpacingSource.CALLER)
    frame = Frame(pixels, spacing, BoxPx(*(int(edge) for edge in said["bmode_xyxy"])))
    known = said["recess"] != "unlabelled"
    beneath, exported = beneath_needle(labels, NEEDLE), _EXPORTED.match(name)
    return Case(
        name=name,
        frame=frame,
        recess=beneath == RECESS if known else None,
        judged=beneath != NOT_JUDGED,
        needle=None if said["needle"] is None else _folder_needle(said["needle"], spacing),
        suprapatellar=True if known else None,
        procedure=None if exported is None else exported[1],
    )


def _folder_needle(said: dict[str, Any], spacing: PixelSpacing) -> KnownNeedle:
    start, end = (PointPx(float(x), float(y)) for x, y in said["shaft_xy"])
    tip = said.get("tip_xy")
    return KnownNeedle(
        tip=None if tip is None else PointPx(float(tip[0]), float(tip[1])),
        shaft=SegmentPx(start, end),
        visible_length_mm=spacing.distance_mm(start, end),
    )


def phantom_cases(seeds: Iterable[int], physics: Physics, grid: GridSpec | None = None) -> Iterator[Case]:
    """One case per seed."""
    for seed in seeds:
        yield phantom_case(make_frame(seed, physics, grid or GridSpec(256, 256, 0.2)))


def phantom_case(phantom: PhantomFrame) -> Case:
    """Phantom frame as a case; recess that the picture does not show is not judged, nor a tip in it."""
    recess = (phantom.anatomy == Tissue.RECESS) & ~phantom.hidden
    return Case(
        name=f"phantom-{phantom.seed}",
        frame=Frame(phantom.pixels, phantom.spacing, phantom.picture),
        recess=recess if recess.any() or not phantom.hidden.any() else None,
        judged=~phantom.hidden,
        needle=_phantom_needle(phantom),
        suprapatellar=phantom.view != "other",
    )


def _phantom_needle(phantom: PhantomFrame) -> KnownNeedle | None:
    needle = phantom.needle
    if needle is None:
        return None
    seen = needle.tip_visible and phantom.tissue_at_tip is not None
    return KnownNeedle(
        tip=needle.tip if seen else None,
        shaft=needle.shaft,
        visible_length_mm=needle.visible_length_mm,
        tissue_at_tip=phantom.tissue_at_tip if seen and not phantom.tip_in_hidden_recess else None,
    )
