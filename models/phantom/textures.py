"""Textures with zero mean and unit variance, and bright streaks."""

import cv2
import numpy as np
import numpy.typing as npt

from models.phantom.canvas import Canvas
from models.phantom.randomness import FloatArray, normal

SQUEEZE = 4
"""Long textures are drawn this many times coarser across and stretched: fibres are smooth along their length."""


def grain(rng: np.random.Generator, canvas: Canvas, across_mm: float, down_mm: float) -> FloatArray:
    """Blurred noise with the given correlation lengths (standard deviations of the blur)."""
    rows, columns = canvas.shape
    squeeze = SQUEEZE if across_mm > 1.5 else 1
    noise = normal(rng, (rows, columns // squeeze + 1))
    across = across_mm / canvas.grid.spacing_mm / squeeze
    soft = blur(noise, across, down_mm / canvas.row_mm)
    if squeeze > 1:
        soft = np.asarray(cv2.resize(soft, (columns, rows), interpolation=cv2.INTER_LINEAR), dtype=np.float32)
    soft = soft[:, :columns]
    return np.asarray((soft - soft.mean()) / soft.std(), dtype=np.float32)


def blur(plane: FloatArray, across_px: float, down_px: float) -> FloatArray:
    """Gaussian blur with the given standard deviations in pixels; one so small that it does nothing is bounded."""
    soft = cv2.GaussianBlur(plane, (0, 0), sigmaX=max(across_px, 0.3), sigmaY=max(down_px, 0.3))
    return np.asarray(soft, dtype=np.float32)


def follow(texture: FloatArray, columns: FloatArray, rows: FloatArray) -> FloatArray:
    """Texture looked up at fractional columns and rows; it repeats by mirroring at its edges."""
    moved = cv2.remap(texture, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(moved, dtype=np.float32)


def draw_streak(plane: FloatArray, canvas: Canvas, points_mm: npt.NDArray[np.float64], level_db: float) -> None:
    """Draw a line through ``(n, 2)`` positions, in amplitude, that fades at both ends."""
    level = 10.0 ** (level_db / 20.0)
    scale = np.array([canvas.grid.spacing_mm, canvas.row_mm])
    fixed = np.round((points_mm / scale - 0.5) * 16.0).astype(np.int32)
    last = len(fixed) - 1
    for k in range(last):
        taper = np.sin(np.pi * (k + 0.5) / last) ** 0.4
        cv2.line(plane, fixed[k].tolist(), fixed[k + 1].tolist(), float(level * taper), 1, cv2.LINE_8, 4)


def soft_lines_db(plane: FloatArray, blur_px: float) -> FloatArray:
    """Lines drawn one pixel wide, blurred and turned into dB at the strength that they were drawn with."""
    soft = cv2.GaussianBlur(plane, (0, 0), sigmaX=0.7, sigmaY=blur_px) * (2.5066 * blur_px)
    return np.asarray(20.0 * np.log10(np.maximum(soft, 1e-5)), dtype=np.float32)
