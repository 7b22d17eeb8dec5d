"""Echo levels of the long-axis view: layers, fibres, septa, walls, bone and its shadow."""

import cv2
import numpy as np
import numpy.typing as npt

from models.phantom.anatomy import TISSUE_OF_LAYER, Curve, Layer, LongAxis
from models.phantom.canvas import Canvas
from models.phantom.physics import EchoRanges
from models.phantom.randomness import FloatArray, smooth_curve, stream
from models.phantom.scene import Scene
from models.phantom.textures import draw_streak, follow, grain, soft_lines_db

SHADOW_LABEL_DB = -9.0
"""Tissue darker than this by a shadow is labelled shadow: a reader no longer tells it from the shadow."""


def long_axis_scene(seed: int, canvas: Canvas, knee: LongAxis, ranges: EchoRanges) -> Scene:
    """Echo scene of a knee at rest."""
    layers = knee.layers(canvas.y_mm)
    levels = _levels(seed, ranges)
    echo = levels[layers] + _texture(seed, canvas, knee, layers, ranges)
    echo += _anisotropy(seed, knee, layers, ranges)
    echo = np.maximum(echo, _streaks(seed, canvas, knee, ranges, levels))
    echo = np.maximum(echo, _walls(seed, canvas, knee, ranges) + levels[Layer.SUPRAPATELLAR_FAT])
    echo = np.maximum(echo, _bone(seed, canvas, knee, ranges))
    passage = _patella_shadow(seed, canvas, knee)
    return Scene(canvas, echo.astype(np.float32), passage, long_axis_labels(canvas, knee, passage))


