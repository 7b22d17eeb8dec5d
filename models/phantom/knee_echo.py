"""Echo levels of a knee: layers, fibres, septa, walls, bone and its shadow."""

import numpy as np
import numpy.typing as npt

from models.phantom.anatomy import TISSUE_OF_LAYER, Knee, Layer
from models.phantom.bone import bone_db, patella_passage_db
from models.phantom.canvas import Canvas
from models.phantom.distractors import cartilage_mask, dark_lines_db, oblique_db
from models.phantom.physics import EchoRanges
from models.phantom.randomness import FloatArray, smooth_curve, stream
from models.phantom.recess_echo import contents_db, walls_db
from models.phantom.scene import Scene
from models.phantom.streaks import streaks_db
from models.phantom.textures import blur, follow, grain

SHADOW_LABEL_DB = -22.0
"""Tissue darker than this by a shadow is labelled shadow: a reader no longer tells it from the shadow."""

FLUID_CONTRAST_DB = 10.0
"""Least that fluid lies below the darker fat pad; what nobody could see may not be labelled."""

SHUT_MM = 0.35
"""Where walls are closer than this nobody sees a slit between them, and none is labelled."""

SLICE_MM = 1.5
"""Thickness below which a slit is no longer black: about the elevational beam width off its focus."""

BRIGHTEST_TISSUE_DB = 17.0
"""Fascia seen square on; only bone, steel and gas send back more."""


def knee_scene(seed: int, canvas: Canvas, knee: Knee, ranges: EchoRanges) -> Scene:
    """Echo scene of a knee at rest."""
    layers = knee.layers(canvas.y_mm)
    levels = _levels(seed, ranges)
    echo = _soft_levels(
        seed, canvas, knee, levels[layers] + _slice_fill(seed, knee, layers, levels, ranges), ranges
    ) + _texture(seed, canvas, knee, layers, ranges)
    echo += _anisotropy(seed, knee, layers, ranges)
    lines = (
        streaks_db(seed, canvas, knee, ranges, levels),
        oblique_db(seed, canvas, float(levels[Layer.TENDON]) + 8.0),
        contents_db(seed, canvas, knee, layers, ranges),
        walls_db(seed, canvas, knee, ranges, float(levels[Layer.SUPRAPATELLAR_FAT])),
    )
    for level in lines:
        np.maximum(echo, level, out=echo, where=layers < Layer.BONE)
    cartilage = cartilage_mask(seed, canvas, knee, ranges)
    echo += dark_lines_db(seed, canvas, knee)
    echo = echo * (1.0 - cartilage) + cartilage * ranges.cartilage_db.sample(stream(seed, "cartilage-level"))
    np.minimum(echo, BRIGHTEST_TISSUE_DB, out=echo)
    np.maximum(echo, bone_db(seed, canvas, knee, ranges), out=echo)
    shadow = patella_passage_db(seed, canvas, knee)
    passage = shadow + _passage(seed, canvas, layers, ranges)
    return Scene(canvas, echo, passage, knee_labels(canvas, knee, shadow))


def _slice_fill(
    seed: int, knee: Knee, layers: npt.NDArray[np.uint8], levels: FloatArray, ranges: EchoRanges
) -> FloatArray:
    """Echo that a slice of finite thickness brings into a narrow slit from the tissue beside it."""
    room = _beside_recess(levels) - 0.5 * FLUID_CONTRAST_DB - float(levels[Layer.RECESS])
    gain = min(ranges.slice_fill_db.sample(stream(seed, "slice-fill")), room)
    fill = gain * np.exp(-(knee.floor - knee.roof) / SLICE_MM)
    return np.where(layers == Layer.RECESS, fill.astype(np.float32)[None, :], np.float32(0.0))


def _soft_levels(seed: int, canvas: Canvas, knee: Knee, plane: FloatArray, ranges: EchoRanges) -> FloatArray:
    """Level of each layer with edges that are blurred and frayed, as they are in a slice of finite thickness.

    Both are bounded by the thickness of the recess: a slit keeps its place, which its label says exactly.
    """
    rng = stream(seed, "edges")
    open_mm = (knee.floor - knee.roof).astype(np.float32)
    fray = ranges.fuzz_mm.sample(rng) / canvas.row_mm * grain(rng, canvas, 0.8, 0.4)
    fray *= np.clip(open_mm / np.float32(4.0), 0.15, 1.0)[None, :]
    rows = np.arange(canvas.shape[0], dtype=np.float32)[:, None] + fray
    columns = np.broadcast_to(np.arange(canvas.shape[1], dtype=np.float32), canvas.shape)
    plane = follow(plane, np.ascontiguousarray(columns), rows)
    edge = min(ranges.edge_mm.sample(rng), 0.15 + 0.2 * float(open_mm.max()))
    return blur(plane, edge / canvas.grid.spacing_mm, edge / canvas.row_mm)


