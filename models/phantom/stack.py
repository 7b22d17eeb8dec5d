"""Plain layered tissue for the views that are not the joint: muscle with its fascicles, nerve, vessel, gel blocks."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from imaging.segmentation import Tissue
from models.phantom.anatomy import Curve
from models.phantom.canvas import Canvas
from models.phantom.randomness import FloatArray, smooth_curve
from models.phantom.textures import blur, draw_streak, follow, grain, soft_lines_db


@dataclass(frozen=True, slots=True)
class Slab:
    """One layer: what it is, how bright, and how its fibres run.

    Parameters
    ----------
    fibre_db
        Standard deviation of the fibre texture.
    fibre_deg
        Direction of the fibres against the probe face.
    lines
        Number of bright straight lines along the fibres.
    line_db
        Their level.
    """

    tissue: Tissue
    level_db: float
    fibre_db: float
    fibre_deg: float
    lines: int
    line_db: float


def wavy_edges(rng: np.random.Generator, canvas: Canvas, thickness_mm: list[float], tilt_deg: float) -> list[Curve]:
    """Lower edges of layers of the given mean thickness, each tilted and waved a little on its own."""
    edges: list[Curve] = []
    depth = np.zeros_like(canvas.x_mm)
    for mean in thickness_mm:
        slope = np.tan(np.radians(rng.uniform(-tilt_deg, tilt_deg)))
        wave = rng.uniform(0.0, 0.6) * smooth_curve(rng, canvas.x_mm, 25.0)
        depth = np.maximum(depth + mean + slope * (canvas.x_mm - np.mean(canvas.x_mm)) + wave, depth + 0.5)
        edges.append(depth)
    return edges


def stack_echo(rng: np.random.Generator, canvas: Canvas, edges: list[Curve], slabs: list[Slab]) -> FloatArray:
    """Echo level of a stack of slabs; the last one reaches to the bottom."""
    index = slab_index(edges[: len(slabs) - 1], canvas.y_mm)
    levels = np.array([slab.level_db for slab in slabs], dtype=np.float32)
    echo = blur(levels[index], 0.5, 1.0)
    texture = grain(rng, canvas, rng.uniform(2.0, 6.0), rng.uniform(0.12, 0.3))
    texture = texture + 0.5 * grain(rng, canvas, rng.uniform(2.0, 6.0), rng.uniform(0.4, 0.8))
    echo += rng.uniform(0.5, 3.0) * grain(rng, canvas, 4.0, 2.5)
    for number, slab in enumerate(slabs):
        mask = index == number
        if slab.fibre_db > 0.0:
            turned = _turned(canvas, texture, slab.fibre_deg)
            echo += np.where(mask, np.float32(slab.fibre_db) * (turned + 0.25 * (turned**2 - 1.0)), 0.0)
        if slab.lines:
            np.maximum(echo, _lines(rng, canvas, slab), out=echo, where=mask)
    return np.asarray(echo, dtype=np.float32)


def stack_labels(canvas: Canvas, edges: list[Curve], slabs: list[Slab]) -> npt.NDArray[np.uint8]:
    """Label map of a stack on the grid."""
    tissues = np.array([slab.tissue for slab in slabs], dtype=np.uint8)
    labels = tissues[slab_index(edges[: len(slabs) - 1], canvas.grid_y_mm)]
    labels[~canvas.inside()] = Tissue.BACKGROUND
    return labels


def slab_index(edges: list[Curve], y_mm: Curve) -> npt.NDArray[np.uint8]:
    """Number of edges above each pixel."""
    index = np.zeros((len(y_mm), len(edges[0]) if edges else 0), dtype=np.uint8)
    for edge in edges:
        index += y_mm[:, None] >= edge[None, :]
    return index


def edge_lines_db(rng: np.random.Generator, canvas: Canvas, edges: list[Curve], level_db: float) -> FloatArray:
    """Bright fasciae along the given edges."""
    plane = np.zeros(canvas.shape, dtype=np.float32)
    for edge in edges:
        draw_streak(plane, canvas, np.stack([canvas.x_mm, edge], axis=1)[::5], level_db - rng.uniform(0.0, 6.0))
    return soft_lines_db(plane, rng.uniform(1.2, 3.5))


def _turned(canvas: Canvas, texture: FloatArray, degrees: float) -> FloatArray:
    angle = np.radians(degrees)
    x = (canvas.x_mm - canvas.x_mm.mean())[None, :]
    y = (canvas.y_mm - canvas.y_mm.mean())[:, None]
    columns = (x * np.cos(angle) + y * np.sin(angle) + canvas.x_mm.mean()) / canvas.grid.spacing_mm
    rows = (-x * np.sin(angle) + y * np.cos(angle) + canvas.y_mm.mean()) / canvas.row_mm
    return follow(texture, columns.astype(np.float32), rows.astype(np.float32))


def _lines(rng: np.random.Generator, canvas: Canvas, slab: Slab) -> FloatArray:
    plane = np.zeros(canvas.shape, dtype=np.float32)
    for _ in range(slab.lines):
        angle, length = np.radians(slab.fibre_deg + 2.0 * rng.standard_normal()), rng.uniform(2.0, 14.0)
        t = np.linspace(0.0, length, 10)
        x = rng.uniform(canvas.left_mm - length, canvas.right_mm) + t * np.cos(angle)
        y = rng.uniform(0.0, canvas.depth_mm) + t * np.sin(angle) + 0.15 * smooth_curve(rng, t, 10.0)
        draw_streak(plane, canvas, np.stack([x, y], axis=1), slab.line_db - rng.uniform(0.0, 10.0))
    return soft_lines_db(plane, rng.uniform(1.0, 2.0))


def draw_disc(plane: FloatArray, canvas: Canvas, disc: tuple[float, float, float, float], level_db: float) -> None:
    """Fill an ellipse (centre x, centre y, half width, half height, all mm) with a level."""
    x, y, wide, high = disc
    across, down = canvas.grid.spacing_mm, canvas.row_mm
    centre = (int((x / across - 0.5) * 16), int((y / down - 0.5) * 16))
    axes = (max(int(wide / across * 16), 1), max(int(high / down * 16), 1))
    cv2.ellipse(plane, centre, axes, 0.0, 0.0, 360.0, float(level_db), -1, cv2.LINE_8, 4)
