"""Where values that rested began to change: events are certain late, and are dated by looking back."""

from collections.abc import Sequence

import numpy as np


def bend(times: Sequence[float], values: Sequence[float]) -> int:
    """Index from which values leave a constant along a straight line, by least squares over all bends.

    References
    ----------
    Hinkley D.V. Inference about the intersection in two-phase regression. Biometrika 1969;56:495.
    """
    t, y = np.asarray(times, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if len(t) < 4:
        return 0
    ramps = np.maximum(t[None, :] - t[:-2, None], 0.0)
    ramps -= ramps.mean(axis=1, keepdims=True)
    explained = (ramps @ (y - y.mean())) ** 2 / np.einsum("ij,ij->i", ramps, ramps)
    return int(np.argmax(explained))
