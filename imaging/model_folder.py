"""Folders of models: ``model.onnx`` and ``manifest.json``, one version in each, several of them side by side.

The manifest is read here by hand, field by field, so that a folder that does not hold what it says is refused before it
answers anything.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from imaging.errors import BadModel
from imaging.geometry import BoxPx, GridToFrame, PixelSpacing
from imaging.segmentation import ProbabilityCalibration

GRAPH, MANIFEST = "model.onnx", "manifest.json"


@dataclass(frozen=True, slots=True)
class InputGrid:
    """Grid that the network was trained on.

    Raises
    ------
    BadModel
        If a side is not above zero pixels or the spacing is not above zero.
    """

    rows: int
    columns: int
    spacing_mm: float

    def __post_init__(self) -> None:
        if self.rows < 1 or self.columns < 1 or not self.spacing_mm > 0:
            msg = f"model grid is {self.rows} x {self.columns} at {self.spacing_mm} mm: expected all above 0"
            raise BadModel(msg)

    def placed(self, bmode: BoxPx, spacing: PixelSpacing | None) -> GridToFrame:
        """Where the grid lies on a frame.

        With a spacing: square pixels of the trained size, top edge on the top edge of the B-mode rectangle and centred
        on it, so that a wider rectangle is cut equally on both sides and a deeper one at the bottom. Without: the same
        corner rule, the longer side of the rectangle scaled to the grid.
        """
        if spacing is None:
            step_x = step_y = max(bmode.width / self.columns, bmode.height / self.rows)
        else:
            step_x, step_y = self.spacing_mm / spacing.column_mm, self.spacing_mm / spacing.row_mm
        middle = (bmode.x0 + bmode.x1 - 1) / 2.0
        return GridToFrame(
            origin_x=middle - step_x * (self.columns - 1) / 2.0,
            origin_y=bmode.y0 - 0.5 + step_y / 2.0,
            step_x=step_x,
            step_y=step_y,
        )


@dataclass(frozen=True, slots=True)
class Manifest:
    """What ``manifest.json`` says of the model beside it; a graph of another precision than fp32 says so."""

    name: str
    version: str
    sha256: str
    grid: InputGrid
    calibration: ProbabilityCalibration
    precision: str = "fp32"

    @classmethod
    def read(cls, path: Path) -> "Manifest":
        """Read and check.

        Raises
        ------
        BadModel
            If the file is missing, is not JSON or lacks a field.
        """
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            size = said["input"]
            grid = InputGrid(int(size["rows"]), int(size["columns"]), float(size["mm_per_pixel"]))
            slope, intercept = (float(said["calibration"][key]) for key in ("slope", "intercept"))
            name, version, sha256 = (str(said[key]) for key in ("name", "version", "sha256"))
            precision = str(said.get("precision", "fp32"))
        except OSError as error:
            msg = f"model folder {path.parent.name!r} has no readable {path.name}: {error.strerror}"
            raise BadModel(msg) from error
        except (KeyError, TypeError, ValueError) as error:
            msg = f"{path.name} is not a model manifest: {type(error).__name__} {error}"
            raise BadModel(msg) from error
        return cls(name, version, sha256, grid, ProbabilityCalibration(slope, intercept), precision)


def graph_bytes(folder: Path, manifest: Manifest) -> bytes:
    """Graph of a folder.

    Raises
    ------
    BadModel
        If it is missing, or not the one that the manifest names.
    """
    path = folder / GRAPH
    try:
        data = path.read_bytes()
    except OSError as error:
        msg = f"model folder {path.parent.name!r} has no readable {path.name}: {error.strerror}"
        raise BadModel(msg) from error
    found = hashlib.sha256(data).hexdigest()
    if found != manifest.sha256:
        msg = f"{path.name} has sha256 {found[:12]}…: its manifest expects {manifest.sha256[:12]}…"
        raise BadModel(msg)
    return data


def models_beside(folder: Path) -> dict[Path, Manifest | BadModel]:
    """Models in a folder, it being one itself, and beside it, by name; for a broken one, what is wrong with it."""
    near = {folder, *folder.glob("*"), *folder.parent.glob("*")}
    return {each: _manifest(each) for each in sorted(near) if (each / MANIFEST).is_file()}


def _manifest(folder: Path) -> Manifest | BadModel:
    try:
        return Manifest.read(folder / MANIFEST)
    except BadModel as error:
        return error


def choose_model(folder: Path, wanted: str) -> Path:
    """Folder of the model that is wanted, by its version or its folder's name, in or beside a folder.

    Raises
    ------
    BadModel
        If no model or more than one answers to that; the message says which there are.
    """
    known = {
        each: "broken" if isinstance(manifest, BadModel) else manifest.version
        for each, manifest in models_beside(folder).items()
    }
    found = [each for each, version in known.items() if wanted in (version, each.name)]
    if len(found) != 1:
        there = ", ".join(f"{each.name} ({version})" for each, version in known.items()) or "none"
        msg = f"{len(found)} models answer to {wanted!r}: expected one of {there}"
        raise BadModel(msg)
    return found[0]
