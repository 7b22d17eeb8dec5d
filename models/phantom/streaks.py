"""Bright lines that belong to tissue: septa, fascia, tendon bundles, fat-pad strands; none of them a needle."""

from dataclasses import dataclass

import numpy as np

from models.phantom.anatomy import Curve, Knee, Layer
from models.phantom.canvas import Canvas
from models.phantom.physics import EchoRanges
from models.phantom.randomness import FloatArray, smooth_curve, stream
from models.phantom.textures import draw_streak, soft_lines_db


@dataclass(frozen=True, slots=True)
class StreakStyle:
    """How the lines of one layer run.

    Parameters
    ----------
    count, length_mm, wave_mm
        Least and greatest number, length, and amplitude of waviness.
    strength
        Share of the frame's septum brightness that its brightest line has.
    lean_deg
        How far lines turn away from the course of their layer; those of one frame lean alike.
    blur_px
        Standard deviation of the line's thickness in fine rows, least and greatest.
    """

    count: tuple[int, int]
    length_mm: tuple[float, float]
    wave_mm: tuple[float, float]
    strength: float
    lean_deg: float
    blur_px: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Course:
    """Layer within which lines run, their style and common lean, and how long they are against the style's length."""

    top: Curve
    bottom: Curve
    style: StreakStyle
    lean: float
    scale: float


STYLES: dict[Layer, StreakStyle] = {
    Layer.FAT: StreakStyle((4, 18), (6.0, 45.0), (0.1, 0.9), 1.1, 9.0, (1.4, 3.2)),
    Layer.TENDON: StreakStyle((6, 40), (6.0, 40.0), (0.0, 0.25), 0.6, 2.0, (0.9, 2.0)),
    Layer.MUSCLE: StreakStyle((4, 30), (3.0, 14.0), (0.0, 0.3), 0.6, 14.0, (0.9, 2.0)),
    Layer.SUPRAPATELLAR_FAT: StreakStyle((0, 12), (2.0, 8.0), (0.0, 0.4), 0.5, 14.0, (0.9, 2.0)),
    Layer.PREFEMORAL_FAT: StreakStyle((8, 50), (2.0, 9.0), (0.0, 0.4), 0.6, 14.0, (1.0, 2.4)),
}


def streaks_db(seed: int, canvas: Canvas, knee: Knee, ranges: EchoRanges, levels: FloatArray) -> FloatArray:
    """Level of the bright lines of every layer; very low where there is none."""
    rng = stream(seed, "streaks")
    out = np.full(canvas.shape, -99.0, dtype=np.float32)
    bright = ranges.septum_db.sample(rng)
    for layer, style in STYLES.items():
        plane = np.zeros(canvas.shape, dtype=np.float32)
        course = Course(*band(knee, layer), style, rng.uniform(-1.0, 1.0), knee.fibre_scale)
        for _ in range(int(rng.integers(*style.count))):
            level = float(levels[layer] + style.strength * bright - rng.uniform(0.0, 9.0))
            _streak(rng, plane, canvas, course, level)
        out = np.maximum(out, soft_lines_db(plane, rng.uniform(*style.blur_px)))
    return np.maximum(out, _fasciae(rng, canvas, knee, float(levels[Layer.TENDON] + 0.6 * bright)))


def band(knee: Knee, layer: Layer) -> tuple[Curve, Curve]:
    """Upper and lower edge of a layer that carries lines."""
    edges = {
        Layer.FAT: (knee.skin, knee.fat),
        Layer.TENDON: (knee.fat, knee.tendon),
        Layer.MUSCLE: (knee.tendon, knee.muscle),
        Layer.SUPRAPATELLAR_FAT: (knee.muscle, knee.roof),
        Layer.PREFEMORAL_FAT: (knee.floor, knee.femur),
    }
    return edges[layer]


def _streak(
    rng: np.random.Generator,
    plane: FloatArray,
    canvas: Canvas,
    course: Course,
    level: float,
) -> None:
    style = course.style
    length = rng.uniform(*style.length_mm) * course.scale
    start = rng.uniform(canvas.left_mm - 0.5 * length, canvas.right_mm - 0.3 * length)
    t = np.linspace(-0.5, 0.5, 16)
    x = start + length * (t + 0.5)
    share = rng.uniform(0.02, 0.98)
    roof, floor = np.interp(x, canvas.x_mm, course.top), np.interp(x, canvas.x_mm, course.bottom)
    slope = np.tan(np.radians(style.lean_deg * (course.lean + 0.35 * rng.standard_normal())))
    y = np.clip(roof * (1.0 - share) + floor * share + slope * length * t, roof, floor)
    y += rng.uniform(*style.wave_mm) * smooth_curve(rng, x, max(length / 2.0, 5.0))
    draw_streak(plane, canvas, np.stack([x, y], axis=1), level)


def _fasciae(rng: np.random.Generator, canvas: Canvas, knee: Knee, level: float) -> FloatArray:
    """Boundaries of tendon and muscle, each shown over a part of its length or not at all."""
    plane = np.zeros(canvas.shape, dtype=np.float32)
    for edge in (knee.fat, knee.tendon, knee.muscle):
        start, end = canvas.left_mm + canvas.width_mm * np.sort(rng.uniform(-0.3, 1.3, 2))
        kept = (knee.x_mm[::6] > start) & (knee.x_mm[::6] < end)
        drawn = level - rng.uniform(0.0, 12.0)
        if rng.uniform() < 0.75 and np.count_nonzero(kept) > 3:
            draw_streak(plane, canvas, np.stack([knee.x_mm[::6], edge[::6]], axis=1)[kept], drawn)
    return soft_lines_db(plane, rng.uniform(1.2, 3.0))
