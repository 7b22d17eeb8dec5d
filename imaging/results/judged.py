"""One judged frame as results need it: the answer, and its tissues as bits on the image's own grid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from imaging.analysis import Analysis
from imaging.geometry import PixelSpacing
from imaging.measurement import Needle, Recess
from imaging.overlay import Drawing, draw
from imaging.placement import Placement
from imaging.raster import resample_labels
from imaging.rules import ScoringRules
from imaging.segmentation import Tissue, ViewScores

SEGMENTS = (Tissue.RECESS, Tissue.NEEDLE)
"""What is segmented unless more is asked for."""
Mask = npt.NDArray[np.bool_]
"""Whether a pixel belongs to a tissue, ``[row, column]`` on the image's grid."""

_BITS = 4
"""Fractional bits of the positions handed to OpenCV."""


@dataclass(frozen=True, eq=False)
class JudgedFrame:
    """Answer to a frame without the network's maps: some 80 kB where an `Analysis` holds 900.

    Parameters
    ----------
    index, width, height, spacing, view, recess, needle, placement
        As in the `Analysis`.
    drawing
        The overlay.
    bits
        Per tissue, whether each pixel belongs to it: row by row, eight to a byte, the first in the lowest bit.
    """

    index: int
    width: int
    height: int
    spacing: PixelSpacing | None
    view: ViewScores
    recess: Recess
    needle: Needle
    placement: Placement
    drawing: Drawing
    bits: Mapping[Tissue, bytes]

    @classmethod
    def of(
        cls, analysis: Analysis, segments: Sequence[Tissue] = SEGMENTS, rules: ScoringRules | None = None
    ) -> "JudgedFrame":
        """What results need of an answer, with the masks of these tissues."""
        rules = rules or ScoringRules()
        return cls(
            index=analysis.frame_index,
            width=analysis.width,
            height=analysis.height,
            spacing=analysis.spacing,
            view=analysis.view,
            recess=analysis.recess,
            needle=analysis.needle,
            placement=analysis.placement,
            drawing=draw(analysis, rules=rules),
            bits={tissue: _packed(mask_of(analysis, tissue, rules)) for tissue in segments},
        )

    def mask(self, tissue: Tissue) -> Mask:
        """Whether each pixel belongs to a tissue."""
        flat = np.frombuffer(self.bits[tissue], np.uint8)
        bits = np.unpackbits(flat, count=self.width * self.height, bitorder="little")
        return bits.reshape(self.height, self.width).astype(bool)


def mask_of(analysis: Analysis, tissue: Tissue, rules: ScoringRules) -> Mask:
    """Mask of a tissue; the recess's is the inside of the outlines that were measured, the needle looked through."""
    maps = analysis.segmentation
    if tissue is Tissue.RECESS:
        likely = _on_image((maps.recess >= rules.recess_level).astype(np.uint8), analysis)
        inside: Mask = _inside(analysis) & (likely != 0)
        return inside
    mask: Mask = _on_image(maps.labels, analysis) == tissue
    return mask & (analysis.needle.shaft is not None) if tissue is Tissue.NEEDLE else mask


def _on_image(labels: npt.NDArray[np.uint8], analysis: Analysis) -> npt.NDArray[np.uint8]:
    return resample_labels(labels, analysis.segmentation.grid, analysis.height, analysis.width)


def _inside(analysis: Analysis) -> Mask:
    """Pixels that the recess's outlines enclose or touch."""
    filled = np.zeros((analysis.height, analysis.width), np.uint8)
    outlines = [np.rint(outline * (1 << _BITS)).astype(np.int32) for outline in analysis.recess.polygons]
    if outlines:
        cv2.fillPoly(filled, outlines, 1, cv2.LINE_8, _BITS)
    return filled.astype(bool)


def _packed(mask: Mask) -> bytes:
    return np.packbits(mask.ravel(), bitorder="little").tobytes()
