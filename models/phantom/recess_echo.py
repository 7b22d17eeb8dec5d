"""What lies in the recess besides clear fluid, and what its walls send back."""

import numpy as np
import numpy.typing as npt

from models.phantom.anatomy import Knee, Layer
from models.phantom.canvas import Canvas
from models.phantom.physics import EchoRanges
from models.phantom.randomness import FloatArray, smooth_curve, stream
from models.phantom.textures import draw_streak, grain, soft_lines_db


def walls_db(seed: int, canvas: Canvas, knee: Knee, ranges: EchoRanges, tissue_db: float) -> FloatArray:
    """Walls: bright where they face the beam, in broken stretches; in some frames hardly brighter than the fat."""
    rng = stream(seed, "walls")
    out = np.full(canvas.shape, -99.0, dtype=np.float32)
    open_mm = knee.floor - knee.roof
    for edge, side in ((knee.roof, -1.0), (knee.floor, 1.0)):
        facing = np.exp(-((np.gradient(edge, knee.x_mm) / 0.22) ** 2))
        level = tissue_db + ranges.wall_db.sample(rng) * facing + 4.0 * smooth_curve(rng, knee.x_mm, 9.0)
        level = np.where(open_mm > 0.15, level, -99.0)
        sharp = np.float32(4.34 / rng.uniform(0.15, 0.4) ** 2)
        d = canvas.y_mm.astype(np.float32)[:, None] - (edge + 0.2 * side).astype(np.float32)[None, :]
        out = np.maximum(out, level.astype(np.float32)[None, :] - sharp * d * d)
    return np.asarray(out, dtype=np.float32)


def contents_db(seed: int, canvas: Canvas, knee: Knee, layers: npt.NDArray[np.uint8], ranges: EchoRanges) -> FloatArray:
    """Debris, synovial fronds and septa inside the recess; very low elsewhere and in frames with clear fluid."""
    rng = stream(seed, "contents")
    out = np.full(canvas.shape, -99.0, dtype=np.float32)
    if rng.uniform() < ranges.frond_share:
        out = np.maximum(out, _fronds(rng, canvas, knee, rng.uniform(-12.0, -1.0)))
    if rng.uniform() < ranges.debris_share:
        specks = grain(rng, canvas, 0.3, 0.15)
        out = np.maximum(out, np.where(specks > rng.uniform(1.2, 2.6), rng.uniform(-18.0, -4.0), -99.0))
    if rng.uniform() < 0.5 * ranges.frond_share:
        out = np.maximum(out, _septum(rng, canvas, knee, rng.uniform(-6.0, 8.0)))
    return np.where(layers == Layer.RECESS, out, -99.0).astype(np.float32)


def _fronds(rng: np.random.Generator, canvas: Canvas, knee: Knee, level: float) -> FloatArray:
    height = rng.uniform(0.2, 0.6) * (knee.floor - knee.roof)
    reach_floor = height * np.clip(smooth_curve(rng, knee.x_mm, rng.uniform(3.0, 9.0)) + 0.2, 0.0, 1.0)
    reach_roof = height * np.clip(smooth_curve(rng, knee.x_mm, rng.uniform(3.0, 9.0)), 0.0, 1.0)
    y = canvas.y_mm[:, None]
    grown = (y > (knee.floor - reach_floor)[None, :]) | (y < (knee.roof + reach_roof)[None, :])
    return np.where(grown, level, -99.0).astype(np.float32)


def _septum(rng: np.random.Generator, canvas: Canvas, knee: Knee, level: float) -> FloatArray:
    plane = np.zeros(canvas.shape, dtype=np.float32)
    x = rng.uniform(canvas.left_mm, canvas.right_mm) + np.linspace(0.0, rng.uniform(2.0, 15.0), 12)
    share = np.linspace(rng.uniform(), rng.uniform(), 12)
    y = np.interp(x, knee.x_mm, knee.roof) * (1.0 - share) + np.interp(x, knee.x_mm, knee.floor) * share
    draw_streak(plane, canvas, np.stack([x, y], axis=1), level)
    return soft_lines_db(plane, 1.2)
