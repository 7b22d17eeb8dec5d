"""What a network says about a frame, and the contract it says it under."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

from imaging.errors import BadInput
from imaging.frame import Frame
from imaging.geometry import GridToFrame

FloatMap = npt.NDArray[np.float32]
"""One number per grid pixel, ``[row, column]``."""


class Tissue(IntEnum):
    """Classes of the label map."""

    BACKGROUND = 0
    SUBCUTANEOUS = 1
    QUADRICEPS = 2
    SUPRAPATELLAR_FAT = 3
    RECESS = 4
    PREFEMORAL_FAT = 5
    BONE = 6
    NEEDLE = 7
    SHADOW = 8


@dataclass(frozen=True, slots=True)
class ViewScores:
    """Probabilities (0 to 1) about the frame as a whole, and how much it looks like tissue.

    ``speckle`` (-1 to 1, `imaging.speckle`) comes from the grey levels alone, not from the network.
    """

    suprapatellar: float
    quality: float
    needle: float
    tip_visible: float
    speckle: float = 1.0


@dataclass(frozen=True, eq=False)
class Segmentation:
    """Label map and probabilities on the network's own grid.

    Parameters
    ----------
    labels
        `Tissue` per grid pixel, uint8 ``[row, column]``.
    recess
        Probability of recess per grid pixel, float32, same shape; the needle is looked through: where it lies, this is
        about the tissue beneath it.
    needle
        Probability of needle per grid pixel, float32, same shape.
    tip
        Probability that the needle tip lies in a grid pixel, given that there is one; float32, sums to 1.
    view
        Scores of the frame as a whole.
    grid
        Where the grid lies on the frame.
    stage_ms
        Milliseconds spent per stage inside the segmenter.

    Raises
    ------
    BadInput
        If the maps differ in shape or type.
    """

    labels: npt.NDArray[np.uint8]
    recess: FloatMap
    needle: FloatMap
    tip: FloatMap
    view: ViewScores
    grid: GridToFrame
    stage_ms: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.labels.ndim != 2 or self.labels.dtype != np.uint8:
            msg = f"labels are {self.labels.dtype} {self.labels.shape}: expected uint8 [rows, columns]"
            raise BadInput(msg)
        for name in ("recess", "needle", "tip"):
            plane = getattr(self, name)
            if plane.shape != self.labels.shape or plane.dtype != np.float32:
                msg = f"{name} is {plane.dtype} {plane.shape}: expected float32 {self.labels.shape}"
                raise BadInput(msg)
            plane.setflags(write=False)
        self.labels.setflags(write=False)


@dataclass(frozen=True, slots=True)
class ProbabilityCalibration:
    """Logistic correction of a probability: ``logit(p) -> slope * logit(p) + intercept``, fitted on held-out frames.

    References
    ----------
    Platt J. Probabilistic outputs for support vector machines. 1999.
    """

    slope: float = 1.0
    intercept: float = 0.0

    def __call__(self, probability: float) -> float:
        """Corrected probability."""
        bounded = min(max(probability, 1e-6), 1.0 - 1e-6)
        logit = np.log(bounded / (1.0 - bounded))
        return float(1.0 / (1.0 + np.exp(-(self.slope * logit + self.intercept))))


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Which network answered, and how it was run: enough to ask it again."""

    name: str
    version: str
    sha256: str
    precision: str
    provider: str
    calibration: ProbabilityCalibration = ProbabilityCalibration()


class Segmenter(Protocol):
    """Turns a frame into a segmentation.

    Contract
    --------
    * The same frame gives the same segmentation, bit for bit, for as long as ``identity`` is the same.
    * Pixels outside ``frame.bmode`` have no influence.
    * With a spacing the grid has square pixels of one fixed size in millimetres; without one the B-mode rectangle is
      scaled to fit, and nothing in the answer may be read as millimetres.
    * Safe to call from several threads at once. Never changes the frame.
    """

    @property
    def identity(self) -> ModelIdentity:
        """Which network answers."""
        ...

    def segment(self, frame: Frame) -> Segmentation:
        """Label map, probabilities and scores for one frame."""
        ...