def long_axis_labels(canvas: Canvas, knee: LongAxis, passage_db: FloatArray) -> npt.NDArray[np.uint8]:
    """Label map on the grid, without needle."""
    layers = knee.layers(canvas.grid_y_mm)
    if not knee.has_recess:
        layers[layers == Layer.RECESS] = Layer.PREFEMORAL_FAT
    labels = TISSUE_OF_LAYER[layers]
    dark = passage_db[:: canvas.shape[0] // canvas.grid.rows] < SHADOW_LABEL_DB
    labels[dark & (layers != Layer.BONE) & (canvas.grid_y_mm[:, None] > 4.0)] = TISSUE_OF_LAYER[Layer.BELOW_BONE]
    labels[~canvas.inside()] = 0
    return labels


def _levels(seed: int, ranges: EchoRanges) -> FloatArray:
    rng = stream(seed, "levels")
    in_order = (
        ranges.skin_db,
        ranges.fat_db,
        ranges.tendon_db,
        ranges.muscle_db,
        ranges.suprapatellar_fat_db,
        ranges.fluid_db,
        ranges.prefemoral_fat_db,
        ranges.below_bone_db,
        ranges.below_bone_db,
    )
    levels = np.array([each.sample(rng) for each in in_order], dtype=np.float32)
    levels[Layer.BONE] = levels[Layer.BELOW_BONE]
    return levels


def _texture(
    seed: int, canvas: Canvas, knee: LongAxis, layers: npt.NDArray[np.uint8], ranges: EchoRanges
) -> FloatArray:
    """Fibres that run with the tendon and muscle, blotches in fat, slow changes everywhere."""
    rng = stream(seed, "texture")
    fibre = grain(rng, canvas, rng.uniform(2.5, 8.0), rng.uniform(0.13, 0.3))
    blotch = grain(rng, canvas, rng.uniform(0.6, 1.6), rng.uniform(0.25, 0.6))
    slow = grain(rng, canvas, rng.uniform(3.0, 7.0), rng.uniform(2.0, 5.0))
    columns, rows = _fibre_coordinates(canvas, knee, layers)
    fibre = follow(fibre, columns, rows)
    blotch = follow(blotch, columns, rows)
    fibrous = ranges.fibre_db.sample(rng) * _FIBROUS[layers]
    blotchy = ranges.blotch_db.sample(rng) * _BLOTCHY[layers]
    return np.asarray(fibrous * fibre + blotchy * blotch + rng.uniform(0.5, 2.5) * slow, dtype=np.float32)


_FIBROUS = np.array([0.5, 0.2, 1.0, 0.9, 0.4, 0.0, 0.6, 0.0, 0.3], dtype=np.float32)
_BLOTCHY = np.array([0.4, 0.8, 0.3, 0.6, 1.0, 0.8, 1.0, 0.3, 0.5], dtype=np.float32)


def _fibre_coordinates(canvas: Canvas, knee: LongAxis, layers: npt.NDArray[np.uint8]) -> tuple[FloatArray, FloatArray]:
    """Texture coordinates that follow the layers: depth below a reference curve that bends with each."""
    mid = (knee.fat + knee.tendon) / 2.0
    references = [knee.skin, knee.skin, mid, knee.muscle, knee.roof, knee.roof, knee.femur * 0.5 + knee.floor * 0.5]
    references += [knee.femur, knee.femur]
    table = np.stack([curve - curve[len(curve) // 2] for curve in references])
    rows = canvas.y_mm[:, None] - np.take_along_axis(table, layers.astype(np.intp), axis=0)
    columns = np.broadcast_to(np.arange(canvas.shape[1], dtype=np.float32), canvas.shape)
    return np.ascontiguousarray(columns), np.asarray(rows / canvas.row_mm, dtype=np.float32)


def _anisotropy(seed: int, knee: LongAxis, layers: npt.NDArray[np.uint8], ranges: EchoRanges) -> FloatArray:
    """Loss where tendon fibres leave the perpendicular to the beam, and towards the patella."""
    rng = stream(seed, "anisotropy")
    slope = np.degrees(np.arctan(np.gradient((knee.fat + knee.tendon) / 2.0, knee.x_mm)))
    tolerance = rng.uniform(3.0, 14.0)
    loss = np.clip((np.abs(slope) - tolerance) / 6.0, 0.0, 1.0)
    near = np.exp(-np.maximum(knee.patella_end_mm + 4.0 - knee.x_mm, 0.0) / rng.uniform(2.0, 8.0))
    loss = np.maximum(loss, near * rng.uniform(0.0, 1.0)) * ranges.anisotropy_db.sample(rng)
    return np.asarray(-loss[None, :] * (layers == Layer.TENDON), dtype=np.float32)


def _streaks(seed: int, canvas: Canvas, knee: LongAxis, ranges: EchoRanges, levels: FloatArray) -> FloatArray:
    """Bright lines that belong to the tissue: septa, fascia, tendon layers, fat-pad strands, oblique strands."""
    rng = stream(seed, "streaks")
    plane = np.zeros(canvas.shape, dtype=np.float32)
    bright = ranges.septum_db.sample(rng)
    bands = (
        (knee.skin, knee.fat, int(rng.integers(4, 16)), levels[Layer.FAT] + bright),
        (knee.fat, knee.tendon, int(rng.integers(4, 26)), levels[Layer.TENDON] + 0.6 * bright),
        (knee.tendon, knee.muscle, int(rng.integers(4, 26)), levels[Layer.MUSCLE] + 0.6 * bright),
        (knee.muscle, knee.roof, int(rng.integers(0, 12)), levels[Layer.SUPRAPATELLAR_FAT] + 0.5 * bright),
        (knee.floor, knee.femur, int(rng.integers(6, 40)), levels[Layer.PREFEMORAL_FAT] + 0.55 * bright),
    )
    for top, bottom, count, level in bands:
        for _ in range(count):
            _one_streak(rng, plane, canvas, (top, bottom), float(level))
    for edge in (knee.fat, knee.tendon, knee.muscle):
        _fascia(rng, plane, canvas, edge, float(levels[Layer.TENDON] + rng.uniform(-0.1, 0.8) * bright))
    return soft_lines_db(plane, rng.uniform(0.9, 2.2))


def _one_streak(
    rng: np.random.Generator, plane: FloatArray, canvas: Canvas, band: tuple[Curve, Curve], level: float
) -> None:
    top, bottom = band
    length = rng.uniform(2.0, 22.0)
    start = rng.uniform(canvas.left_mm - 5.0, canvas.right_mm)
    x = np.linspace(start, start + length, 14)
    share = rng.uniform(0.05, 0.95) + rng.uniform(-0.3, 0.3) * np.linspace(-1.0, 1.0, 14) ** int(rng.integers(1, 3))
    share = np.clip(share, 0.02, 0.98)
    y = np.interp(x, canvas.x_mm, top) * (1.0 - share) + np.interp(x, canvas.x_mm, bottom) * share
    y += rng.uniform(0.0, 0.5) * smooth_curve(rng, x, 8.0)
    draw_streak(plane, canvas, np.stack([x, y], axis=1), level - rng.uniform(0.0, 8.0))


def _fascia(rng: np.random.Generator, plane: FloatArray, canvas: Canvas, edge: Curve, level: float) -> None:
    if rng.uniform() < 0.25:
        return
    x = canvas.x_mm[::6]
    start, end = np.sort(rng.uniform(-0.3, 1.3, 2))
    kept = (x > canvas.left_mm + start * canvas.width_mm) & (x < canvas.left_mm + end * canvas.width_mm)
    if np.count_nonzero(kept) > 3:
        draw_streak(plane, canvas, np.stack([x, edge[::6]], axis=1)[kept], level)


def _walls(seed: int, canvas: Canvas, knee: LongAxis, ranges: EchoRanges) -> FloatArray:
    """Recess walls: bright where they face the beam, in broken stretches."""
    rng = stream(seed, "walls")
    out = np.full(canvas.shape, -99.0, dtype=np.float32)
    open_mm = knee.floor - knee.roof
    for edge, side in ((knee.roof, -1.0), (knee.floor, 1.0)):
        facing = np.exp(-((np.gradient(edge, knee.x_mm) / 0.22) ** 2))
        level = ranges.wall_db.sample(rng) * facing + 3.0 * smooth_curve(rng, knee.x_mm, 9.0)
        level = np.where(open_mm > 0.15, level, -99.0)
        d = (canvas.y_mm[:, None] - (edge + 0.15 * side)[None, :]) / rng.uniform(0.15, 0.35)
        out = np.maximum(out, np.where(np.abs(d) < 3.0, level[None, :] - 4.34 * d * d, -99.0))
    return np.asarray(out, dtype=np.float32)


def _bone(seed: int, canvas: Canvas, knee: LongAxis, ranges: EchoRanges) -> FloatArray:
    """Bone surfaces: sharp above, trailing off below, weaker where they lean away from the beam."""
    rng = stream(seed, "bone")
    out = np.full(canvas.shape, -99.0, dtype=np.float32)
    for curve, lobe in ((knee.femur, 0.5), (knee.patella, 1.2)):
        surface = np.where(np.isfinite(curve), curve, 500.0)
        lean = np.clip(np.abs(np.gradient(surface, knee.x_mm)), 0.0, 4.0)
        level = ranges.bone_db.sample(rng) - 9.0 * (1.0 - np.exp(-((lean / lobe) ** 2)))
        level = level + rng.uniform(1.0, 4.0) * smooth_curve(rng, knee.x_mm, 6.0)
        d = (canvas.y_mm[:, None] - surface[None, :]) / np.hypot(1.0, lean)[None, :]
        fall = np.where(d < 0.0, 4.34 * (d / rng.uniform(0.15, 0.35)) ** 2, d * rng.uniform(6.0, 14.0))
        out = np.maximum(out, np.where(fall < 60.0, level[None, :] - fall, -99.0))
    return np.asarray(out, dtype=np.float32)


def _patella_shadow(seed: int, canvas: Canvas, knee: LongAxis) -> FloatArray:
    """Passage in dB: nothing under the patella, with a penumbra that widens with depth below its deep pole."""
    rng = stream(seed, "shadow")
    if not np.isfinite(knee.patella).any():
        return np.zeros(canvas.shape, dtype=np.float32)
    pole = float(knee.patella[canvas.at(knee.patella_end_mm + 0.2)])
    below = np.maximum(canvas.y_mm - pole, 0.0)[:, None]
    half = 0.5 + rng.uniform(0.08, 0.24) * below
    edge = knee.patella_end_mm + rng.uniform(-0.1, 0.25) * below
    across = np.clip((canvas.x_mm[None, :] - edge) / half, -3.0, 3.0)
    deepest = rng.uniform(-55.0, -22.0)
    soft = deepest / (1.0 + np.exp(-2.2 * across))
    under = np.where(canvas.y_mm[:, None] > knee.patella[None, :] + 0.6, np.float32(deepest), np.float32(0.0))
    # Above the pole the bone is a wall; below it the aperture looks past the pole, the more the deeper.
    looks_past = np.clip(below / rng.uniform(0.5, 3.0), 0.0, 1.0)
    passage = cv2.GaussianBlur(under, (0, 0), sigmaX=2.0, sigmaY=1.0) * (1.0 - looks_past) + soft * looks_past
    return np.asarray(passage, dtype=np.float32)
