"""An analysed frame of a file or a recording as an observation with its time."""

from imaging.analysis import Analysis
from imaging.frame import Frame
from imaging.tracking.observation import Observation

NOMINAL_FRAME_MS = 62.5
"""Time from frame to frame where nothing says it; thresholds in time then mean frames, and no durations are told."""
_LEAST_STEP_MS = 1e-3


def observed(frame: Frame, analysis: Analysis, frame_time_ms: float | None, after: Observation | None) -> Observation:
    """Observation of one more frame of a procedure.

    Its time is the frame's capture time where that is known, else its index times ``frame_time_ms``. A clock that was
    set back does not end the procedure: time only moves on.

    Parameters
    ----------
    frame_time_ms
        Time from frame to frame; None where the file does not say it, and the nominal one is taken.
    after
        Observation of the frame before; None for the first.
    """
    if frame.captured_at_ns is not None:
        time_ms = frame.captured_at_ns / 1e6
    else:
        time_ms = frame.index * (frame_time_ms or NOMINAL_FRAME_MS)
    if after is not None:
        time_ms = max(time_ms, after.time_ms + _LEAST_STEP_MS)
    return Observation.looking(frame, analysis, time_ms, after.watched if after is not None else None)
