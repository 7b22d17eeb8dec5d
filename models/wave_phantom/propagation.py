"""What the straight-ray part of propagation does to an echo: shadow below bone, gain below fluid.

The wave simulator scatters each point on its own (first Born approximation), so that nothing hides anything else;
occlusion and unequal attenuation are put on the points' reflectivities here.
"""

import numpy as np
import numpy.typing as npt

from imaging.segmentation import Tissue
from models.wave_phantom.knee import Knee, Positions

ATTENUATION_DB_CM_MHZ = {
    Tissue.SUBCUTANEOUS: 0.63,
    Tissue.QUADRICEPS: 0.9,
    Tissue.SUPRAPATELLAR_FAT: 0.63,
    Tissue.RECESS: 0.05,
    Tissue.PREFEMORAL_FAT: 0.63,
}
"""Fat and fluid as tabulated; tendon well below its 1.57, which holds along the fibres of excised tendon."""
MEAN_ATTENUATION_DB_CM_MHZ = 0.63
_GRID_MM = 0.4
_RAYS = 15
_STEPS = 24


def seen_share(knee: Knee, x_mm: Positions, z_mm: Positions, half_aperture_mm: float) -> Positions:
    """Share of the aperture above each position (0 to 1) from which bone does not hide it."""
    xs = np.arange(knee.x_mm[0], knee.x_mm[-1] + _GRID_MM, _GRID_MM)
    zs = np.arange(0.0, knee.depth_mm + 2.0, _GRID_MM)
    x, z = (axis.ravel() for axis in np.meshgrid(xs, zs))
    half = np.minimum(z / 4.0, half_aperture_mm)
    clear = np.zeros(len(x))
    for part in np.linspace(-1.0, 1.0, _RAYS):
        clear += _unhidden(knee, x + part * half, x, z)
    share = (clear / _RAYS).reshape(len(zs), len(xs))
    return _on_grid(share, xs, zs, x_mm, z_mm)


def _unhidden(knee: Knee, from_x: Positions, x: Positions, z: Positions) -> npt.NDArray[np.bool_]:
    open_way = np.ones(len(x), dtype=bool)
    for part in np.linspace(0.0, 0.98, _STEPS):
        at_x = from_x + part * (x - from_x)
        open_way &= part * z <= knee.at(knee.bone, at_x) + 0.6
    return open_way


def extra_gain_db(knee: Knee, x_mm: Positions, z_mm: Positions, megahertz: float) -> Positions:
    """There-and-back gain against tissue of the mean attenuation everywhere: above 0 dB beneath fluid."""
    xs = np.arange(knee.x_mm[0], knee.x_mm[-1] + _GRID_MM, _GRID_MM)
    zs = np.arange(0.0, knee.depth_mm + 2.0, _GRID_MM / 2.0)
    grid_x, grid_z = np.meshgrid(xs, zs)
    tissue = knee.tissue(grid_x, grid_z)
    table = np.full(256, MEAN_ATTENUATION_DB_CM_MHZ)
    for kind, attenuation in ATTENUATION_DB_CM_MHZ.items():
        table[kind] = attenuation
    difference = np.cumsum(MEAN_ATTENUATION_DB_CM_MHZ - table[tissue], axis=0) * (zs[1] - zs[0]) / 10.0
    return _on_grid(2.0 * megahertz * difference, xs, zs, x_mm, z_mm)


def _on_grid(values: Positions, xs: Positions, zs: Positions, x_mm: Positions, z_mm: Positions) -> Positions:
    """Bilinear values at positions; beyond the grid its edge goes on."""
    column = np.clip((x_mm - xs[0]) / (xs[1] - xs[0]), 0.0, len(xs) - 1.001)
    row = np.clip((z_mm - zs[0]) / (zs[1] - zs[0]), 0.0, len(zs) - 1.001)
    left, upper = column.astype(int), row.astype(int)
    right, lower = column - left, row - upper
    top = values[upper, left] * (1.0 - right) + values[upper, left + 1] * right
    bottom = values[upper + 1, left] * (1.0 - right) + values[upper + 1, left + 1] * right
    mixed: Positions = top * (1.0 - lower) + bottom * lower
    return mixed
