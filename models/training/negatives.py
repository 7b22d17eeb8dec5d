"""Real pictures known to show neither recess nor needle: muscle, nerve, vessel and bone.

The folder holds PNG files. Files whose names begin with one of `HELD_OUT` are never trained on, so that the rate of
false findings can be reported on them; files with a needle are left out altogether.
"""

from pathlib import Path

import cv2
import numpy as np

from models.training.sample import SIDE, Bytes, Sample, negative

HELD_OUT = (*(f"usgra_{index:03d}" for index in range(35, 70)), "timtrack3", "plus_bone")
WITH_NEEDLE = ("okwija_needle",)


class Negatives:
    """Pictures of a folder, held in memory."""

    def __init__(self, folder: Path | None) -> None:
        files = [] if folder is None else sorted(folder.glob("*.png"))
        self._pictures = [_read(path) for path in files if not path.name.startswith(HELD_OUT + WITH_NEEDLE)]

    def __len__(self) -> int:
        """Pictures that may be trained on."""
        return len(self._pictures)

    def pixels(self, random: np.random.Generator) -> Bytes:
        """Random window of a random picture at a random scale, on the training grid."""
        picture = self._pictures[int(random.integers(len(self._pictures)))]
        rows, columns = picture.shape
        scale = SIDE / max(rows, columns) * float(np.exp(random.uniform(np.log(0.9), np.log(2.2))))
        left = random.uniform(min(0.0, columns - SIDE / scale), max(0.0, columns - SIDE / scale))
        top = random.uniform(0.0, max(0.0, rows - SIDE / scale)) if random.random() < 0.7 else 0.0
        matrix = np.array([[scale, 0.0, -left * scale], [0.0, scale, -top * scale]])
        flags = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
        return np.asarray(cv2.warpAffine(picture, matrix, (SIDE, SIDE), flags=flags), dtype=np.uint8)

    def sample(self, random: np.random.Generator) -> Sample:
        """As `pixels`, with its truth."""
        return negative(self.pixels(random))


def _read(path: Path) -> Bytes:
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        msg = f"{path.name} is not a picture"
        raise ValueError(msg)
    return np.asarray(picture, dtype=np.uint8)
