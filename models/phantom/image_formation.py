"""From scatterers to grey levels: point spread, compounding, noise, compression, and what vendors do after.

References
----------
Burckhardt CB. Speckle in ultrasound B-mode scans. IEEE Trans Sonics Ultrason 1978;25:1 (envelope SNR 1.91).
"""

import dataclasses
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from models.phantom.canvas import OVERSAMPLING, Canvas
from models.phantom.physics import ImagingRanges
from models.phantom.randomness import FloatArray, stream
from models.phantom.scatterers import Scatterers, displaced
from models.phantom.scene import Scene
from models.phantom.textures import blur

FWHM_PER_SIGMA = 2.355


@dataclass(frozen=True, slots=True)
class Scanner:
    """One setting of a scanner; the units are those of `ImagingRanges`."""

    axial_mm: float
    lateral_mm: float
    focus_mm: float
    widening_per_mm: float
    looks: int
    gain_slope_db_per_mm: float
    noise_db: float
    dynamic_range_db: float
    middle_grey: float
    curve_power: float
    detail: float
    clutter_db: float
    clutter_mm: float
    smoothing_mm: float
    sharpening: float
    jpeg_quality: int

    @property
    def quality(self) -> float:
        """1 less what gain, noise and too hard or too soft a display take away; never below 0."""
        loss = max(abs(self.middle_grey - 0.27) - 0.1, 0.0) * 2.0
        loss += max(self.noise_db + 36.0, 0.0) / 30.0
        loss += max(abs(self.gain_slope_db_per_mm + 0.04) - 0.08, 0.0) * 2.0
        return float(np.clip(1.0 - loss, 0.0, 1.0))


def sample_scanner(seed: int, ranges: ImagingRanges) -> Scanner:
    """Draw one setting."""
    rng = stream(seed, "scanner")
    drawn = {field.name: getattr(ranges, field.name).sample(rng) for field in dataclasses.fields(Scanner)}
    return Scanner(**{**drawn, "looks": int(drawn["looks"]), "jpeg_quality": int(drawn["jpeg_quality"])})


def form_image(scene: Scene, scanner: Scanner, scatterers: Scatterers, noise_seed: int) -> npt.NDArray[np.uint8]:
    """Grey levels on the grid, 0 outside the picture.

    The scatterers belong to the tissue and move with it; the noise is the receiver's and is new in every frame.
    """
    power = _echo_power(scene, scanner, scatterers)
    canvas = scene.canvas
    depth = canvas.y_mm[:, None].astype(np.float32)
    power *= np.power(10.0, (scene.passage_db + scanner.gain_slope_db_per_mm * (depth - 15.0)) / 10.0)
    power += _clutter(power, scanner, canvas)
    noise = stream(noise_seed, "noise").standard_exponential(canvas.shape, dtype=np.float32)
    power += blur(noise, 0.8, 0.6) * np.power(10.0, (scanner.noise_db + 0.35 * np.maximum(depth - 20.0, 0.0)) / 10.0)
    level_db = _to_grid(10.0 * np.log10(power + 1e-9), canvas)
    return _display(level_db, scanner, canvas)


def _echo_power(scene: Scene, scanner: Scanner, scatterers: Scatterers) -> FloatArray:
    amplitude = np.power(10.0, scene.echo_db / 20.0).astype(np.float32)
    weight = _defocus(scene.canvas, scanner)
    power = np.zeros(scene.canvas.shape, dtype=np.float32)
    for rest in scatterers:
        field = displaced(rest, scene.material)
        strength = field * amplitude
        if scene.reflector is not None:
            strength += scene.reflector * (1.0 + 0.6 * field)
        power += _blurred(strength, scanner, scene.canvas, weight) ** 2
    power /= np.float32(len(scatterers))
    return _less_speckle(power, amplitude, scanner, scene)


