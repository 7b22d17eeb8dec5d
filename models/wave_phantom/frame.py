"""One frame of the wave phantom, from a seed to grey levels with their truth."""

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import numpy.typing as npt

from imaging.frame import GreyPixels
from imaging.geometry import BoxPx
from imaging.segmentation import Tissue
from models.wave_phantom.acquisition import Probe, beams
from models.wave_phantom.echo import draw_look, surfaces, tissue_scatterers
from models.wave_phantom.knee import Knee, draw_knee
from models.wave_phantom.needle import Needle, draw_needle, needle_scatterers
from models.wave_phantom.picture import Display, draw_display, on_screen, shown
from models.wave_phantom.propagation import extra_gain_db, seen_share
from models.wave_phantom.scatterers import Scatterers

RECESS, NEEDLE, NOT_JUDGED = 1, 2, 255
"""Values of a labelled folder's label picture (design.md §8)."""
_TRANSVERSE_SHARE = 0.25
_NEEDLE_SHARE = 0.7
_JUDGED_FROM_SHARE = 0.35
_HALF_APERTURE_MM = 5.0


@dataclass(frozen=True, eq=False)
class WaveFrame:
    """Picture and truth.

    Parameters
    ----------
    labels
        0, `RECESS`, `NEEDLE` or `NOT_JUDGED` per pixel.
    tip_xy, shaft_xy
        In pixels of the picture; None without a needle.
    """

    pixels: GreyPixels
    labels: npt.NDArray[np.uint8]
    bmode: BoxPx
    spacing_mm: float
    knee: Knee
    needle: Needle | None
    tip_xy: tuple[float, float] | None
    shaft_xy: tuple[tuple[float, float], tuple[float, float]] | None


@dataclass(frozen=True, slots=True)
class Effort:
    """What a frame costs: points per mm², and the array."""

    per_mm2: float = 38.0
    probe: Probe = field(default_factory=Probe)


def make_frame(seed: int, index: int, effort: Effort | None = None) -> WaveFrame:
    """Frame `index` of a set; the same numbers give the same bytes.

    Raises
    ------
    MissingExtra
        Without the optional part `wave`.
    """
    effort = effort or Effort()
    rng = np.random.default_rng([seed, index])
    knee = draw_knee(rng, transverse=rng.random() < _TRANSVERSE_SHARE)
    probe = replace(
        effort.probe, centre_mhz=float(rng.uniform(7.5, 11.0)), receive_f_number=float(rng.uniform(1.4, 2.4))
    )
    needle = draw_needle(rng, knee, probe.half_width_mm) if rng.random() < _NEEDLE_SHARE else None
    return render(rng, knee, needle, Effort(effort.per_mm2, probe))


def render(rng: np.random.Generator, knee: Knee, needle: Needle | None, effort: Effort) -> WaveFrame:
    """Frame of a knee; echo levels, display and mirroring are drawn from `rng`."""
    points = _points(rng, knee, needle, effort)
    display = draw_display(rng)
    looks = beams(effort.probe, points, knee.depth_mm)
    bmode = shown(rng, looks, effort.probe, display, _tissue_in_view(knee, effort.probe, looks[0].shape))
    return _assembled(rng, bmode, (knee, needle), effort.probe, display)


def _points(rng: np.random.Generator, knee: Knee, needle: Needle | None, effort: Effort) -> Scatterers:
    """All points, each weighed by what propagation leaves of it."""
    look, probe = draw_look(rng), effort.probe
    parts = [tissue_scatterers(rng, knee, look, probe.half_width_mm, effort.per_mm2), *surfaces(rng, knee, look)]
    points = Scatterers.together(parts)
    if needle is not None:
        points = points.where(~needle.covers(points.x_mm, points.z_mm))
        points = Scatterers.together([points, needle_scatterers(rng, needle)])
    seen = seen_share(knee, points.x_mm, points.z_mm, _HALF_APERTURE_MM) ** 2
    gain = 10.0 ** (extra_gain_db(knee, points.x_mm, points.z_mm, probe.centre_mhz) / 20.0)
    points = points.weighed(seen * gain)
    return points.where((np.abs(points.reflectivity) > 1e-4) & (points.z_mm > 0.2) & (points.z_mm < knee.depth_mm))


