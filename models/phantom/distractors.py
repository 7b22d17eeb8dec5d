"""What is mistaken for a needle or for a recess: slanting lines, dark lines between layers, cartilage."""

import numpy as np

from models.phantom.anatomy import Knee
from models.phantom.canvas import Canvas
from models.phantom.physics import EchoRanges
from models.phantom.randomness import FloatArray, smooth_curve, stream
from models.phantom.textures import blur, draw_streak, soft_lines_db


def oblique_db(seed: int, canvas: Canvas, level: float) -> FloatArray:
    """A few short straight slanting lines (fibres, small vessels, comet tails): what a needle is mistaken for."""
    rng = stream(seed, "oblique")
    plane = np.zeros(canvas.shape, dtype=np.float32)
    for _ in range(int(rng.integers(0, 5))):
        angle, length = np.radians(rng.uniform(12.0, 50.0) * rng.choice([-1.0, 1.0])), rng.uniform(2.0, 8.0)
        t = np.linspace(0.0, length, 8)
        x = rng.uniform(canvas.left_mm, canvas.right_mm) + t * np.cos(angle)
        y = rng.uniform(3.0, canvas.depth_mm) + t * np.sin(angle) + rng.uniform(-0.02, 0.02) * (t - length / 2.0) ** 2
        draw_streak(plane, canvas, np.stack([x, y], axis=1), level - rng.uniform(0.0, 8.0))
    return soft_lines_db(plane, rng.uniform(0.9, 1.8))


def dark_lines_db(seed: int, canvas: Canvas, knee: Knee) -> FloatArray:
    """Loss along thin dark lines that run with the layers, as between fascia and tendon: never a recess."""
    rng = stream(seed, "dark-lines")
    plane = np.zeros(canvas.shape, dtype=np.float32)
    layers = np.stack([knee.fat, knee.tendon, knee.muscle, 0.5 * (knee.fat + knee.tendon), knee.femur - 3.0])
    for _ in range(int(rng.integers(0, 6))):
        edge = layers[int(rng.integers(len(layers)))] + rng.uniform(-0.8, 0.8)
        start, length = rng.uniform(canvas.left_mm - 5.0, canvas.right_mm - 5.0), rng.uniform(6.0, 40.0)
        x = np.linspace(start, start + length, 24)
        y = np.interp(x, knee.x_mm, edge) + 0.2 * smooth_curve(rng, x, 12.0)
        draw_streak(plane, canvas, np.stack([x, y], axis=1), 0.0)
    blur_px = rng.uniform(1.2, 4.0)
    mask = np.minimum(blur(plane, 1.0, blur_px) * np.float32(2.5 * blur_px), 1.0)
    return np.asarray(-rng.uniform(4.0, 16.0) * mask, dtype=np.float32)


def cartilage_mask(seed: int, canvas: Canvas, knee: Knee, ranges: EchoRanges) -> FloatArray:
    """1 where cartilage covers the femur, soft at its edge: over the trochlea, at the patella's end of a long axis."""
    rng = stream(seed, "cartilage")
    if rng.uniform() >= ranges.cartilage_share:
        return np.zeros(canvas.shape, dtype=np.float32)
    room = np.maximum(knee.femur - knee.floor - 0.8, 0.0)
    reach = (knee.x_mm - rng.uniform(0.2, 1.1) * canvas.right_mm) / 2.0 if knee.fibre_scale == 1.0 else 9.0
    thickness = np.minimum(rng.uniform(1.2, 3.8) / (1.0 + np.exp(-np.clip(reach, -30.0, 30.0))), room)
    height = (knee.femur - 0.2)[None, :] - canvas.y_mm[:, None]
    covered = (height > 0.0) & (height < thickness[None, :]) & (thickness[None, :] > 0.3)
    return blur(covered.astype(np.float32), 0.7, 1.0)
