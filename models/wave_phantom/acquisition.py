"""Sound out, echoes back, beams formed: a linear array by PyMUST.

Every beam is sent by a small aperture with a wide, weak focus. Its field, the scattering and what each element receives
are computed by the library's `pfield` in the frequency domain (Garcia, SIMUS, Comput Methods Programs Biomed 2022);
beams are formed with its delay-and-sum matrix. Neighbouring beams overlap and are added coherently.

The depth is cut into slabs: the echoes of a slab last only a few microseconds, so that a coarse frequency step holds
them without wrapping into each other, and the frequencies times points that must be computed fall several-fold.
"""

import importlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from imaging.errors import MissingExtra
from models.wave_phantom.propagation import MEAN_ATTENUATION_DB_CM_MHZ
from models.wave_phantom.scatterers import Positions, Scatterers

SPEED_M_S = 1540.0
BaseBand = npt.NDArray[np.complex128]
"""Demodulated signals ``[sample, element]`` or beams ``[depth, line]``."""

_BAND_DB = -24.0
_POINTS_AT_ONCE = 1500
_MARGIN_MM = 4.5


@dataclass(frozen=True, slots=True)
class Probe:
    """A linear array and how it is used.

    Parameters
    ----------
    receive_f_number
        Depth over receiving aperture.
    beam_step_mm, half_beam_mm
        From one sent beam to the next; how far to its sides points are heard.
    window_us
        Length of time computed per slab of depth.
    """

    centre_mhz: float = 9.0
    bandwidth_percent: float = 70.0
    pitch_mm: float = 0.3
    elements: int = 128
    aperture_elements: int = 44
    sending_elements: int = 28
    receive_f_number: float = 1.7
    beam_step_mm: float = 1.8
    half_beam_mm: float = 3.2
    line_step_mm: float = 0.15
    depth_step_mm: float = 0.05
    window_us: float = 13.0

    @property
    def half_width_mm(self) -> float:
        """Half the length of the array."""
        return self.elements * self.pitch_mm / 2.0

    @property
    def half_periods(self) -> int:
        """Carrier periods in a window."""
        return round(self.window_us * self.centre_mhz)

    @property
    def slab_mm(self) -> float:
        """Depth whose echoes fit the window."""
        return (self.half_periods / self.centre_mhz * SPEED_M_S / 1000.0 - _MARGIN_MM) / 2.0


@lru_cache(maxsize=1)
def wave_library() -> ModuleType:
    """PyMUST.

    Raises
    ------
    MissingExtra
        Where it is not installed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its docstrings hold Matlab's backslashes
        return _extra_module("pymust")


def _extra_module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        extra = "wave"
        raise MissingExtra(extra, "the wave phantom") from error


def beams(probe: Probe, points: Scatterers, depth_mm: float) -> list[BaseBand]:
    """Beamformed looks at the points, each ``[depth, line]``.

    The looks are those of the whole receiving aperture, of its left and of its right half. Rows are
    `Probe.depth_step_mm` apart from 0, columns `Probe.line_step_mm` from the left end of the array.
    """
    with _extra_module("threadpoolctl").threadpool_limits(1, "blas"):  # threads change last bits
        return _formed(_Scan(probe, depth_mm), probe, points)


def _formed(scan: "_Scan", probe: Probe, points: Scatterers) -> list[BaseBand]:
    pictures = [np.zeros((scan.rows, scan.lines), dtype=np.complex128) for _ in range(3)]
    for centre in np.arange(-probe.half_width_mm + probe.beam_step_mm / 2, probe.half_width_mm, probe.beam_step_mm):
        near = points.where(np.abs(points.x_mm - centre) < probe.half_beam_mm)
        signals = scan.received(near, centre)
        for picture, half in zip(pictures, scan.halves(), strict=True):
            scan.add_beam(picture, signals * half * scan.present(centre), centre)
    return pictures


def _settings(probe: Probe) -> dict[str, object]:
    """The library's `Param` of this probe, in its names and units (metres, hertz)."""
    return {
        "fc": probe.centre_mhz * 1e6,
        "fs": 2e6 * probe.centre_mhz,
        "bandwidth": probe.bandwidth_percent,
        "c": SPEED_M_S,
        "pitch": probe.pitch_mm * 1e-3,
        "kerf": probe.pitch_mm * 1e-4,
        "width": probe.pitch_mm * 9e-4,
        "radius": np.inf,
        "Nelements": probe.aperture_elements,
        "attenuation": MEAN_ATTENUATION_DB_CM_MHZ,
        "TXnow": 1,
        "fnumber": probe.receive_f_number,
        "RXdelay": np.zeros((1, probe.aperture_elements)),
    }


