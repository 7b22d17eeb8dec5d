"""One frame as a reader sees it: what the reader corrected and, where the reader stands by it, what was answered."""

import math
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from service.wire import Correction

Point = tuple[float, float]
By = Literal["reader", "answer"]
FIXED_BITS = 4
"""Corners are drawn to a sixteenth of a pixel."""


@dataclass(frozen=True, slots=True)
class FrameAsRead:
    """Needle and recess on one frame, and who says so: the reader, the answer that a reader stands by, or nobody.

    Parameters
    ----------
    shaft, tip
        None where there is no needle, or where its tip is not seen.
    recess
        Outlines; none where there is no recess.
    """

    width: int
    height: int
    spacing_mm: tuple[float, float] | None
    shaft: tuple[Point, Point] | None
    tip: Point | None
    needle_by: By | None
    recess: tuple[tuple[Point, ...], ...]
    recess_by: By | None

    def filled(self) -> npt.NDArray[np.uint8]:
        """Recess as 1 on 0, ``[row, column]``."""
        mask = np.zeros((self.height, self.width), np.uint8)
        if self.recess:
            corners = [fixed(outline) for outline in self.recess]
            cv2.fillPoly(mask, corners, 1, lineType=cv2.LINE_8, shift=FIXED_BITS)
        return mask


def fixed(points: object) -> npt.NDArray[np.int32]:
    """Points as OpenCV draws them to a fraction of a pixel."""
    whole: npt.NDArray[np.int32] = np.rint(np.asarray(points, dtype=np.float64) * 2**FIXED_BITS).astype(np.int32)
    return whole


def frame_as_read(answer: dict[str, Any], correction: Correction | None, *, stands_by: bool) -> FrameAsRead:
    """Frame with a reader's correction, which wins over the answer.

    Parameters
    ----------
    answer
        Stored answer to the frame, as plain values.
    stands_by
        Whether the reader stands by the answer in what is not corrected.
    """
    confirmed = stands_by or (correction is not None and correction.rest_confirmed)
    shaft, tip, needle_by = _needle(answer["needle"], correction, confirmed=confirmed)
    recess, recess_by = _recess(answer["recess"]["polygons_px"], correction, confirmed=confirmed)
    spacing = answer["calibration"]["spacing_mm"]
    return FrameAsRead(
        width=answer["frame"]["width"],
        height=answer["frame"]["height"],
        spacing_mm=(spacing[0], spacing[1]) if spacing else None,
        shaft=shaft,
        tip=tip,
        needle_by=needle_by,
        recess=recess,
        recess_by=recess_by,
    )


def _needle(
    said: dict[str, Any], correction: Correction | None, *, confirmed: bool
) -> tuple[tuple[Point, Point] | None, Point | None, By | None]:
    answered = None if said["shaft_px"] is None else (_point(said["shaft_px"][0]), _point(said["shaft_px"][1]))
    if correction is not None and correction.needle_said:
        shaft = correction.shaft_px or (answered and correction.tip_px and _moved(answered, correction.tip_px))
        return shaft or None, correction.tip_px, "reader"
    if not confirmed:
        return None, None, None
    seen = answered is not None and said["tip_visible"] and said["tip_px"] is not None
    return answered, _point(said["tip_px"]) if seen else None, "answer"


def _recess(
    answered: list[list[list[float]]], correction: Correction | None, *, confirmed: bool
) -> tuple[tuple[tuple[Point, ...], ...], By | None]:
    if correction is not None and correction.recess_px is not None:
        return tuple(tuple(outline) for outline in correction.recess_px), "reader"
    if not confirmed:
        return (), None
    return tuple(tuple(_point(corner) for corner in outline) for outline in answered), "answer"


def _moved(shaft: tuple[Point, Point], tip: Point) -> tuple[Point, Point]:
    """Shaft from where it comes in, the end further from the tip, to the tip."""
    return max(shaft, key=lambda end: math.dist(end, tip)), tip


def _point(place: list[float]) -> Point:
    return place[0], place[1]
