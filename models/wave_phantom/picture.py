"""From beams to grey levels: gain with depth, noise, logarithm, square pixels, a screen around them."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from imaging.frame import GreyPixels
from imaging.geometry import BoxPx
from models.wave_phantom.acquisition import BaseBand, Probe
from models.wave_phantom.propagation import MEAN_ATTENUATION_DB_CM_MHZ

Levels = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Display:
    """How one frame is shown.

    Parameters
    ----------
    tgc_share
        Part of the expected loss with depth that the gain gives back.
    noise_db
        Noise at the bottom of the picture against tissue.
    grey_of_tissue
        Grey level of typical tissue.
    compound
        Whether looks of half apertures are averaged in.
    smoothing
        Strength of the edge-keeping speckle filter; 0 for none.
    margins_px
        Black screen left, above, right and below.
    """

    spacing_mm: float
    dynamic_range_db: float
    tgc_share: float
    noise_db: float
    grey_of_tissue: float
    gamma: float
    compound: bool
    smoothing: float
    margins_px: tuple[int, int, int, int]


def draw_display(rng: np.random.Generator) -> Display:
    """One scanner's settings."""
    left, top, right, bottom = (int(rng.integers(0, 60)) for _ in range(4))
    return Display(
        spacing_mm=float(rng.uniform(0.08, 0.13)),
        dynamic_range_db=float(rng.uniform(45.0, 65.0)),
        tgc_share=float(rng.uniform(0.5, 0.85)),
        noise_db=float(rng.uniform(-36.0, -16.0)),
        grey_of_tissue=float(rng.uniform(45.0, 95.0)),
        gamma=float(rng.uniform(0.9, 1.2)),
        compound=bool(rng.random() < 0.7),
        smoothing=float(rng.choice((0.0, rng.uniform(10.0, 35.0)))),
        margins_px=(left, top, right, bottom),
    )


def shown(
    rng: np.random.Generator, looks: list[BaseBand], probe: Probe, display: Display, tissue: npt.NDArray[np.bool_]
) -> GreyPixels:
    """Grey levels of the B-mode rectangle.

    Parameters
    ----------
    tissue
        Beam samples ``[depth, line]`` that set the gain: soft tissue in view.
    """
    rows = looks[0].shape[0]
    depth_cm = np.arange(rows) * probe.depth_step_mm / 10.0
    gain_db = display.tgc_share * 2.0 * MEAN_ATTENUATION_DB_CM_MHZ * probe.centre_mhz * depth_cm
    receiving = np.clip(10.0 * depth_cm / probe.receive_f_number / probe.pitch_mm, 4.0, probe.aperture_elements)
    gain = (10.0 ** (gain_db / 20.0) * np.sqrt((depth_cm + 0.3) / receiving))[:, None]
    envelopes = [_envelope(rng, look, gain, display, tissue) for look in (looks if display.compound else looks[:1])]
    level = 20.0 * np.log10(np.mean(envelopes, axis=0) + 1e-6)
    grey = display.grey_of_tissue + (level - float(np.median(level[tissue]))) / display.dynamic_range_db * 255.0
    grey = 255.0 * np.clip(grey / 255.0, 0.0, 1.0) ** display.gamma
    return _square(grey, probe, display)


def _envelope(
    rng: np.random.Generator, look: BaseBand, gain: Levels, display: Display, tissue: npt.NDArray[np.bool_]
) -> Levels:
    """Magnitude with noise; tissue has a root mean square of 1."""
    lifted = look * gain
    lifted /= np.sqrt(float(np.mean(np.abs(lifted[tissue]) ** 2)))
    noise = rng.normal(size=(2, *look.shape)).astype(np.float32)
    smooth = np.stack([cv2.GaussianBlur(part, (0, 0), sigmaX=1.0, sigmaY=1.2) for part in noise])
    smooth *= 10.0 ** (display.noise_db / 20.0) / float(np.sqrt(2.0) * smooth.std())
    level: Levels = np.abs(lifted + (smooth[0] + 1j * smooth[1]) * gain / gain.max())
    return level


def _square(grey: Levels, probe: Probe, display: Display) -> GreyPixels:
    """Resampled from beam samples to square pixels; pixel centres at 0, 1, 2 ... times the spacing."""
    height, width = _shape_px(grey.shape, probe, display)
    column, row = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    column *= display.spacing_mm / probe.line_step_mm
    row *= display.spacing_mm / probe.depth_step_mm
    finer = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), sigmaX=0.5, sigmaY=display.spacing_mm / 0.13)
    picture = cv2.remap(finer, column, row, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    if display.smoothing > 0.0:
        picture = cv2.bilateralFilter(picture, 5, display.smoothing, 1.5)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def _shape_px(samples: tuple[int, ...], probe: Probe, display: Display) -> tuple[int, int]:
    """Rows and columns of the B-mode rectangle that these beam samples fill."""
    height = int((samples[0] - 1) * probe.depth_step_mm / display.spacing_mm) + 1
    width = int((samples[1] - 1) * probe.line_step_mm / display.spacing_mm) + 1
    return height, width


def on_screen(bmode: npt.NDArray[np.uint8], display: Display, border: int = 0) -> tuple[npt.NDArray[np.uint8], BoxPx]:
    """A picture with its margins, and where in it the B-mode rectangle lies."""
    left, top, right, bottom = display.margins_px
    screen = cv2.copyMakeBorder(bmode, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(border,))
    height, width = bmode.shape
    return np.asarray(screen, dtype=np.uint8), BoxPx(left, top, left + width, top + height)
