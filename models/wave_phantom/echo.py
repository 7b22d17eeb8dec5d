"""Echo of each tissue: how dense, how strong, how streaked, and which surfaces mirror.

Levels are dB against fat of 0 dB; they follow the order sonographers describe (tendon bright and fibrillar, subcutis
dark with bright septa, fluid nearly empty, cortical bone far above all), with wide draws because no table exists.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from imaging.segmentation import Tissue
from models.wave_phantom.knee import Curve, Knee
from models.wave_phantom.scatterers import LINE_STEP_MM, Positions, Scatterers, surface

_FIELD_STEP_MM = (0.04, 0.1)
"""Down and across a texture."""


@dataclass(frozen=True, slots=True)
class Look:
    """How one frame's tissues echo, in dB; `streaks_db` is the spread between fibres, `patches_db` between places."""

    level_db: dict[Tissue, float]
    streaks_db: dict[Tissue, float]
    patches_db: float
    anisotropy_db: float
    septa: int
    fibrils: int
    fat_strands: int
    wall_db: float
    bone_db: float
    femur_loss_db: float
    fascia_db: float


def draw_look(rng: np.random.Generator) -> Look:
    """One frame's echo levels."""
    fluid = rng.uniform(-42.0, -26.0) if rng.random() < 0.7 else rng.uniform(-26.0, -16.0)  # clear or with debris
    level = {
        Tissue.SUBCUTANEOUS: rng.uniform(-12.0, -4.0),
        Tissue.QUADRICEPS: rng.uniform(-4.0, 2.0),
        Tissue.SUPRAPATELLAR_FAT: rng.uniform(-7.0, 3.0),
        Tissue.RECESS: fluid,
        Tissue.PREFEMORAL_FAT: rng.uniform(-6.0, 4.0),
    }
    streaks = {
        Tissue.SUBCUTANEOUS: rng.uniform(2.0, 4.0),
        Tissue.QUADRICEPS: rng.uniform(4.0, 7.0),
        Tissue.SUPRAPATELLAR_FAT: rng.uniform(2.0, 4.0),
        Tissue.RECESS: rng.uniform(1.0, 4.0),
        Tissue.PREFEMORAL_FAT: rng.uniform(3.0, 5.0),
    }
    return Look(
        level_db=level,
        streaks_db=streaks,
        patches_db=rng.uniform(1.0, 4.0),
        anisotropy_db=rng.uniform(0.0, 14.0) if rng.random() < 0.6 else 0.0,
        septa=int(rng.integers(5, 12)),
        fibrils=int(rng.integers(20, 45)),
        fat_strands=int(rng.integers(20, 50)),
        wall_db=rng.uniform(-3.0, 6.0),
        bone_db=rng.uniform(20.0, 28.0),
        femur_loss_db=rng.uniform(0.0, 12.0),
        fascia_db=rng.uniform(6.0, 15.0),
    )


def tissue_scatterers(
    rng: np.random.Generator, knee: Knee, look: Look, half_width_mm: float, per_mm2: float
) -> Scatterers:
    """Speckle of all soft tissue; none in bone and below it."""
    lowest = min(knee.depth_mm, float(knee.bone[np.abs(knee.x_mm) < half_width_mm].max()))
    n = rng.poisson(per_mm2 * 2.0 * half_width_mm * lowest)
    x, z = rng.uniform(-half_width_mm, half_width_mm, n), rng.uniform(0.3, lowest, n)
    tissue = knee.tissue(x, z)
    gain_db = np.full(n, -300.0)
    tops = {
        Tissue.SUBCUTANEOUS: knee.skin,
        Tissue.QUADRICEPS: knee.subcutis,
        Tissue.SUPRAPATELLAR_FAT: knee.quadriceps,
        Tissue.RECESS: knee.roof,
        Tissue.PREFEMORAL_FAT: knee.floor,
    }
    for kind, top in tops.items():
        here = tissue == kind
        grain_mm = (rng.uniform(1.0, 4.0), rng.uniform(0.1, 0.3))
        streaks = _field(rng, x[here], z[here] - knee.at(top, x[here]), grain_mm)
        gain_db[here] = look.level_db[kind] + look.streaks_db[kind] * streaks
    gain_db += look.patches_db * _field(rng, x, z, (rng.uniform(2.0, 6.0), rng.uniform(1.0, 3.0)))
    gain_db[z < knee.at(knee.skin, x)] = 5.0
    gain_db -= look.anisotropy_db * _slack_tendon(knee, x, z)
    cloud = Scatterers(x, z, rng.normal(0.0, 1.0, n) * 10.0 ** (gain_db / 20.0))
    return cloud.where(gain_db > -200.0)


def _slack_tendon(knee: Knee, x_mm: Positions, z_mm: Positions) -> Positions:
    """0 to 1: the deep end of the tendon and the fat beside the patella, whose fibres turn away from the beam."""
    if not np.isfinite(knee.patella).any():
        return np.zeros_like(x_mm)
    pole_mm = float(knee.x_mm[np.isfinite(knee.patella)][0])
    deep = (z_mm - knee.at(knee.subcutis, x_mm)) / (knee.at(knee.roof, x_mm) - knee.at(knee.subcutis, x_mm))
    share: Positions = np.exp(-(((x_mm - pole_mm + 2.0) / 5.0) ** 2)) * np.clip(2.0 * deep - 0.6, 0.0, 1.0) * (deep < 1)
    return share


