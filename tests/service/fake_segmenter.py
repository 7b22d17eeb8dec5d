"""A segmenter that reads drawn pictures: each tissue has a grey level of its own."""

import threading
from dataclasses import replace

import cv2
import numpy as np

from imaging.frame import Frame
from imaging.geometry import GridToFrame
from imaging.segmentation import ModelIdentity, Segmentation, Tissue, ViewScores

LEVELS = {
    Tissue.RECESS: 20,
    Tissue.QUADRICEPS: 70,
    Tissue.PREFEMORAL_FAT: 120,
    Tissue.BONE: 190,
    Tissue.NEEDLE: 250,
}


class FakeSegmenter:
    """Calls a pixel what its grey level is nearest to; keeps the contract of `Segmenter`.

    Clear ``open`` to hold every call until it is set again.
    """

    def __init__(self, sha256: str = "f" * 64) -> None:
        self.identity = ModelIdentity("fake", "1", sha256, "fp32", "none")
        self.open = threading.Event()
        self.open.set()
        self.started = threading.Semaphore(0)

    def segment(self, frame: Frame) -> Segmentation:
        self.started.release()
        if not self.open.wait(60):
            msg = "a test held its segmenter for a minute: somebody waits for what cannot happen"
            raise TimeoutError(msg)
        box = frame.bmode
        pixels = frame.pixels[box.y0 : box.y1, box.x0 : box.x1].astype(np.int16)
        gaps = np.abs(pixels[..., None] - np.array(list(LEVELS.values()), dtype=np.int16))
        labels = np.array(list(LEVELS), dtype=np.uint8)[np.argmin(gaps, axis=-1)]
        needle = labels == Tissue.NEEDLE
        return Segmentation(
            labels=labels,
            recess=_recess(labels),
            needle=np.where(needle, 0.98, 0.01).astype(np.float32),
            tip=_tip(needle),
            view=ViewScores(
                suprapatellar=0.95 if (labels == Tissue.BONE).any() else 0.05,
                quality=0.9,
                needle=0.95 if needle.sum() > 20 else 0.05,
                tip_visible=0.95,
            ),
            grid=GridToFrame(float(box.x0), float(box.y0), 1.0, 1.0),
            stage_ms={"inference": 1.0},
        )


class BlindSegmenter(FakeSegmenter):
    """Another network: it sees no needle."""

    def __init__(self, sha256: str = "e" * 64) -> None:
        super().__init__(sha256)
        self.identity = ModelIdentity("fake", "2", sha256, "fp32", "none")

    def segment(self, frame: Frame) -> Segmentation:
        seen = super().segment(frame)
        return replace(seen, needle=seen.needle * 0, view=replace(seen.view, needle=0.0))


def _recess(labels: np.ndarray) -> np.ndarray:
    """Probability of recess, which does not end where a needle lies over it."""
    recess = (labels == Tissue.RECESS).astype(np.uint8)
    closed = cv2.morphologyEx(recess, cv2.MORPH_CLOSE, np.ones((11, 11), np.uint8))
    return np.where(closed, 0.98, 0.01).astype(np.float32)


def _tip(needle: np.ndarray) -> np.ndarray:
    """Narrow distribution around the deepest needle pixel, or a flat one."""
    if not needle.any():
        return np.full(needle.shape, 1.0 / needle.size, np.float32)
    row = int(np.flatnonzero(needle.any(axis=1))[-1])
    column = float(np.flatnonzero(needle[row]).mean())
    y, x = np.mgrid[0 : needle.shape[0], 0 : needle.shape[1]]
    tip = np.exp(-0.5 * ((x - column) ** 2 + (y - row) ** 2) / 1.5**2)
    return (tip / tip.sum()).astype(np.float32)