class _Scan:
    """Everything that all beams of a frame share: the array moves, the geometry around a beam does not."""

    def __init__(self, probe: Probe, depth_mm: float) -> None:
        self.probe, self.depth_mm = probe, depth_mm
        self.rows = int(depth_mm / probe.depth_step_mm) + 1
        self.lines = int(2.0 * probe.half_width_mm / probe.line_step_mm) + 1
        self.element_mm = (np.arange(probe.aperture_elements) - (probe.aperture_elements - 1) / 2.0) * probe.pitch_mm
        self.param: Any = wave_library().utils.Param(**_settings(probe)).ignoreCaseInFieldNames()
        self.delays = self._delays()
        self.samples = int(2e-3 * depth_mm / SPEED_M_S * 2e6 * probe.centre_mhz) + 4 * probe.half_periods
        self.beam_lines, self.matrix = self._delay_and_sum()

    def _delays(self) -> Positions:
        """Focus far below the picture: a beam a few millimetres wide all the way down."""
        delays: Positions = wave_library().txdelay(0.0, 1.6e-3 * self.depth_mm, self.param)
        return delays

    def apodization(self, centre_mm: float) -> Positions:
        """Weight of each element as a sender: a cosine bell, nothing beyond the ends of the array."""
        half = self.probe.sending_elements * self.probe.pitch_mm / 2.0
        bell = np.cos(np.clip(self.element_mm / half, -1.0, 1.0) * np.pi / 2.0)
        weights: Positions = bell * self.present(centre_mm)
        return weights

    def present(self, centre_mm: float) -> Positions:
        """1 for elements of the aperture that the array has, else 0."""
        there: Positions = (np.abs(self.element_mm + centre_mm) <= self.probe.half_width_mm).astype(np.float64)
        return there

    def halves(self) -> Iterator[Positions]:
        """Weights of the elements in each look."""
        yield np.ones(len(self.element_mm))
        yield (self.element_mm < 0.0).astype(np.float64)
        yield (self.element_mm > 0.0).astype(np.float64)

    def _delay_and_sum(self) -> tuple[Positions, Any]:
        probe = self.probe
        side = round(probe.beam_step_mm / probe.line_step_mm)
        reach: Positions = np.arange(-side, side + 1).astype(np.float64) * probe.line_step_mm
        x, z = np.meshgrid(reach * 1e-3, np.arange(self.rows) * probe.depth_step_mm * 1e-3 + 1e-6)
        size = 1j * np.array([self.samples, probe.aperture_elements])
        matrix = wave_library().dasmtx(size, x, z, self.delays, self.param.copy())
        return reach, matrix.tocsr()

    def received(self, points: Scatterers, centre_mm: float) -> BaseBand:
        """Demodulated signals of all elements for the beam sent from `centre_mm`."""
        signals = np.zeros((self.samples, self.probe.aperture_elements), dtype=np.complex128)
        top = 0.0
        while top < self.depth_mm:
            slab = points.where((points.z_mm >= top) & (points.z_mm < top + self.probe.slab_mm))
            first = max(0, int((2e-3 * top - 1e-3) / SPEED_M_S * self.param.fs))
            for start in range(0, len(slab), _POINTS_AT_ONCE):
                some = slab.where(np.arange(len(slab)) // _POINTS_AT_ONCE == start // _POINTS_AT_ONCE)
                window = self._window(some, centre_mm, first)
                signals[first : first + len(window)] += window
            top += self.probe.slab_mm
        return signals

    def _window(self, points: Scatterers, centre_mm: float, first: int) -> BaseBand:
        """Signals of one window of time that starts at sample `first`."""
        periods = self.probe.half_periods
        spectrum, used = self._spectrum(points, centre_mm, self.param.fc / periods * (1.0 + 1e-9))
        bins = np.flatnonzero(used)
        turned = np.conj(spectrum) * np.exp(2j * np.pi * bins * first / (2 * periods))[:, None]
        full = np.zeros((2 * periods, self.probe.aperture_elements), dtype=np.complex128)
        full[(bins - periods) % (2 * periods)] = turned
        carrier = np.exp(-2j * np.pi * self.param.fc * first / self.param.fs)
        signals: BaseBand = np.fft.ifft(full, axis=0) * (2 * periods) * carrier
        return signals

    def _spectrum(self, points: Scatterers, centre_mm: float, step_hz: float) -> tuple[BaseBand, npt.NDArray[np.bool_]]:
        library = wave_library()
        options = library.utils.Options()
        options.CallFun, options.WaitBar, options.ElementSplitting = "simus", False, 1
        options.dBThresh, options.FrequencyStep, options.RC = _BAND_DB, step_hz, points.reflectivity
        param = self.param.copy()
        param.TXapodization = self.apodization(centre_mm)
        x, z = (points.x_mm - centre_mm) * 1e-3, points.z_mm * 1e-3
        _, spectrum, used = library.pfield(
            x, np.zeros(0), z, self.delays.copy(), param, options.ignoreCaseInFieldNames()
        )
        return spectrum, used

    def add_beam(self, picture: BaseBand, signals: BaseBand, centre_mm: float) -> None:
        """Add what one beam shows to the picture's lines beside it, less with distance."""
        formed = (self.matrix @ signals.ravel(order="F")).reshape((self.rows, len(self.beam_lines)), order="F")
        middle = round((centre_mm + self.probe.half_width_mm) / self.probe.line_step_mm)
        for column, offset in enumerate(self.beam_lines):
            line = middle + column - len(self.beam_lines) // 2
            if 0 <= line < self.lines:
                picture[:, line] += np.cos(offset / self.probe.beam_step_mm * np.pi / 2.0) ** 2 * formed[:, column]
