"""How tissue moves between frames: the recess opens, the probe drifts, the hand shakes."""

from dataclasses import dataclass

import numpy as np

from models.phantom.anatomy import Curve, Knee
from models.phantom.canvas import Canvas
from models.phantom.randomness import smooth_curve
from models.phantom.scene import Material


@dataclass(frozen=True, slots=True)
class Drift:
    """Shift of the tissue in the picture against the source it was drawn on, per frame, in mm."""

    right_mm: tuple[float, ...]
    down_mm: tuple[float, ...]


def sample_drift(rng: np.random.Generator, frames: int, rate_hz: float) -> Drift:
    """Slow drift of the probe of up to 2.5 mm across, with a tremor of up to 0.15 mm."""
    seconds = np.arange(frames) / rate_hz
    slow = rng.uniform(0.3, 2.4) * smooth_curve(rng, seconds, 8.0)
    tremor = rng.uniform(0.02, 0.15) * smooth_curve(rng, seconds, 0.25)
    press = rng.uniform(0.0, 0.5) * smooth_curve(rng, seconds, 3.0)
    across = slow + tremor
    return Drift(tuple((across - across[0]).tolist()), tuple((press - press[0]).tolist()))


def opening_profile(knee: Knee) -> Curve:
    """Where injectate opens a recess: most where it is widest, not at all beyond its ends."""
    thickness = knee.floor - knee.roof
    return np.asarray(np.sqrt(np.clip(thickness / max(float(thickness.max()), 1e-6), 0.0, 1.0)))


@dataclass(frozen=True, eq=False)
class Tissue2D:
    """A knee drawn once at its widest open on a source canvas, and how to look at it as it is now.

    Parameters
    ----------
    source, view
        Canvas it was drawn on, wider than the picture by ``margin_mm`` on either side; canvas of the picture.
    opened
        The knee as drawn.
    """

    source: Canvas
    view: Canvas
    margin_mm: float
    opened: Knee

    def material(self, now: Knee, right_mm: float, down_mm: float) -> Material:
        """Where the tissue in each fine pixel of the picture lies on the source."""
        x = self.view.x_mm + self.margin_mm - right_mm
        y = self.view.y_mm[:, None] - down_mm
        at = [np.interp(x, self.source.x_mm, curve)[None, :] for curve in (now.roof, now.floor, now.femur)]
        drawn = [self.opened.roof, self.opened.floor, self.opened.femur]
        to = [np.interp(x, self.source.x_mm, curve)[None, :] for curve in drawn]
        rows = _piecewise(y, at, to) / self.source.row_mm - 0.5
        columns = np.broadcast_to(x / self.source.grid.spacing_mm - 0.5, rows.shape)
        return Material(np.ascontiguousarray(columns, dtype=np.float32), rows.astype(np.float32))


def _piecewise(y: Curve, at: list[Curve], to: list[Curve]) -> Curve:
    """Depth at rest of what now lies at depth ``y``: linear between the skin, the walls and the femur."""
    (roof, floor, femur), (roof0, floor0, femur0) = at, to
    above = y * roof0 / np.maximum(roof, 1e-3)
    fluid = roof0 + (y - roof) * (floor0 - roof0) / np.maximum(floor - roof, 1e-3)
    pad = floor0 + (y - floor) * (femur0 - floor0) / np.maximum(femur - floor, 1e-3)
    below = np.where(y < femur, pad, y - femur + femur0)
    return np.asarray(np.where(y < roof, above, np.where(y < floor, fluid, below)))
