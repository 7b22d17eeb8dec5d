"""What following a needle over time needs of one analysed frame; the network's maps are left behind."""

import math
from dataclasses import dataclass

from imaging.analysis import Analysis
from imaging.errors import BadInput
from imaging.frame import Frame
from imaging.geometry import PixelSpacing
from imaging.measurement import Needle, Recess
from imaging.placement import Placement
from imaging.tracking.watched import RecessEcho, Watched, watch


@dataclass(frozen=True, eq=False)
class Observation:
    """One frame as tracking sees it.

    Parameters
    ----------
    time_ms
        Capture time on any clock that only moves on.
    echo
        How the inside of the recess looks, where somebody looked at the pixels; injectate shows there first.
    watched
        Where that was looked at; the next frame's observation goes on from it.

    Raises
    ------
    BadInput
        If the time is not finite.
    """

    frame_index: int
    time_ms: float
    spacing: PixelSpacing | None
    needle: Needle
    recess: Recess
    placement: Placement
    echo: RecessEcho | None = None
    watched: Watched | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.time_ms):
            msg = f"frame {self.frame_index} was captured at {self.time_ms} ms: expected a finite time"
            raise BadInput(msg)

    @classmethod
    def of(cls, analysis: Analysis, time_ms: float) -> "Observation":
        """What an analysis says, without a look at the pixels."""
        return cls(
            frame_index=analysis.frame_index,
            time_ms=time_ms,
            spacing=analysis.spacing,
            needle=analysis.needle,
            recess=analysis.recess,
            placement=analysis.placement,
        )

    @classmethod
    def looking(cls, frame: Frame, analysis: Analysis, time_ms: float, watched: Watched | None) -> "Observation":
        """What an analysis says, and how the recess looks in the frame's pixels.

        Parameters
        ----------
        watched
            Of the observation (or the track) before; None at first.
        """
        seen = cls.of(analysis, time_ms)
        watched, echo = watch(watched, frame, seen.recess, seen.needle, time_ms)
        return cls(seen.frame_index, time_ms, seen.spacing, seen.needle, seen.recess, seen.placement, echo, watched)
