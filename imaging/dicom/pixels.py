"""From the stored bytes of one DICOM frame to luma.

Every transfer syntax has one named decoder: left to choose, pydicom takes one that is ten times slower for JPEG
baseline. What comes out is grey as the machine drew it; no window and no modality table is applied.
"""

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom.uid as syntax
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder

from imaging import raster
from imaging.dicom.gdcm_frame import gdcm_samples
from imaging.dicom.header import refusing
from imaging.dicom.palette import Palette
from imaging.errors import UnreadableImage, UnsupportedImage
from imaging.frame import GreyPixels

_Samples = npt.NDArray[np.generic]

NATIVE = frozenset(
    {
        syntax.ImplicitVRLittleEndian,
        syntax.ExplicitVRLittleEndian,
        syntax.ExplicitVRBigEndian,
        syntax.DeflatedExplicitVRLittleEndian,
    }
)
_JPEG_DCT = frozenset({syntax.JPEGBaseline8Bit, syntax.JPEGExtended12Bit})
_JPEG_LOSSLESS = frozenset({syntax.JPEGLossless, syntax.JPEGLosslessSV1})
_JPEG_LS = frozenset({syntax.JPEGLSLossless, syntax.JPEGLSNearLossless})
_JPEG_2000 = frozenset(
    {
        syntax.JPEG2000Lossless,
        syntax.JPEG2000,
        syntax.HTJ2KLossless,
        syntax.HTJ2KLosslessRPCL,
        syntax.HTJ2K,
    }
)
ENCAPSULATED = _JPEG_DCT | _JPEG_LOSSLESS | _JPEG_LS | _JPEG_2000 | {syntax.RLELossless}

_ONE_SAMPLE = frozenset({"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"})
_LUMA_FIRST = frozenset({"YBR_FULL", "YBR_FULL_422"})
_RGB = frozenset({"RGB", "YBR_ICT", "YBR_RCT"})
"""A JPEG 2000 decoder undoes the ICT and RCT by itself."""
_CODE_STREAM = b"\xff\x4f\xff\x51"
# APP14 "Adobe", version 100, no flags, transform 0: the three components are RGB, not YCbCr.
_ADOBE_RGB = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"


