"""Pictures of something else: muscle, nerve and vessel, bone, gel blocks, a probe in air, noise."""

from collections.abc import Callable

import numpy as np

from imaging.segmentation import Tissue
from models.phantom.anatomy import Curve
from models.phantom.bone import surface_db
from models.phantom.canvas import Canvas
from models.phantom.randomness import FloatArray, smooth_curve, stream
from models.phantom.scene import Scene
from models.phantom.stack import Slab, draw_disc, edge_lines_db, stack_echo, stack_labels, wavy_edges
from models.phantom.textures import blur, grain

KIND_SHARES = {"muscle": 0.28, "nerve": 0.2, "bone": 0.12, "block": 0.28, "air": 0.07, "noise": 0.05}
"""Shares of the kinds among frames of other views."""

NEEDLE_SHARES = {"muscle": 0.4, "nerve": 0.5, "bone": 0.3, "block": 0.85, "air": 0.0, "noise": 0.0}
"""How often each kind shows a needle."""


def sample_other(seed: int, canvas: Canvas) -> tuple[Scene, str]:
    """Draw one scene and name its kind."""
    kind = str(stream(seed, "kind").choice(list(KIND_SHARES), p=list(KIND_SHARES.values())))
    return _DRAW[kind](stream(seed, "other"), canvas), kind


def _muscle(rng: np.random.Generator, canvas: Canvas) -> Scene:
    """Fat, then one to three muscles with fascicles that meet their aponeuroses at an angle."""
    count = int(rng.integers(1, 4))
    edges = wavy_edges(rng, canvas, [rng.uniform(0.8, 2.0), rng.uniform(1.0, 9.0)] + count * [rng.uniform(8, 22)], 5.0)
    slabs = [_skin(rng), _fat(rng), *(_fascicles(rng) for _ in range(count))]
    echo = stack_echo(rng, canvas, edges, slabs)
    np.maximum(echo, edge_lines_db(rng, canvas, edges[1:], rng.uniform(8.0, 17.0)), out=echo)
    return _plain_scene(canvas, echo, edges, slabs)


def _nerve(rng: np.random.Generator, canvas: Canvas) -> Scene:
    """Fat and dark muscle with honeycombed nerves and black vessels between bright fasciae."""
    edges = wavy_edges(rng, canvas, [rng.uniform(0.8, 2.0), rng.uniform(1.5, 8.0), rng.uniform(6.0, 14.0)], 7.0)
    slabs = [_skin(rng), _fat(rng), _fascicles(rng), _fascicles(rng)]
    echo = stack_echo(rng, canvas, edges, slabs)
    np.maximum(echo, edge_lines_db(rng, canvas, edges[1:], rng.uniform(6.0, 16.0)), out=echo)
    bodies = np.full(canvas.shape, np.float32(np.nan))
    for _ in range(int(rng.integers(0, 4))):
        _honeycomb(rng, canvas, bodies)
    for _ in range(int(rng.integers(0, 4))):
        _vessel(rng, canvas, bodies)
    mixed = np.where(np.isnan(bodies), echo, bodies + 1.5 * grain(rng, canvas, 0.4, 0.3))
    return _plain_scene(canvas, blur(np.asarray(mixed, dtype=np.float32), 1.0, rng.uniform(1.2, 3.0)), edges, slabs)


def _honeycomb(rng: np.random.Generator, canvas: Canvas, plane: FloatArray) -> None:
    x, y = rng.uniform(canvas.left_mm, canvas.right_mm), rng.uniform(6.0, max(canvas.depth_mm - 5.0, 7.0))
    wide, high = rng.uniform(1.5, 6.0), rng.uniform(1.0, 3.5)
    draw_disc(plane, canvas, (x, y, wide, high), rng.uniform(2.0, 9.0))
    for _ in range(int(rng.integers(6, 40))):
        turn, out = rng.uniform(0.0, 2.0 * np.pi), np.sqrt(rng.uniform(0.0, 0.85))
        radius = rng.uniform(0.2, 0.6)
        hole = (x + wide * out * np.cos(turn), y + high * out * np.sin(turn), radius, radius)
        draw_disc(plane, canvas, hole, rng.uniform(-16.0, -6.0))


def _vessel(rng: np.random.Generator, canvas: Canvas, plane: FloatArray) -> None:
    """Black oval or, cut along its length, black band: dark as a recess and never one."""
    x, y = rng.uniform(canvas.left_mm, canvas.right_mm), rng.uniform(6.0, max(canvas.depth_mm - 4.0, 7.0))
    wide = rng.uniform(1.0, 5.0) if rng.uniform() < 0.7 else rng.uniform(8.0, 25.0)
    high = min(wide, rng.uniform(0.8, 3.5))
    draw_disc(plane, canvas, (x, y, wide + 0.4, high + 0.4), rng.uniform(0.0, 11.0))
    draw_disc(plane, canvas, (x, y, wide, high), rng.uniform(-34.0, -18.0))


