"""Draws a knee in the transverse suprapatellar view: no patella, the tendon an oval, the recess a flat crescent."""

import numpy as np

from models.phantom.anatomy import Curve, Knee
from models.phantom.canvas import Canvas
from models.phantom.long_axis import clear_of, greatest_recess_mm
from models.phantom.physics import AnatomyRanges
from models.phantom.randomness import smooth_curve, stream


def sample_transverse(seed: int, canvas: Canvas, ranges: AnatomyRanges) -> Knee:
    """Draw one knee that fits the picture."""
    rng = stream(seed, "anatomy")
    x = canvas.x_mm
    centre = (canvas.left_mm + canvas.right_mm) / 2.0 + rng.uniform(-7.0, 7.0)
    skin = ranges.skin_mm.sample(rng) + 0.12 * smooth_curve(rng, x, 15.0)
    fat = skin + 0.7 * ranges.fat_mm.sample(rng) * (1.0 + 0.12 * smooth_curve(rng, x, 25.0))
    oval = np.exp(-(((x - centre) / rng.uniform(8.0, 16.0)) ** 4))
    tendon = fat + 0.4 + ranges.tendon_mm.sample(rng) * oval
    arch = _arch(rng, x - centre)
    roof = np.maximum(float(np.min(tendon[oval > 0.8])) + rng.uniform(0.5, 3.0) + arch, tendon + 0.3)
    pad = np.minimum(roof - tendon, rng.uniform(0.3, 2.5) + np.zeros_like(x))
    floor = roof + _crescent(rng, x - centre, ranges)
    pffp = ranges.prefemoral_fat_mm.sample(rng) * rng.uniform(0.3, 0.9)
    femur = clear_of(float(np.mean(roof)) + pffp + 1.4 * (arch - np.mean(arch)), floor + 0.8, x)
    none = np.full_like(x, np.inf)
    return Knee(x, skin, fat, tendon, roof - pad, roof, floor, femur, none, canvas.right_mm + 40.0, 0.2)


def _arch(rng: np.random.Generator, from_centre: Curve) -> Curve:
    """How far the layers over the femur fall away to the sides; a groove at its middle in trochlear slices."""
    fall = rng.uniform(0.002, 0.012) * from_centre**2
    groove = rng.uniform(0.0, 2.5) * np.exp(-((from_centre / rng.uniform(4.0, 9.0)) ** 2))
    return np.asarray(fall + groove + 0.3 * smooth_curve(rng, from_centre, 12.0))


def _crescent(rng: np.random.Generator, from_centre: Curve, ranges: AnatomyRanges) -> Curve:
    greatest = greatest_recess_mm(rng, ranges)
    half = 0.5 * rng.uniform(8.0, 26.0) * (1.0 + greatest / 12.0)
    u = np.clip((from_centre - rng.uniform(-5.0, 5.0)) / half, -1.0, 1.0)
    shape = (1.0 - u**2) ** rng.uniform(0.5, 1.5) * (
        1.0 + min(rng.uniform(0.0, 0.3), 1.2 / greatest) * smooth_curve(rng, from_centre, 9.0)
    )
    return np.asarray(greatest * shape / max(float(shape.max()), 1e-6))