@dataclass(frozen=True, eq=False)
class PixelLayout:
    """How the samples of a frame are written (DICOM PS3.3 C.7.6.3).

    ``swap_words`` is set for big-endian files whose bytes lie in 16-bit words; ``palette`` for PALETTE COLOR.
    """

    transfer_syntax_uid: str
    rows: int
    columns: int
    samples: int
    photometric: str
    planar: bool
    bits_allocated: int
    bits_stored: int
    signed: bool
    big_endian: bool = False
    swap_words: bool = False
    palette: Palette | None = None

    def __post_init__(self) -> None:
        self._require_size()
        known = _ONE_SAMPLE if self.samples == 1 else _LUMA_FIRST | _RGB if self.samples == 3 else frozenset[str]()
        if self.photometric not in known:
            msg = f"pixels have {self.samples} samples of a photometric interpretation that does not go with them"
            raise UnsupportedImage(msg)
        if self.bits_allocated not in (8, 16) or (self.samples == 3 and self.bits_allocated != 8):
            msg = f"pixels have {self.samples} samples of {self.bits_allocated} bits: expected 1 of 8 or 16, or 3 of 8"
            raise UnsupportedImage(msg)

    def _require_size(self) -> None:
        if self.rows < 1 or self.columns < 1:
            msg = f"DICOM image is {self.columns} x {self.rows} pixels: expected at least one"
            raise UnreadableImage(msg)
        if not 1 <= self.bits_stored <= self.bits_allocated:
            msg = f"{self.bits_stored} bits are stored in {self.bits_allocated}: expected 1 to all of them"
            raise UnreadableImage(msg)

    @property
    def native_frame_bytes(self) -> int:
        """Size of one uncompressed frame."""
        chroma_shared = self.photometric == "YBR_FULL_422"
        samples = 2 if chroma_shared else self.samples
        return self.rows * self.columns * samples * (self.bits_allocated // 8)


def frame_luma(stored: bytes, layout: PixelLayout) -> GreyPixels:
    """Luma of one frame, uint8 ``[row, column]``.

    More than eight stored bits are shifted down to the upper eight, fewer are shifted up; MONOCHROME1 is inverted.

    Parameters
    ----------
    stored
        One uncompressed frame, or the joined fragments of one compressed frame.

    Raises
    ------
    UnreadableImage
        If the bytes cannot be decoded or hold a picture of another size than the header states.
    UnsupportedImage
        If they are coded in a way that no decoder here reads.
    """
    if layout.transfer_syntax_uid in NATIVE:
        samples = _native_samples(stored, layout)
    elif layout.transfer_syntax_uid in _JPEG_DCT:
        return _jpeg_luma(stored, layout)
    else:
        samples = _decoded_samples(stored, layout)
    return _to_luma(samples, layout)


def _native_samples(stored: bytes, layout: PixelLayout) -> _Samples:
    """Samples ``[row, column]`` or ``[row, column, 3]``; luma alone where chroma is subsampled."""
    width = layout.bits_allocated // 8
    order = ">" if layout.big_endian else "<"
    samples = np.frombuffer(stored, np.dtype(f"{order}{'i' if layout.signed else 'u'}{width}"))
    if layout.swap_words and width == 1 and len(samples) % 2 == 0:
        samples = samples.reshape(-1, 2)[:, ::-1].reshape(-1)
    if layout.photometric == "YBR_FULL_422":
        # Two pixels share four bytes: Y1 Y2 Cb Cr (PS3.3 C.7.6.3.1.2).
        return samples.reshape(-1, 4)[:, :2].reshape(layout.rows, layout.columns)
    if layout.samples == 1:
        return samples.reshape(layout.rows, layout.columns)
    if layout.planar:
        return samples.reshape(3, layout.rows, layout.columns).transpose(1, 2, 0)
    return samples.reshape(layout.rows, layout.columns, 3)


def _decoded_samples(stored: bytes, layout: PixelLayout) -> _Samples:
    if layout.transfer_syntax_uid == syntax.RLELossless:
        return _pylibjpeg_samples(stored, layout)
    _require_size(_coded_size(stored, layout), layout)
    if layout.transfer_syntax_uid in _JPEG_2000:
        return _pylibjpeg_samples(stored, layout)
    if layout.transfer_syntax_uid in _JPEG_LOSSLESS and layout.samples == 1 and layout.bits_allocated == 8:
        # libjpeg-turbo reads these too, and does not fall over damage as gdcm does.
        return raster.decode_grey(stored, raster.PixelLimit(layout.rows * layout.columns))
    numbers = (layout.columns, layout.rows, layout.samples, layout.bits_allocated, layout.bits_stored)
    samples = gdcm_samples(stored, layout.transfer_syntax_uid, layout.photometric, (*numbers, int(layout.signed)))
    flat = np.frombuffer(samples, np.dtype(f"<{'i' if layout.signed else 'u'}{layout.bits_allocated // 8}"))
    return flat.reshape(layout.rows, layout.columns, *([3] if layout.samples == 3 else []))


def _pylibjpeg_samples(stored: bytes, layout: PixelLayout) -> _Samples:
    options: dict[str, Any] = {
        "transfer_syntax_uid": syntax.UID(layout.transfer_syntax_uid),
        "rows": layout.rows,
        "columns": layout.columns,
        "samples_per_pixel": layout.samples,
        "photometric_interpretation": layout.photometric,
        "planar_configuration": int(layout.planar),
        "bits_allocated": layout.bits_allocated,
        "bits_stored": layout.bits_stored,
        "pixel_representation": int(layout.signed),
        "number_of_frames": 1,
        "pixel_keyword": "PixelData",
        "pixel_vr": "OB",
    }
    with refusing("compressed DICOM frame"):
        decoder = get_decoder(layout.transfer_syntax_uid)
        samples, _ = decoder.as_array(
            encapsulate([stored], has_bot=False), index=0, raw=True, decoding_plugin="pylibjpeg", **options
        )
    return samples


def _coded_size(stored: bytes, layout: PixelLayout) -> raster.ImageSize:
    """Size that the compressed frame itself states: decoders believe it, and take memory for it."""
    if layout.transfer_syntax_uid not in _JPEG_2000:
        return raster.jpeg_size(stored)
    # The SIZ segment follows the start of the code stream (ITU-T T.800, A.5.1).
    at = stored.find(_CODE_STREAM, 0, 512)
    if at < 0 or len(stored) < at + 24:
        msg = f"JPEG 2000 frame of {len(stored)} bytes states no size"
        raise UnreadableImage(msg)
    right, bottom, left, top = struct.unpack(">4I", stored[at + 8 : at + 24])
    return raster.ImageSize(right - left, bottom - top)


def _require_size(size: raster.ImageSize, layout: PixelLayout) -> None:
    if size != (layout.columns, layout.rows):
        msg = (
            f"compressed frame is {size.width} x {size.height} pixels: "
            f"expected {layout.columns} x {layout.rows} as in the DICOM header"
        )
        raise UnreadableImage(msg)


def _jpeg_luma(stored: bytes, layout: PixelLayout) -> GreyPixels:
    if layout.bits_allocated != 8 or layout.photometric == "PALETTE COLOR":
        msg = f"JPEG frame has {layout.bits_allocated} bits: expected 8 of grey or colour"
        raise UnsupportedImage(msg)
    _require_size(raster.jpeg_size(stored), layout)
    head = stored[:512]
    if layout.photometric == "RGB" and b"JFIF" not in head and b"Adobe" not in head:
        stored = stored[:2] + _ADOBE_RGB + stored[2:]
    grey = raster.decode_grey(stored, raster.PixelLimit(layout.rows * layout.columns))
    return 255 - grey if layout.photometric == "MONOCHROME1" else grey


def _to_luma(samples: _Samples, layout: PixelLayout) -> GreyPixels:
    if layout.photometric in _LUMA_FIRST:
        plane = samples[..., 0] if samples.ndim == 3 else samples
        return np.ascontiguousarray(plane, dtype=np.uint8)
    if layout.photometric in _RGB:
        return raster.luma(np.ascontiguousarray(samples, dtype=np.uint8))
    if layout.palette is not None:
        return layout.palette(samples)
    grey = _upper_eight_bits(samples, layout)
    return 255 - grey if layout.photometric == "MONOCHROME1" else grey


def _upper_eight_bits(samples: _Samples, layout: PixelLayout) -> GreyPixels:
    if layout.bits_stored == 8 and layout.bits_allocated == 8 and not layout.signed:
        return np.ascontiguousarray(samples, dtype=np.uint8)
    # Bits above the stored ones may hold an overlay; a sign moves up so that the darkest value is 0.
    offset = 1 << (layout.bits_stored - 1) if layout.signed else 0
    levels = (samples.astype(np.int32) + offset) & ((1 << layout.bits_stored) - 1)
    shift = layout.bits_stored - 8
    return np.asarray(levels >> shift if shift >= 0 else levels << -shift, dtype=np.uint8)