def _bone(rng: np.random.Generator, canvas: Canvas) -> Scene:
    """Soft tissue over one arched bone."""
    edges = wavy_edges(rng, canvas, [rng.uniform(0.8, 2.0), rng.uniform(1.0, 8.0), rng.uniform(6.0, 14.0)], 6.0)
    slabs = [_skin(rng), _fat(rng), _fascicles(rng), _fascicles(rng)]
    echo = stack_echo(rng, canvas, edges, slabs)
    np.maximum(echo, edge_lines_db(rng, canvas, edges[1:], rng.uniform(6.0, 15.0)), out=echo)
    off = canvas.x_mm - rng.uniform(canvas.left_mm, canvas.right_mm)
    surface = rng.uniform(8.0, 0.8 * canvas.depth_mm) + rng.uniform(-0.002, 0.06) * off**2
    surface = surface + 0.4 * smooth_curve(rng, canvas.x_mm, 10.0)
    below = canvas.y_mm[:, None] > surface[None, :] + 0.4
    echo = np.where(below, rng.uniform(-32.0, -10.0) + 2.0 * grain(rng, canvas, 2.0, 0.4), echo).astype(np.float32)
    np.maximum(echo, surface_db(rng, canvas, surface, rng.uniform(10.0, 24.0), 0.8), out=echo)
    scene = _plain_scene(canvas, echo, edges, slabs)
    depth = canvas.grid_y_mm[:, None] - surface[None, :]
    scene.labels[(depth > 0.75) & canvas.inside()] = Tissue.SHADOW
    scene.labels[(np.abs(depth - 0.25) <= 0.5) & canvas.inside()] = Tissue.BONE
    return scene


def _block(rng: np.random.Generator, canvas: Canvas) -> Scene:
    """Practice block: gel or meat with few structures, dark gaps and long bright interfaces."""
    count = int(rng.integers(1, 5))
    edges = wavy_edges(rng, canvas, [rng.uniform(0.5, 3.0)] + [rng.uniform(3.0, 12.0) for _ in range(count)], 12.0)
    slabs = [_skin(rng)]
    for _ in range(count):
        level = rng.uniform(-24.0, -12.0) if rng.uniform() < 0.35 else rng.uniform(-6.0, 5.0)
        strands, line_db = int(rng.integers(0, 6)), level + rng.uniform(4.0, 14.0)
        slabs.append(Slab(Tissue.QUADRICEPS, level, rng.uniform(0.3, 3.0), rng.uniform(-12.0, 25.0), strands, line_db))
    echo = stack_echo(rng, canvas, edges, slabs)
    if rng.uniform() < 0.6:
        echo += np.float32(rng.uniform(1.0, 6.0)) * grain(rng, canvas, rng.uniform(0.5, 2.0), rng.uniform(0.25, 0.6))
    np.maximum(echo, edge_lines_db(rng, canvas, edges, rng.uniform(4.0, 16.0)), out=echo)
    return _plain_scene(canvas, echo, edges, slabs)


def _air(rng: np.random.Generator, canvas: Canvas) -> Scene:
    """A probe that touches nothing: bright bands at equal distances that die away."""
    y = canvas.y_mm[:, None]
    step = rng.uniform(0.8, 4.0)
    bands = np.cos(2.0 * np.pi * y / step) ** 8 * rng.uniform(6.0, 22.0) - y * rng.uniform(0.5, 3.0)
    echo = bands + rng.uniform(-8.0, 12.0) + 2.0 * grain(rng, canvas, 6.0, 0.2)
    return _nothing(canvas, np.maximum(echo, -60.0))


def _noise(rng: np.random.Generator, canvas: Canvas) -> Scene:
    """Gel without an object, or the gain at either end."""
    echo = rng.uniform(-45.0, 2.0) + rng.uniform(0.5, 4.0) * grain(rng, canvas, 3.0, 1.5)
    return _nothing(canvas, np.asarray(echo - rng.uniform(0.0, 0.8) * canvas.y_mm[:, None], dtype=np.float32))


def _nothing(canvas: Canvas, echo: FloatArray) -> Scene:
    labels = np.zeros((canvas.grid.rows, canvas.grid.columns), dtype=np.uint8)
    return Scene(canvas, echo.astype(np.float32), np.zeros(canvas.shape, dtype=np.float32), labels)


def _plain_scene(canvas: Canvas, echo: FloatArray, edges: list[Curve], slabs: list[Slab]) -> Scene:
    return Scene(canvas, echo, np.zeros(canvas.shape, dtype=np.float32), stack_labels(canvas, edges, slabs))


def _skin(rng: np.random.Generator) -> Slab:
    return Slab(Tissue.SUBCUTANEOUS, rng.uniform(-2.0, 9.0), 1.0, 0.0, 0, 0.0)


def _fat(rng: np.random.Generator) -> Slab:
    lines, line_db = int(rng.integers(2, 12)), rng.uniform(2.0, 13.0)
    return Slab(Tissue.SUBCUTANEOUS, rng.uniform(-12.0, 0.0), rng.uniform(1.0, 3.0), 0.0, lines, line_db)


def _fascicles(rng: np.random.Generator) -> Slab:
    level = rng.uniform(-24.0, -10.0) if rng.uniform() < 0.3 else rng.uniform(-6.0, 4.0)
    angle = rng.uniform(4.0, 35.0) * rng.choice([-1.0, 1.0])
    lines, line_db = int(rng.integers(8, 70)), rng.uniform(2.0, 14.0)
    return Slab(Tissue.QUADRICEPS, level, rng.uniform(1.5, 6.0), float(angle), lines, line_db)


_DRAW: dict[str, Callable[[np.random.Generator, Canvas], Scene]] = {
    "muscle": _muscle,
    "nerve": _nerve,
    "bone": _bone,
    "block": _block,
    "air": _air,
    "noise": _noise,
}
