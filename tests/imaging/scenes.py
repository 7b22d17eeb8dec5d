"""Drawn segmentations with sizes one can check by hand."""

from dataclasses import dataclass, replace

import numpy as np

from imaging.frame import Frame
from imaging.geometry import BoxPx, GridToFrame, PixelSpacing, SpacingSource
from imaging.segmentation import ModelIdentity, Segmentation, Tissue, ViewScores

SURE = ViewScores(suprapatellar=0.95, quality=0.9, needle=0.95, tip_visible=0.95)
SIZE = 128


@dataclass(frozen=True)
class Scene:
    """An elliptic recess and a straight needle on a grid of 128 x 128; positions in grid pixels."""

    recess_xy: tuple[float, float] = (64.0, 60.0)
    half_length: float = 40.0
    half_thickness: float = 10.0
    entry_xy: tuple[float, float] | None = (8.0, 30.0)
    tip_xy: tuple[float, float] = (64.0, 60.0)
    bone_row: int | None = 100
    view: ViewScores = SURE
    row_mm: float = 0.2
    column_mm: float = 0.2
    calibrated: bool = True
    origin: tuple[float, float] = (0.0, 0.0)

    def frame(self) -> Frame:
        spacing = PixelSpacing(self.row_mm, self.column_mm, SpacingSource.CALLER) if self.calibrated else None
        side = SIZE + int(max(self.origin))
        return Frame(np.zeros((side, side), np.uint8), spacing, BoxPx(0, 0, side, side))

    def segmentation(self) -> Segmentation:
        y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float64)
        recess = self._recess(x, y)
        needle = self._needle(x, y)
        labels = np.full((SIZE, SIZE), Tissue.QUADRICEPS, np.uint8)
        labels[y > self.recess_xy[1]] = Tissue.PREFEMORAL_FAT
        labels[recess >= 0.5] = Tissue.RECESS
        if self.bone_row is not None:
            labels[self.bone_row : self.bone_row + 3] = Tissue.BONE
        labels[needle >= 0.5] = Tissue.NEEDLE
        tip = np.exp(-0.5 * ((x - self.tip_xy[0]) ** 2 + (y - self.tip_xy[1]) ** 2) / 1.5**2)
        return Segmentation(
            labels=labels,
            recess=recess.astype(np.float32),
            needle=needle.astype(np.float32),
            tip=(tip / tip.sum()).astype(np.float32),
            view=self.view,
            grid=GridToFrame(*self.origin, 1.0, 1.0),
        )

    def _recess(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        if self.half_thickness <= 0:
            return np.zeros_like(x)
        radius = np.hypot((x - self.recess_xy[0]) / self.half_length, (y - self.recess_xy[1]) / self.half_thickness)
        # Probability falls linearly across the wall, so that its half level runs exactly on the ellipse.
        return np.clip(0.5 + (1.0 - radius) * self.half_thickness / 2.0, 0.0, 1.0)

    def _needle(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        if self.entry_xy is None:
            return np.zeros_like(x)
        start, tip = np.array(self.entry_xy), np.array(self.tip_xy)
        length = float(np.hypot(*(tip - start)))
        along = (tip - start) / length
        t = (x - start[0]) * along[0] + (y - start[1]) * along[1]
        aside = (y - start[1]) * along[0] - (x - start[0]) * along[1]
        return np.exp(-0.5 * (aside / 1.2) ** 2) * ((t >= 0) & (t <= length))

    def mirrored(self) -> "Scene":
        def flip(xy: tuple[float, float]) -> tuple[float, float]:
            return (SIZE - 1 - xy[0], xy[1])

        entry = None if self.entry_xy is None else flip(self.entry_xy)
        return replace(self, recess_xy=flip(self.recess_xy), entry_xy=entry, tip_xy=flip(self.tip_xy))


@dataclass(frozen=True)
class SceneSegmenter:
    """Answers every frame with one drawn segmentation."""

    scene: Scene

    @property
    def identity(self) -> ModelIdentity:
        return ModelIdentity("drawn", "1", "0" * 64, "fp32", "none")

    def segment(self, frame: Frame) -> Segmentation:
        return self.scene.segmentation()
