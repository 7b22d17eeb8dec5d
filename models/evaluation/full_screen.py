"""A phantom case seen as a whole screen, with the B-mode rectangle that the product finds in it."""

from dataclasses import replace

import numpy as np

from imaging.bmode import find_bmode
from imaging.frame import Frame
from imaging.geometry import GridToFrame, PointPx, SegmentPx
from models.evaluation.case import Case, KnownNeedle, Mask
from models.phantom import Screen


def on_full_screen(case: Case, screen: Screen) -> Case:
    """Case seen as a whole screen: truth carried over to its pixels, B-mode rectangle as the product finds it."""
    to_screen = screen.grid_to_screen
    known = None if case.recess is None else _carried(case.recess, to_screen, screen.pixels.shape, beyond=False)
    return replace(
        case,
        frame=Frame(screen.pixels, screen.spacing, find_bmode(screen.pixels)),
        recess=known,
        judged=_carried(case.judged, to_screen, screen.pixels.shape, beyond=True),
        needle=None if case.needle is None else _needle_on(case.needle, to_screen),
    )


def _carried(mask: Mask, to_screen: GridToFrame, shape: tuple[int, ...], *, beyond: bool) -> Mask:
    """Mask on the screen's pixels, each with the value of the nearest pixel of the grid; ``beyond`` the grid."""
    rows, columns = shape
    x = to_screen.to_grid(np.column_stack([np.arange(columns), np.zeros(columns)]))[:, 0]
    y = to_screen.to_grid(np.column_stack([np.zeros(rows), np.arange(rows)]))[:, 1]
    across, down = np.rint(x).astype(np.int64), np.rint(y).astype(np.int64)
    known_x, known_y = (across >= 0) & (across < mask.shape[1]), (down >= 0) & (down < mask.shape[0])
    carried = np.full((rows, columns), beyond)
    carried[np.ix_(known_y, known_x)] = mask[np.ix_(down[known_y], across[known_x])]
    return carried


def _needle_on(needle: KnownNeedle, to_screen: GridToFrame) -> KnownNeedle:
    def carried(point: PointPx) -> PointPx:
        return to_screen.point(point.x, point.y)

    shaft = SegmentPx(carried(needle.shaft.start), carried(needle.shaft.end))
    return replace(needle, tip=None if needle.tip is None else carried(needle.tip), shaft=shaft)
