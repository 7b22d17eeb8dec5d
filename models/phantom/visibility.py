"""Where a recess can be seen in the finished picture: what nobody can see must not be asked of a network.

Noise, gain, debris, a neighbouring shadow or the picture's edge can make drawn fluid look like what lies around it.
Such stretches keep their place in the anatomy but count neither for nor against a reader.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from imaging.segmentation import Tissue

Mask = npt.NDArray[np.bool_]
Grey = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Visibility:
    """When a column of recess counts as seen.

    Contrast is (mean beside - mean inside) / pooled standard deviation, over a window of columns; above the roof and
    below the floor are compared apart, because a dark layer beside a dark layer has no wall to be seen.
    """

    window_mm: float = 3.0
    beside_mm: tuple[float, float] = (0.4, 2.0)
    least_contrast: float = 0.4
    least_better_contrast: float = 1.0
    least_contrast_of_one_wall: float = 1.6
    least_grey_levels: float = 6.0
    bridged_mm: float = 4.0
    brightest: float = 0.75
    """Quantile at which grey levels are cut on either side: a few bubbles or a needle's glare hide no recess."""

    least_length_mm: float = 3.0
    least_share: float = 0.3


_RULE = Visibility()
_SOFT = (Tissue.SUBCUTANEOUS, Tissue.QUADRICEPS, Tissue.SUPRAPATELLAR_FAT, Tissue.PREFEMORAL_FAT)


def hidden_recess(
    pixels: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.uint8],
    anatomy: npt.NDArray[np.uint8],
    spacing_mm: float,
    rule: Visibility = _RULE,
) -> Mask:
    """Pixels of recess that the picture does not show: bool ``[row, column]``, all of it where too little is left.

    Parameters
    ----------
    labels, anatomy
        Label maps with and without the needle; the needle's pixels are left out of the comparison.
    """
    recess: Mask = np.asarray(anatomy == Tissue.RECESS)
    if not recess.any():
        return recess
    contrasts, levels = _contrasts(pixels, labels, anatomy, spacing_mm, rule)
    two = np.isfinite(contrasts).all(axis=0)
    better, worse = np.nanmax(contrasts, axis=0, initial=-9.0), np.nanmin(contrasts, axis=0, initial=9.0)
    seen = two & (worse >= rule.least_contrast) & (better >= rule.least_better_contrast)
    seen |= ~two & (better >= rule.least_contrast_of_one_wall)
    seen &= np.nanmin(levels, axis=0, initial=255.0) >= rule.least_grey_levels
    there: Mask = np.asarray(recess.any(axis=0))
    columns = _whole_stretches(seen & there, there, spacing_mm, rule)
    hidden: Mask = np.asarray(recess & ~columns[None, :], dtype=np.bool_)
    return hidden if hidden.sum() <= (1.0 - rule.least_share) * recess.sum() else recess


def _contrasts(
    pixels: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.uint8],
    anatomy: npt.NDArray[np.uint8],
    spacing_mm: float,
    rule: Visibility,
) -> tuple[Grey, Grey]:
    """Contrast and difference in grey level per side (above, below) and column; NaN where nothing lies beside."""
    recess: Mask = np.asarray(anatomy == Tissue.RECESS)
    needle = _grown(np.asarray(labels == Tissue.NEEDLE), 5, 5)
    near, far = (round(edge / spacing_mm) for edge in rule.beside_mm)
    soft = np.isin(anatomy, _SOFT) & ~needle & ~_grown(recess, 2 * near + 1, 1)
    width = round(rule.window_mm / spacing_mm)
    core: Mask = np.asarray(cv2.erode(recess.astype(np.uint8), np.ones((3, 1), np.uint8)) > 0)
    inside = np.where(np.asarray(core.any(axis=0))[None, :], core, recess) & ~needle
    grey = pixels.astype(np.float64)
    own = _moments(_cut(grey, inside, rule.brightest), inside, width)
    below: Mask = np.flipud(_reach_up(np.flipud(recess), far))
    sides = (_reach_up(recess, far) & soft, below & soft)
    levels = [_moments(_cut(grey, side, rule.brightest), side, width) for side in sides]
    difference = np.stack([each[0] - own[0] for each in levels])
    spread = np.stack([np.sqrt((each[1] + own[1]) / 2.0 + 4.0) for each in levels])
    return difference / spread, difference


def _cut(grey: Grey, mask: Mask, quantile: float) -> Grey:
    return np.minimum(grey, np.quantile(grey[mask], quantile)) if mask.any() else grey


def _grown(mask: Mask, rows: int, columns: int) -> Mask:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((rows, columns), np.uint8)) > 0)


def _reach_up(recess: Mask, rows: int) -> Mask:
    """Pixels that have recess at most ``rows`` below them."""
    below = np.zeros_like(recess)
    for step in range(1, rows + 1):
        below[:-step] |= recess[step:]
    return below


def _moments(grey: Grey, mask: Mask, width: int) -> tuple[Grey, Grey]:
    """Mean and variance of the masked pixels in a window about each column; NaN where there are fewer than 20."""
    window = np.ones(width)
    count, total, squares = (
        np.convolve(plane.sum(axis=0), window, "same")
        for plane in (mask.astype(np.float64), grey * mask, grey**2 * mask)
    )
    enough = np.where(count >= 20.0, count, np.nan)
    mean = total / enough
    return mean, np.maximum(squares / enough - mean**2, 0.0)


def _whole_stretches(seen: Mask, there: Mask, spacing_mm: float, rule: Visibility) -> Mask:
    """Columns with short gaps bridged and short stretches dropped."""
    gap, least = round(rule.bridged_mm / spacing_mm) | 1, round(rule.least_length_mm / spacing_mm)
    row = seen.astype(np.uint8)[None, :]
    closed = cv2.morphologyEx(row, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((1, least), np.uint8))
    return np.asarray((opened[0] > 0) & there)
