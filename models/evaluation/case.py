"""One frame with what is known about it."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from imaging.frame import Frame
from imaging.geometry import PointPx, SegmentPx
from imaging.segmentation import Tissue
from models.evaluation.traits import Traits

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class KnownNeedle:
    """A needle that is there.

    Parameters
    ----------
    tip
        Where it is visible, else None.
    visible_length_mm
        Length of shaft that can be seen.
    tissue_at_tip
        Tissue beneath the tip, where that is known.
    """

    tip: PointPx | None
    shaft: SegmentPx
    visible_length_mm: float
    tissue_at_tip: Tissue | None = None


@dataclass(frozen=True, eq=False)
class Case:
    """Frame and truth.

    Parameters
    ----------
    recess
        Pixels of recess, the part beneath the needle included; None where the recess was not labelled.
    judged
        Pixels that count.
    needle
        The needle, or None where the frame is known to show none.
    suprapatellar
        Whether the view is one in which the recess can be seen; None where not known.
    traits
        What the case is like.
    procedure
        Where the frame comes from, if that is known: frames of one procedure look alike.
    """

    name: str
    frame: Frame
    recess: Mask | None
    judged: Mask
    needle: KnownNeedle | None
    suprapatellar: bool | None = None
    traits: Traits = field(default_factory=Traits)
    procedure: str | None = None

    def __post_init__(self) -> None:
        shape = self.frame.pixels.shape
        if self.judged.shape != shape or (self.recess is not None and self.recess.shape != shape):
            msg = f"case {self.name}: masks differ from the frame's {shape}"
            raise ValueError(msg)

    @property
    def recess_thickness_mm(self) -> float:
        """Greatest thickness along the beam that was labelled: pixels of one column, gaps left out."""
        if self.recess is None:
            return 0.0
        return int(self.recess.sum(axis=0).max()) * self.frame.require_spacing().row_mm

    @property
    def tip_in_recess(self) -> bool | None:
        """Whether the tip lies in the recess; None where either is not known."""
        if self.recess is None or self.needle is None or self.needle.tip is None:
            return None
        row, column = round(self.needle.tip.y), round(self.needle.tip.x)
        inside = 0 <= row < self.frame.height and 0 <= column < self.frame.width
        if inside and not self.judged[row, column]:
            return None
        return bool(inside and self.recess[row, column])