def _less_speckle(power: FloatArray, amplitude: FloatArray, scanner: Scanner, scene: Scene) -> FloatArray:
    """Speckle reduction: pulls each pixel part of the way to the speckle-free echo of the same structure."""
    smooth = amplitude * amplitude
    if scene.reflector is not None:
        smooth += scene.reflector**2
    lateral = scanner.lateral_mm / FWHM_PER_SIGMA / scene.canvas.grid.spacing_mm
    smooth = blur(smooth, lateral, scanner.axial_mm / FWHM_PER_SIGMA / scene.canvas.row_mm)
    floor = np.float32(1e-7)
    mixed = (power + floor) ** np.float32(1.0 - scanner.detail) * (smooth + floor) ** np.float32(scanner.detail)
    return np.asarray(mixed, dtype=np.float32)


def _clutter(power: FloatArray, scanner: Scanner, canvas: Canvas) -> FloatArray:
    """Side lobes and grating: every echo smeared across its row, and a little down, far below its own level."""
    small = cv2.resize(power, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    across = scanner.clutter_mm / canvas.grid.spacing_mm / 4.0
    smeared = blur(np.asarray(small, dtype=np.float32), across, 0.2 * across * OVERSAMPLING)
    rows, columns = canvas.shape
    wide = cv2.resize(smeared, (columns, rows), interpolation=cv2.INTER_LINEAR)
    return np.asarray(wide, dtype=np.float32) * np.float32(10.0 ** (scanner.clutter_db / 10.0))


def _defocus(canvas: Canvas, scanner: Scanner) -> FloatArray:
    wide = np.abs(canvas.y_mm - scanner.focus_mm) * scanner.widening_per_mm
    return np.asarray(np.clip(wide / 0.5, 0.0, 1.0)[:, None], dtype=np.float32)


def _blurred(field: FloatArray, scanner: Scanner, canvas: Canvas, weight: FloatArray) -> FloatArray:
    """Point spread, normalised to leave the power of a uniform field as it was."""
    down = scanner.axial_mm / FWHM_PER_SIGMA / canvas.row_mm
    narrow = scanner.lateral_mm / FWHM_PER_SIGMA / canvas.grid.spacing_mm
    wide = (scanner.lateral_mm + 0.5) / FWHM_PER_SIGMA / canvas.grid.spacing_mm
    near = blur(field, max(narrow, 0.35), max(down, 0.35))
    # A Gaussian of standard deviation s (in samples) keeps 1 / (2 s sqrt(pi)) of white power per axis.
    gain = np.sqrt(3.545 * max(narrow, 0.35)) * np.sqrt(3.545 * max(down, 0.35))
    more = float(np.sqrt(max(wide**2 - narrow**2, 0.1)))
    far = blur(near, more, 0.0) * np.float32(np.sqrt(wide / narrow))
    return np.asarray((near * (1.0 - weight) + far * weight) * np.float32(gain), dtype=np.float32)


def _to_grid(plane: FloatArray, canvas: Canvas) -> FloatArray:
    rows = canvas.grid.rows
    return np.asarray(plane.reshape(rows, OVERSAMPLING, -1).mean(axis=1), dtype=np.float32)


def _display(level_db: FloatArray, scanner: Scanner, canvas: Canvas) -> npt.NDArray[np.uint8]:
    if scanner.smoothing_mm > 0.05:
        pixels = scanner.smoothing_mm / canvas.grid.spacing_mm
        level_db = blur(level_db, pixels, pixels)
    if scanner.sharpening > 0.1:
        level_db = level_db + np.float32(scanner.sharpening) * (level_db - blur(level_db, 1.5, 1.5))
    middle = scanner.middle_grey ** (1.0 / scanner.curve_power)
    share = np.clip(middle + level_db / scanner.dynamic_range_db, 0.0, 1.0)
    grey = np.where(canvas.inside(), 255.0 * share**scanner.curve_power, 0.0).round().astype(np.uint8)
    return np.where(canvas.inside(), _through_jpeg(grey, scanner.jpeg_quality), 0).astype(np.uint8)


def _through_jpeg(grey: npt.NDArray[np.uint8], quality: int) -> npt.NDArray[np.uint8]:
    packed = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
