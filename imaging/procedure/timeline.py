"""A procedure frame by frame, as arrays to plot and to keep."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from imaging.errors import BadInput
from imaging.placement import Verdict
from imaging.tracking.events import EventKind

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Timeline:
    """One entry per frame, in order; NaN where a number is not known.

    Parameters
    ----------
    frame_index, time_ms
        0-based index in the source and time on its clock.
    p_inside
        Probability that the followed tip lies in the recess, log odds averaged over the last moments.
    signed_distance_mm
        From the followed tip to the nearest wall of the recess; above zero inside.
    tip_visible, needle_seen
        Whether the frame itself shows a tip, a shaft.
    thickness_mm, area_mm2
        Greatest thickness along the beam and area of the recess in the frame.
    verdict
        Verdict on each frame by itself.
    event
        Event that happened at each frame; None for most. Of several at one frame the first.

    Raises
    ------
    BadInput
        If the columns differ in length.
    """

    frame_index: npt.NDArray[np.int64]
    time_ms: Numbers
    p_inside: Numbers
    signed_distance_mm: Numbers
    tip_visible: Flags
    needle_seen: Flags
    thickness_mm: Numbers
    area_mm2: Numbers
    verdict: tuple[Verdict, ...]
    event: tuple[EventKind | None, ...]

    def __post_init__(self) -> None:
        lengths = {item.name: len(getattr(self, item.name)) for item in fields(self)}
        if len(set(lengths.values())) > 1:
            msg = f"timeline has columns of lengths {lengths}: expected one length"
            raise BadInput(msg)
        for item in fields(self):
            column = getattr(self, item.name)
            if isinstance(column, np.ndarray):
                column.setflags(write=False)

    def __len__(self) -> int:
        return len(self.frame_index)