def _field(rng: np.random.Generator, x_mm: Positions, z_mm: Positions, grain_mm: tuple[float, float]) -> Positions:
    """Smooth random field of unit spread, alike over `grain_mm` across and down."""
    rows, columns = round(80.0 / _FIELD_STEP_MM[0]), round(60.0 / _FIELD_STEP_MM[1])
    noise = rng.normal(0.0, 1.0, (rows, columns)).astype(np.float32)
    across, down = grain_mm[0] / _FIELD_STEP_MM[1], grain_mm[1] / _FIELD_STEP_MM[0]
    field = cv2.GaussianBlur(noise, (0, 0), sigmaX=across, sigmaY=down)
    row = np.clip(((z_mm + 10.0) / _FIELD_STEP_MM[0]).astype(int), 0, rows - 1)
    column = np.clip(((x_mm + 30.0) / _FIELD_STEP_MM[1]).astype(int), 0, columns - 1)
    picked: Positions = field[row, column] / float(field.std())
    return picked


def surfaces(rng: np.random.Generator, knee: Knee, look: Look) -> Iterator[Scatterers]:
    """Everything that mirrors: fascia, septa, fibrils, walls of the recess, bone."""
    yield _edge(rng, knee, knee.subcutis, look.fascia_db, 0.02)
    yield _edge(rng, knee, knee.quadriceps, look.fascia_db - 6.0, 0.03)
    yield _edge(rng, knee, knee.skin, 8.0, 0.04)
    for _ in range(look.septa):
        yield _strand(rng, knee, (knee.skin, knee.subcutis), rng.uniform(0.0, 12.0), wander_mm=0.7)
    for _ in range(look.fibrils):
        yield _strand(rng, knee, (knee.subcutis, knee.quadriceps), rng.uniform(-6.0, 5.0), wander_mm=0.1)
    for _ in range(look.fat_strands):
        yield _strand(rng, knee, (knee.floor, knee.femur), rng.uniform(-6.0, 5.0), wander_mm=0.4)
    for _ in range(look.fat_strands // 3):
        yield _strand(rng, knee, (knee.quadriceps, knee.roof), rng.uniform(-8.0, 2.0), wander_mm=0.3)
    for wall in (knee.roof, knee.floor):
        yield _edge(rng, knee, wall, look.wall_db, 0.03)
    for bone, loss_db in ((knee.femur, look.femur_loss_db), (knee.patella, 0.0)):
        for depth_mm, level in ((0.0, look.bone_db), (0.2, look.bone_db - 4.0), (0.45, look.bone_db - 9.0)):
            yield _edge(rng, knee, bone + depth_mm, level - loss_db, 0.05)


def _edge(rng: np.random.Generator, knee: Knee, curve: Curve, level_db: float, roughness_mm: float) -> Scatterers:
    """A whole curve, its level wandering along it."""
    x = np.arange(knee.x_mm[0], knee.x_mm[-1], LINE_STEP_MM)
    finite = np.isfinite(knee.at(curve, x))
    level = level_db + 3.0 * smooth_noise(rng, len(x), 2.5 / LINE_STEP_MM)
    return surface(rng, x[finite], knee.at(curve, x[finite]), level[finite], roughness_mm)


def _strand(
    rng: np.random.Generator, knee: Knee, between: tuple[Curve, Curve], level_db: float, wander_mm: float
) -> Scatterers:
    """A piece of a line that runs along a layer and fades at both ends."""
    length = rng.uniform(4.0, 20.0)
    start = rng.uniform(knee.x_mm[0], knee.x_mm[-1] - 4.0)
    x = np.arange(start, min(start + length, knee.x_mm[-1]), LINE_STEP_MM)
    top, bottom = knee.at(between[0], x), knee.at(between[1], x)
    share = rng.uniform(0.05, 0.95)
    z = top + share * (bottom - top) + wander_mm * smooth_noise(rng, len(x), 3.0 / LINE_STEP_MM)
    ends = np.minimum(np.arange(len(x)), np.arange(len(x))[::-1]) * LINE_STEP_MM
    level = level_db - 12.0 * np.exp(-ends / 1.0) + 2.0 * smooth_noise(rng, len(x), 1.5 / LINE_STEP_MM)
    return surface(rng, x, z, level, 0.02).where((z > top) & (z < bottom))


def smooth_noise(rng: np.random.Generator, n: int, correlated: float) -> npt.NDArray[np.float64]:
    """Random values of about unit spread, alike over `correlated` neighbours."""
    coarse = rng.normal(0.0, 1.0, max(4, int(n / correlated) + 4))
    at = np.linspace(1.0, len(coarse) - 2.0, n)
    before = at.astype(int)
    share = 0.5 - 0.5 * np.cos(np.pi * (at - before))
    value: npt.NDArray[np.float64] = (1.0 - share) * coarse[before] + share * coarse[before + 1]
    return value
