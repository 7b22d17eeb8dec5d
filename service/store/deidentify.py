"""What is kept of a file: its picture and the numbers needed to judge it again, and nothing about a person.

The picture is kept as the grey levels that are judged, with everything outside the B-mode rectangle black: that is
where machines write names. JPEG-LS keeps the rest exactly, in about the size that JPEG had (a 120-frame cine of
6.1 MB gives 5.6 MB). Text inside the rectangle belongs to the pixels that were judged; it is left, and reported.
"""

import shutil
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from pydicom import Dataset, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from imaging.dicom.header import DEFAULT_LIMITS, read_head, reading_elements, uid
from imaging.frame import Frame, GreyPixels
from imaging.geometry import BoxPx
from imaging.raster import encode_png
from service.source import Source
from service.store.burned_in import StillPicture
from service.store.encoding import jpeg_ls
from service.store.identifiers import IdentifierKey
from service.store.profile import KEPT, deidentified_header, state_what_was_done

_ULTRASOUND, _ULTRASOUND_CINE = "1.2.840.10008.5.1.4.1.1.6.1", "1.2.840.10008.5.1.4.1.1.3.1"
_CAPTURED_CINE = "1.2.840.10008.5.1.4.1.1.7.2"
_KEPT_AS = {
    "1.2.840.10008.5.1.4.1.1.6": _ULTRASOUND,  # retired
    "1.2.840.10008.5.1.4.1.1.3": _ULTRASOUND_CINE,  # retired
    "1.2.840.10008.5.1.4.1.1.7.1": _CAPTURED_CINE,
    "1.2.840.10008.5.1.4.1.1.7.3": _CAPTURED_CINE,
    "1.2.840.10008.5.1.4.1.1.7.4": _CAPTURED_CINE,  # true colour, which the kept picture is not
}
"""SOP classes whose kept picture (grey, 8 bits) belongs to another class."""
_LOSSLESS = frozenset(
    {
        ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian,
        RLELossless, JPEGLossless, JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless, HTJ2KLossless, HTJ2KLosslessRPCL,
    }
)  # fmt: skip
_ITEM, _DELIMITER = struct.pack("<HH", 0xFFFE, 0xE000), struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
_PIXEL_DATA = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """What was found while a picture was made fit to be kept.

    ``text_px`` are places inside the B-mode rectangle that look like text and are still there.
    """

    bmode: BoxPx
    text_px: tuple[BoxPx, ...]


def write_kept_picture(source: Source, target: Path) -> KeptPicture:
    """Write what is kept of a plain picture: grey levels in a PNG, without the file's text chunks and EXIF."""
    frame = source.frame(0)
    target.write_bytes(encode_png(blanked(frame)))
    return _found(_still([frame]), frame.bmode)


def write_kept_dicom(
    original: Path, source: Source, target: Path, key: IdentifierKey, between_frames: Callable[[], None] = lambda: None
) -> KeptPicture:
    """Write what is kept of a DICOM image or cine, frame by frame.

    Parameters
    ----------
    original
        The file, for its header.
    source
        The same file, for its frames.
    between_frames
        Called after each frame; it may wait.

    Raises
    ------
    imaging.errors.ImagingError
        If a frame cannot be decoded.
    """
    bmode, frames = source.frame(0).bmode, target.with_name(target.name + ".frames")
    try:
        with frames.open("wb") as file:
            still = _write_frames(source.frames(), file, between_frames)
        found = _found(still, bmode)
        header = _header(original, source, key)
        state_what_was_done(header, text_left=bool(found.text_px))
        _write_file(header, frames, target)
    finally:
        frames.unlink(missing_ok=True)
    return found


def _header(original: Path, source: Source, key: IdentifierKey) -> Dataset:
    read = read_head(original, DEFAULT_LIMITS, (*KEPT, "SOPClassUID", "LossyImageCompression"))
    with reading_elements():  # values in pydicom's warnings and errors would end in the log
        header = deidentified_header(read.elements, key)
        kind = uid(read.elements, "SOPClassUID")
        header.SOPClassUID = _KEPT_AS.get(kind, kind)
        lossy = read.elements.get("LossyImageCompression") == "01" or read.transfer_syntax_uid not in _LOSSLESS
    _describe_pixels(header, source)
    header.LossyImageCompression = "01" if lossy else "00"
    return header


def _describe_pixels(header: Dataset, source: Source) -> None:
    pixels = source.frame(0).pixels
    header.Modality = "US"
    header.ImageType = ["DERIVED", "PRIMARY"]
    header.DerivationDescription = "Grey levels of the picture; black outside the B-mode rectangle"
    header.SamplesPerPixel, header.PhotometricInterpretation = 1, "MONOCHROME2"
    header.Rows, header.Columns = pixels.shape
    header.BitsAllocated, header.BitsStored, header.HighBit, header.PixelRepresentation = 8, 8, 7, 0
    if header.SOPClassUID in (_ULTRASOUND_CINE, _CAPTURED_CINE) or source.frame_count > 1:
        header.NumberOfFrames = source.frame_count
        _point_to_timing(header)


def _point_to_timing(header: Dataset) -> None:
    """Name the attribute that says when frames follow each other; the file's own pointer may name anything."""
    timing = [keyword for keyword in ("FrameTimeVector", "FrameTime") if keyword in header]
    if timing:
        header.FrameIncrementPointer = header[timing[0]].tag


def _write_frames(frames: Iterable[Frame], file: BinaryIO, between: Callable[[], None]) -> StillPicture:
    """Write frames as items of encapsulated pixel data (PS3.5 A.4), one at a time: a cine is never held."""
    still = StillPicture()
    file.write(_PIXEL_DATA + _ITEM + struct.pack("<I", 0))  # an empty offset table: one fragment is one frame
    for frame in frames:
        pixels = blanked(frame)
        still.add(pixels)
        coded = jpeg_ls(pixels)
        coded += b"\0" * (len(coded) % 2)
        file.write(_ITEM + struct.pack("<I", len(coded)) + coded)
        between()
    file.write(_DELIMITER)
    return still


def _write_file(header: Dataset, frames: Path, target: Path) -> None:
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = JPEGLSLossless
    dcmwrite(target, header, enforce_file_format=True)
    with target.open("ab") as file, frames.open("rb") as coded:
        shutil.copyfileobj(coded, file)


def blanked(frame: Frame) -> GreyPixels:
    """Grey levels of a frame, black outside its B-mode rectangle: machines write names there."""
    box = frame.bmode
    pixels = np.zeros_like(frame.pixels)
    pixels[box.y0 : box.y1, box.x0 : box.x1] = frame.pixels[box.y0 : box.y1, box.x0 : box.x1]
    return pixels


def _still(frames: Iterable[Frame]) -> StillPicture:
    still = StillPicture()
    for frame in frames:
        still.add(frame.pixels)
    return still


def _found(still: StillPicture, bmode: BoxPx) -> KeptPicture:
    return KeptPicture(bmode, still.text(bmode))