def _passage(seed: int, canvas: Canvas, layers: npt.NDArray[np.uint8], ranges: EchoRanges) -> FloatArray:
    """Enhancement below fluid, uneven contact along the probe, and at times a strip without contact."""
    rng = stream(seed, "passage")
    fluid_mm = np.cumsum(layers == Layer.RECESS, axis=0, dtype=np.float32) * np.float32(canvas.row_mm)
    gain = ranges.enhancement_db_per_mm.sample(rng) * np.minimum(fluid_mm, 10.0)
    contact = -ranges.contact_db.sample(rng) * (1.0 + smooth_curve(rng, canvas.x_mm, 14.0))
    if rng.uniform() < ranges.poor_contact_share:
        edge = canvas.left_mm if rng.uniform() < 0.5 else canvas.right_mm
        contact -= rng.uniform(6.0, 25.0) * np.exp(-((np.abs(canvas.x_mm - edge) / rng.uniform(2.0, 8.0)) ** 4))
    return np.asarray(gain + contact[None, :], dtype=np.float32)


def knee_labels(canvas: Canvas, knee: Knee, passage_db: FloatArray) -> npt.NDArray[np.uint8]:
    """Label map on the grid, without needle."""
    layers = knee.layers(canvas.grid_y_mm)
    shut = knee.floor - knee.roof < (SHUT_MM if knee.has_recess else np.inf)
    layers[(layers == Layer.RECESS) & shut[None, :]] = Layer.PREFEMORAL_FAT
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
    levels[Layer.RECESS] = min(levels[Layer.RECESS], _beside_recess(levels) - FLUID_CONTRAST_DB)
    return levels


def _beside_recess(levels: FloatArray) -> float:
    """Level of the darker of the fat pads."""
    return float(min(levels[Layer.SUPRAPATELLAR_FAT], levels[Layer.PREFEMORAL_FAT]))


def _texture(seed: int, canvas: Canvas, knee: Knee, layers: npt.NDArray[np.uint8], ranges: EchoRanges) -> FloatArray:
    """Fibres that run with the tendon and muscle, strands in fat, slow changes everywhere."""
    rng = stream(seed, "texture")
    fine = grain(rng, canvas, knee.fibre_scale * rng.uniform(1.6, 5.5), rng.uniform(0.1, 0.22))
    coarse = grain(rng, canvas, knee.fibre_scale * rng.uniform(2.0, 7.0), rng.uniform(0.3, 0.7))
    blotch = grain(rng, canvas, rng.uniform(0.5, 2.0), rng.uniform(0.18, 0.5))
    slow = grain(rng, canvas, rng.uniform(3.0, 7.0), rng.uniform(2.0, 5.0))
    columns, rows = _fibre_coordinates(canvas, knee, layers)
    fibre = follow(fine + rng.uniform(0.3, 1.2) * coarse, columns, rows)
    slant = np.float32(rng.uniform(-0.35, 0.35) * canvas.grid.spacing_mm / canvas.row_mm)
    blotch = follow(blotch, columns, rows + slant * columns)
    # Bundles stand out of a darker ground: bright excursions are longer than dark ones.
    skewed = fibre + 0.35 * (fibre * fibre - 1.0)
    fibrous = ranges.fibre_db.sample(rng) * _FIBROUS[layers]
    blotchy = ranges.blotch_db.sample(rng) * _BLOTCHY[layers]
    return np.asarray(fibrous * skewed + blotchy * blotch + rng.uniform(0.5, 2.5) * slow, dtype=np.float32)


_FIBROUS = np.array([0.5, 0.2, 1.0, 0.9, 0.3, 0.0, 0.4, 0.0, 0.3], dtype=np.float32)
_BLOTCHY = np.array([0.4, 0.8, 0.3, 0.6, 1.0, 0.8, 1.0, 0.3, 0.5], dtype=np.float32)


def _fibre_coordinates(canvas: Canvas, knee: Knee, layers: npt.NDArray[np.uint8]) -> tuple[FloatArray, FloatArray]:
    """Texture coordinates that follow the layers: depth below a reference curve that bends with each."""
    mid = (knee.fat + knee.tendon) / 2.0
    references = [knee.skin, knee.skin, mid, knee.muscle, knee.roof, knee.roof, knee.femur * 0.5 + knee.floor * 0.5]
    references += [knee.femur, knee.femur]
    table = np.stack([curve - curve[len(curve) // 2] for curve in references])
    rows = canvas.y_mm[:, None] - np.take_along_axis(table, layers.astype(np.intp), axis=0)
    columns = np.broadcast_to(np.arange(canvas.shape[1], dtype=np.float32), canvas.shape)
    return np.ascontiguousarray(columns), np.asarray(rows / canvas.row_mm, dtype=np.float32)


def _anisotropy(seed: int, knee: Knee, layers: npt.NDArray[np.uint8], ranges: EchoRanges) -> FloatArray:
    """Loss where tendon fibres leave the perpendicular to the beam, and towards the patella."""
    rng = stream(seed, "anisotropy")
    slope = np.degrees(np.arctan(np.gradient((knee.fat + knee.tendon) / 2.0, knee.x_mm)))
    tolerance = rng.uniform(3.0, 14.0)
    loss = np.clip((np.abs(slope) - tolerance) / 6.0, 0.0, 1.0)
    near = np.exp(-np.maximum(knee.patella_end_mm + 4.0 - knee.x_mm, 0.0) / rng.uniform(2.0, 8.0))
    loss = np.maximum(loss, near * rng.uniform(0.0, 1.0)) * ranges.anisotropy_db.sample(rng)
    return np.asarray(-loss[None, :] * (layers == Layer.TENDON), dtype=np.float32)
