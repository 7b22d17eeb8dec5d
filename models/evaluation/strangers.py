"""Pictures that are no view of a suprapatellar recess, to see whether they are recognised as such.

What is drawn here needs nothing; what is real comes from folders and packages that may be missing.
"""

import importlib.util
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from imaging.bmode import find_bmode
from imaging.dicom import read_dicom
from imaging.frame import Frame, GreyPixels
from imaging.geometry import PixelSpacing, SpacingSource
from imaging.raster import decode_grey
from models.training.negatives import HELD_OUT, WITH_NEEDLE

ASSUMED_SIDE_MM = 45.0
"""Length that the longer side of a picture without calibration is taken to have."""
DRAWN = 100
"""Pictures of each drawn kind."""
CROPS = 5
"""Windows cut from each photograph, the whole one not counted."""
_SHAPE = (480, 640)
_LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz 0123456789.:"))
Draw = Callable[[np.random.Generator], npt.NDArray[np.uint8]]


def frame_of(pixels: GreyPixels) -> Frame:
    """Picture as a frame, calibrated as if its B-mode rectangle were 45 mm long."""
    box = find_bmode(pixels)
    mm = ASSUMED_SIDE_MM / max(box.width, box.height)
    return Frame(np.ascontiguousarray(pixels), PixelSpacing(mm, mm, SpacingSource.CALLER), box)


def drawn(seed: int = 0) -> Iterator[tuple[str, Iterator[Frame]]]:
    """Kinds of pictures made from random numbers, by name."""
    for at, (name, draw) in enumerate(_DRAWN.items()):
        random = np.random.default_rng([seed, at])
        yield name, (frame_of(draw(random)) for _ in range(DRAWN))


def _uniform(random: np.random.Generator) -> npt.NDArray[np.uint8]:
    return random.integers(0, 256, _SHAPE, dtype=np.uint8)


def _normal(random: np.random.Generator) -> npt.NDArray[np.uint8]:
    noise = random.normal(random.uniform(30, 220), random.uniform(3, 60), _SHAPE)
    return np.clip(noise, 0, 255).astype(np.uint8)


def _salt(random: np.random.Generator) -> npt.NDArray[np.uint8]:
    return np.where(random.random(_SHAPE) < random.uniform(0.005, 0.3), 255, 0).astype(np.uint8)


def _blank(random: np.random.Generator) -> npt.NDArray[np.uint8]:
    return np.full(_SHAPE, random.integers(0, 256), dtype=np.uint8)


def _ramp(random: np.random.Generator) -> npt.NDArray[np.uint8]:
    low, high = np.sort(random.uniform(0, 255, 2))
    ramp = np.tile(np.linspace(low, high, _SHAPE[1]), (_SHAPE[0], 1))
    return (ramp if random.random() < 0.5 else np.rot90(ramp)).astype(np.uint8)


def _text(random: np.random.Generator) -> npt.NDArray[np.uint8]:
    page, size = np.zeros(_SHAPE, dtype=np.uint8), float(random.uniform(0.35, 1.1))
    for y in range(20, _SHAPE[0], int(34 * size) + 4):
        line = "".join(random.choice(_LETTERS, int(random.integers(5, 60))))
        cv2.putText(page, line, (int(random.integers(2, 80)), y), cv2.FONT_HERSHEY_SIMPLEX, size, 220, 1, cv2.LINE_AA)
    return page if random.random() < 0.5 else np.asarray(255 - page, dtype=np.uint8)


_DRAWN: dict[str, Draw] = {
    "uniform noise": _uniform,
    "normal noise": _normal,
    "salt": _salt,
    "blank": _blank,
    "grey ramp": _ramp,
    "screen of text": _text,
}


def photographs(folder: Path, seed: int = 1) -> Iterator[Frame]:
    """Every picture of a folder (PNG, JPEG), whole and in random windows."""
    random = np.random.default_rng(seed)
    for path in sorted([*folder.glob("*.png"), *folder.glob("*.jpg")]):
        pixels = decode_grey(path.read_bytes())
        yield frame_of(pixels)
        for _ in range(CROPS):
            rows, columns = (max(int(side * random.uniform(0.3, 0.9)), 32) for side in pixels.shape)
            top, left = (
                int(random.uniform(0, max(side - cut, 1)))
                for side, cut in zip(pixels.shape, (rows, columns), strict=True)
            )
            yield frame_of(pixels[top : top + rows, left : left + columns])


def package_folder(package: str, *below: str) -> Path | None:
    """Folder inside an installed package; None where it is not there."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        return None
    folder = Path(found.submodule_search_locations[0]).joinpath(*below)
    return folder if folder.is_dir() else None


def air_recordings(folder: Path) -> Iterator[tuple[str, Iterator[Frame]]]:
    """Cines of ``deid-data`` that were recorded with the probe in air, by the scanner's name."""
    for archive in sorted(folder.glob("*CINE.zip")):
        with zipfile.ZipFile(archive) as packed:
            for member in packed.namelist():
                if member.endswith(".dcm"):
                    cine = read_dicom(packed.read(member))
                    yield f"probe in air, {cine.manufacturer_model}", iter(cine.frames())


def other_anatomy(folder: Path, *, held_out: bool) -> Iterator[Frame]:
    """Real muscle, nerve, vessel and bone without a needle: what training never saw, or what it took as negatives."""
    return (frame_of(decode_grey(path.read_bytes())) for path in anatomy_files(folder, held_out=held_out))


def anatomy_files(folder: Path, *, held_out: bool) -> list[Path]:
    """Files of `other_anatomy`."""
    without_needle = [path for path in sorted(folder.glob("*.png")) if not path.name.startswith(WITH_NEEDLE)]
    return [path for path in without_needle if path.name.startswith(HELD_OUT) is held_out]
