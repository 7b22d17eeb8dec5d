"""Labelled folders (read as `models.evaluation` reads them) as training samples.

Half of the procedures in a folder are left alone, so that something is left to score on, and the keys of the others
are kept with the weights: see `models.evaluation.trained_on`.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from imaging.errors import BadInput
from imaging.geometry import GridToFrame, PointPx, Points
from imaging.model_folder import InputGrid
from imaging.raster import resample, resample_labels
from imaging.segmentation import Tissue
from models.evaluation.case import Case
from models.evaluation.cases import folder_cases
from models.evaluation.trained_on import Keys, held_back, keys
from models.phantom.frame import NEEDLE_LABEL_MM
from models.training.cache import SPACING_MM
from models.training.sample import HIDDEN_RECESS, NEEDLE_BIT, SIDE, UNKNOWN_TISSUE, Bytes, Sample

_GRID = InputGrid(SIDE, SIDE, SPACING_MM)


class LabelledFrames:
    """Frames of labelled folders, held in memory.

    Raises
    ------
    BadInput
        If they hold none that may be trained on.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        cases = [case for folder in folders for case in folder_cases(folder)]
        trained = [case for case in cases if not held_back(case)]
        if not trained:
            named = ", ".join(folder.name for folder in folders)
            msg = f"{named}: {len(cases)} labelled frames, none of which may be trained on: half of the procedures may"
            raise BadInput(msg)
        self.held_back = len(cases) - len(trained)
        self.keys: Keys = frozenset().union(*map(keys, trained))
        self._samples = [labelled_sample(case) for case in trained]

    def __len__(self) -> int:
        """Frames that may be trained on."""
        return len(self._samples)

    def sample(self, index: int) -> Sample:
        """One of them."""
        return self._samples[index]


def labelled_sample(case: Case) -> Sample:
    """Frame and its truth on the training grid, which lies on it as it does when the network answers."""
    box, needle = case.frame.bmode, case.needle
    inside = slice(box.y0, box.y1), slice(box.x0, box.x1)
    grid = _GRID.placed(box, case.frame.require_spacing())
    of_box = GridToFrame(grid.origin_x - box.x0, grid.origin_y - box.y0, grid.step_x, grid.step_y)
    pixels = resample(case.frame.pixels[inside], of_box, SIDE, SIDE)
    truth = _on_grid(_tissue(case)[inside], of_box)
    tip = None
    if needle is not None:
        shaft = grid.to_grid(needle.shaft.array())
        truth[_band(shaft) & (truth != 0)] |= NEEDLE_BIT
        tip = None if needle.tip is None else PointPx(*grid.on_grid(needle.tip))
    view = None if case.suprapatellar is None else float(case.suprapatellar)
    return Sample(pixels, truth, tip, (view, None, float(needle is not None), float(tip is not None)))


def _tissue(case: Case) -> Bytes:
    """What is known of the tissue: recess, something else, or nothing, which no loss counts."""
    tissue = np.full(case.judged.shape, HIDDEN_RECESS, dtype=np.uint8)
    if case.recess is not None:
        tissue[case.judged] = UNKNOWN_TISSUE
        tissue[case.judged & case.recess] = Tissue.RECESS
    return tissue


def _on_grid(tissue: Bytes, grid: GridToFrame) -> Bytes:
    """Nearest pixel of a picture on the grid, 0 beyond it."""
    back = GridToFrame(-grid.origin_x / grid.step_x, -grid.origin_y / grid.step_y, 1 / grid.step_x, 1 / grid.step_y)
    return resample_labels(tissue, back, SIDE, SIDE)


def _band(shaft: Points) -> npt.NDArray[np.bool_]:
    """Pixels about a shaft, given by its ends, in a band as wide as the phantom labels its needles."""
    (start_x, start_y), (dx, dy) = shaft[0], shaft[1] - shaft[0]
    length = max(float(np.hypot(dx, dy)), 1e-6)
    x, y = np.arange(SIDE) - start_x, np.arange(SIDE)[:, None] - start_y
    along, across = (x * dx + y * dy) / length, (x * dy - y * dx) / length
    return np.asarray((along >= 0) & (along <= length) & (np.abs(across) <= NEEDLE_LABEL_MM / SPACING_MM))