def _tissue_in_view(knee: Knee, probe: Probe, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Beam samples of soft tissue other than fluid."""
    x, z = np.meshgrid(
        np.arange(shape[1]) * probe.line_step_mm - probe.half_width_mm, np.arange(shape[0]) * probe.depth_step_mm
    )
    soft = [Tissue.SUBCUTANEOUS, Tissue.QUADRICEPS, Tissue.SUPRAPATELLAR_FAT, Tissue.PREFEMORAL_FAT]
    return np.isin(knee.tissue(x, z), soft)


def _assembled(
    rng: np.random.Generator, bmode: GreyPixels, scene: tuple[Knee, Needle | None], probe: Probe, display: Display
) -> WaveFrame:
    knee, needle = scene
    labels = label_map(knee, needle, bmode.shape, probe, display)
    mirrored = bool(rng.random() < 0.5)
    if mirrored:
        bmode, labels = (np.ascontiguousarray(plane[:, ::-1]) for plane in (bmode, labels))
    pixels, box = on_screen(bmode, display)
    labels, _ = on_screen(labels, display)
    ends = None if needle is None else _ends_px(needle, probe, display, bmode.shape[1] if mirrored else 0)
    return WaveFrame(
        pixels=pixels,
        labels=labels,
        bmode=box,
        spacing_mm=display.spacing_mm,
        knee=knee,
        needle=needle,
        tip_xy=None if ends is None else ends[1],
        shaft_xy=ends,
    )


def label_map(
    knee: Knee, needle: Needle | None, shape: tuple[int, ...], probe: Probe, display: Display
) -> npt.NDArray[np.uint8]:
    """Truth on the B-mode rectangle: recess, needle on top; recess in the shadow of bone is not judged."""
    spacing = display.spacing_mm
    x, z = np.meshgrid(np.arange(shape[1]) * spacing - probe.half_width_mm, np.arange(shape[0]) * spacing)
    recess = knee.recess(x, z)
    seen = seen_share(knee, x.ravel(), z.ravel(), _HALF_APERTURE_MM).reshape(x.shape) >= _JUDGED_FROM_SHARE
    labels = np.where(recess, RECESS, 0).astype(np.uint8)
    near = cv2.dilate(recess.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=round(1.0 / spacing)) > 0
    labels[near & ~seen] = NOT_JUDGED
    if needle is not None:
        labels[needle.covers(x, z)] = NEEDLE
    return labels


def shaft_contrast(frame: WaveFrame) -> float | None:
    """Mean grey level on the needle less that beside it (1 to 2 mm away); None without a needle."""
    if frame.needle is None:
        return None
    on = (frame.labels == NEEDLE).astype(np.uint8)
    near, far = (
        cv2.dilate(on, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1)))
        for reach in (round(1.0 / frame.spacing_mm), round(2.0 / frame.spacing_mm))
    )
    x0, y0, x1, y1 = frame.bmode.xyxy()
    beside = ((far > 0) & (near == 0))[y0:y1, x0:x1]
    pixels = frame.pixels[y0:y1, x0:x1]
    return float(pixels[on[y0:y1, x0:x1] > 0].mean() - pixels[beside].mean())


def _ends_px(
    needle: Needle, probe: Probe, display: Display, mirror_width: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Entry and tip in pixels of the screen."""
    left, top, _, _ = display.margins_px
    ends = []
    for back_mm in (needle.length_mm, 0.0):
        x_mm, z_mm = (float(part[0]) for part in needle.along(np.array([back_mm])))
        x = (x_mm + probe.half_width_mm) / display.spacing_mm
        ends.append((left + (mirror_width - 1 - x if mirror_width else x), top + z_mm / display.spacing_mm))
    return ends[0], ends[1]
