"""Bone: its bright surface, and the shadow of the patella with its penumbra."""

import numpy as np

from models.phantom.anatomy import Curve, Knee
from models.phantom.canvas import Canvas
from models.phantom.physics import EchoRanges
from models.phantom.randomness import FloatArray, smooth_curve, stream
from models.phantom.textures import blur


def bone_db(seed: int, canvas: Canvas, knee: Knee, ranges: EchoRanges) -> FloatArray:
    """Level of both bone surfaces; very low elsewhere."""
    rng = stream(seed, "bone")
    femur = surface_db(rng, canvas, knee.femur, ranges.bone_db.sample(rng), 0.5)
    patella = surface_db(rng, canvas, knee.patella, ranges.bone_db.sample(rng), 1.4)
    return np.maximum(femur, patella)


def surface_db(rng: np.random.Generator, canvas: Canvas, curve: Curve, level_db: float, lobe: float) -> FloatArray:
    """One surface: sharp above, trailing off below, weaker where its slope exceeds ``lobe``.

    Infinite depths mean that there is no bone in that column.
    """
    known = np.isfinite(curve)
    if np.count_nonzero(known) < 3:
        return np.full(canvas.shape, -99.0, dtype=np.float32)
    surface = np.where(known, curve, 500.0)
    lean = np.zeros_like(surface)
    lean[known] = np.clip(np.abs(np.gradient(curve[known], canvas.x_mm[known])), 0.0, 4.0)
    level = level_db - 9.0 * (1.0 - np.exp(-((lean / lobe) ** 2)))
    level = level + rng.uniform(1.0, 5.0) * (
        smooth_curve(rng, canvas.x_mm, 6.0) + 0.4 * smooth_curve(rng, canvas.x_mm, 1.5)
    )
    y = canvas.y_mm.astype(np.float32)
    d = (y[:, None] - surface[None, :].astype(np.float32)) / np.hypot(1.0, lean)[None, :].astype(np.float32)
    level = level.astype(np.float32)
    above, below = rng.uniform(0.15, 0.4), rng.uniform(6.0, 22.0)
    # A steep face is thin along the beam as well: below it the depth counts, not the distance to the face.
    under = np.maximum((y[:, None] - surface[None, :].astype(np.float32)) / np.float32(1.3) - np.float32(0.15), 0.0)
    fall = np.where(d < 0.0, np.float32(4.34 / above**2) * d * d, under * np.float32(below))
    return np.asarray(np.where(fall < 60.0, level[None, :] - fall, np.float32(-99.0)), dtype=np.float32)


def patella_passage_db(seed: int, canvas: Canvas, knee: Knee) -> FloatArray:
    """Loss in dB under the patella: the share of the aperture that looks past its face, sent and received.

    A point at a distance ``d`` below the deep pole is seen by an aperture whose rays fan out by ``d / (2 F)`` on
    either side, F the ratio of depth to aperture; what is left of it passes twice.
    """
    rng = stream(seed, "shadow")
    fan = 0.5 / rng.uniform(0.8, 2.6)
    deepest = rng.uniform(-70.0, -34.0)
    known = np.flatnonzero(np.isfinite(knee.patella) & (canvas.x_mm <= canvas.right_mm))
    if known.size == 0:
        return np.zeros(canvas.shape, dtype=np.float32)
    pole_x, pole_y = canvas.x_mm[known[0]], knee.patella[known[0]]
    x, y = canvas.x_mm.astype(np.float32)[None, :], canvas.y_mm.astype(np.float32)[:, None]
    half = np.float32(0.35) + np.float32(fan) * np.maximum(y - np.float32(pole_y), np.float32(0.0))
    seen = np.clip(np.float32(0.5) - np.float32(0.5) * (x - np.float32(pole_x)) / half, 0.0, 1.0)
    behind = blur((y > knee.patella[None, :] + 0.5).astype(np.float32), 0.8, 1.5)
    share = np.where(y > pole_y, seen, np.float32(1.0) - behind)
    return np.asarray(np.maximum(40.0 * np.log10(np.maximum(share, 1e-3)), deepest), dtype=np.float32)
