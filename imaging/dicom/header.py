"""Reading the head of a DICOM file under limits: everything before the pixel data, and where that begins.

pydicom is asked for the listed elements only, so that nothing about a patient is ever held, and whatever it raises on
a damaged file leaves this room as `UnreadableImage`.
"""

import io
import re
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filereader import read_dataset, read_preamble
from pydicom.tag import BaseTag, Tag
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from imaging.errors import ImageTooLarge, ImagingError, UnreadableImage

_ELEMENTS = [
    "SpecificCharacterSet", "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "Modality",
    "Manufacturer", "ManufacturerModelName", "TransducerData", "TransducerType",
    "Laterality", "ImageLaterality", "FrameTime", "FrameTimeVector", "FrameIncrementPointer",
    "CineRate", "RecommendedDisplayFrameRate", "SequenceOfUltrasoundRegions", "PixelSpacing", "NumberOfFrames",
    "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "BitsAllocated",
    "BitsStored", "PixelRepresentation", "RedPaletteColorLookupTableDescriptor",
    "RedPaletteColorLookupTableData", "GreenPaletteColorLookupTableData", "BluePaletteColorLookupTableData",
    "SegmentedRedPaletteColorLookupTableData", "SegmentedGreenPaletteColorLookupTableData",
    "SegmentedBluePaletteColorLookupTableData",
    "ExtendedOffsetTable", "ExtendedOffsetTableLengths",
]  # fmt: skip
_AFTER_META, _FIRST_PIXEL_TAG, _PIXEL_DATA = 0x00030000, 0x7FE00008, 0x7FE00010
_UNDEFINED_LENGTH = 0xFFFFFFFF
_INFLATED_STEP = 1_048_576
_UID = re.compile(r"[0-9](?:[0-9.]{0,62}[0-9])?")
"""Digits and dots, neither end a dot: machines get the rest of the rules wrong."""

_RAISED_ON_DAMAGE = (
    ArithmeticError, AssertionError, AttributeError, BytesLengthException, EOFError, InvalidDicomError, LookupError,
    MemoryError, OSError, RuntimeError, TypeError, ValueError, struct.error, zlib.error,
)  # fmt: skip
"""What pydicom, its plugins and gdcm were seen to raise on damaged files (RecursionError is a RuntimeError)."""
_ONE_AT_A_TIME = threading.Lock()
"""`warnings.catch_warnings` changes a setting of the whole process."""


@dataclass(frozen=True, slots=True)
class DicomLimits:
    """How large a DICOM image may be; each is checked before the memory is taken."""

    file_bytes: int = 2_147_483_648
    """2 GiB: an uncompressed colour cine of 1,000 frames of 800 x 600 pixels has 1.4 GB. It is not read whole."""
    inflated_bytes: int = 268_435_456
    """256 MiB: a deflated file is held inflated, and 1 MB of it can claim to be 3.5 GB."""
    frame_pixels: int = 16_777_216
    """Rows times columns: four times the largest workstation screen in use (2560 x 1600)."""
    header_bytes: int = 33_554_432
    """32 MiB read before the pixel data, sequences included; a header has some kB, and private data is skipped."""
    header_reads: int = 100_000
    """About three per element; an empty item of 8 bytes takes 60 microseconds and 2 kB once it is parsed."""
    frames: int = 20_000
    """Ten minutes at 30 frames a second; stored cines have seldom more than 1,000."""


DEFAULT_LIMITS = DicomLimits()


@dataclass(frozen=True, slots=True)
class StoredBytes:
    """Bytes in memory or in a file, read piece by piece and from several threads at once."""

    origin: bytes | Path

    def open(self) -> BinaryIO:
        """Stream at its beginning."""
        return io.BytesIO(self.origin) if isinstance(self.origin, bytes) else self.origin.open("rb")

    def size(self) -> int:
        """Number of bytes."""
        return len(self.origin) if isinstance(self.origin, bytes) else self.origin.stat().st_size

    def read(self, start: int, length: int) -> bytes:
        """Exactly this piece.

        Raises
        ------
        UnreadableImage
            If the bytes end before the piece does.
        """
        with refusing("pixel data"), self.open() as stream:
            stream.seek(start)
            piece = stream.read(length)
        if len(piece) != length:
            msg = f"pixel data ends after {len(piece)} of {length} bytes"
            raise UnreadableImage(msg)
        return piece


class _BoundedStream:
    """Stream that counts what is read from it."""

    def __init__(self, stream: BinaryIO, limits: DicomLimits) -> None:
        self._limits = limits
        self._stream = stream
        self._reads = self._bytes = 0
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, size: int) -> bytes:
        piece = self._stream.read(min(size, self._limits.header_bytes + 1))
        self._reads += 1
        self._bytes += len(piece)
        if self._bytes > self._limits.header_bytes or self._reads > self._limits.header_reads:
            msg = f"DICOM header has over {self._reads - 1} parts or {self._bytes} bytes before its pixel data"
            raise ImageTooLarge(msg)
        return piece


@dataclass(frozen=True, slots=True)
class PixelDataPlace:
    """Where the value of PixelData lies, and how it is written.

    ``length`` is None for encapsulated pixel data. ``is_words`` tells 16-bit words (VR OW), which big endian swaps.
    """

    start: int
    length: int | None
    is_words: bool


@dataclass(frozen=True, eq=False)
class DicomHead:
    """Listed elements of a file, its transfer syntax, and the place of its pixel data in ``stored``."""

    elements: Dataset
    transfer_syntax_uid: str
    stored: StoredBytes
    pixel_data: PixelDataPlace | None

    @property
    def place(self) -> PixelDataPlace:
        """Place of the pixel data.

        Raises
        ------
        UnreadableImage
            If the file has none.
        """
        if self.pixel_data is None:
            msg = "DICOM file has no PixelData: it may be cut short"
            raise UnreadableImage(msg)
        return self.pixel_data


@contextmanager
def refusing(what: str) -> Iterator[None]:
    """Turn whatever a library raises on damaged bytes into `UnreadableImage`.

    The library's own message is not passed on: it may quote a value, and a value may be a name.
    """
    try:
        yield
    except _RAISED_ON_DAMAGE as error:
        if isinstance(error.__context__, ImagingError):  # pydicom turns what its stream raises into an OSError
            raise error.__context__ from None
        msg = f"{what} cannot be read ({type(error).__name__})"
        raise UnreadableImage(msg) from error


@contextmanager
def reading_elements() -> Iterator[None]:
    """`refusing` for the header, with pydicom's warnings about odd values kept quiet."""
    with _ONE_AT_A_TIME, warnings.catch_warnings(), refusing("DICOM header"):
        warnings.simplefilter("ignore")
        yield


def read_head(source: bytes | Path, limits: DicomLimits, keywords: Sequence[str] = _ELEMENTS) -> DicomHead:
    """Listed elements of a DICOM file and the place of its pixel data.

    Parameters
    ----------
    keywords
        Elements to read; those that an image is judged by if not given.

    Raises
    ------
    UnreadableImage
        If this is not a DICOM file, or is a damaged one.
    ImageTooLarge
        If the file, or what it inflates to, is over a limit.
    """
    stored = StoredBytes(source)
    with refusing("DICOM file"):
        size = stored.size()
    _require_at_most("DICOM file has", size, limits.file_bytes)
    with reading_elements(), _bounded(stored, limits) as stream:
        read_preamble(stream, force=False)
        meta = read_dataset(stream, False, True, stop_when=_beyond_meta)
        syntax = uid(meta, "TransferSyntaxUID")
        dataset_start = stream.tell()
    if syntax == DeflatedExplicitVRLittleEndian:
        stored, dataset_start = StoredBytes(_inflated(stored, dataset_start, limits.inflated_bytes)), 0
    with reading_elements(), _bounded(stored, limits) as stream:
        stream.seek(dataset_start)
        tags: list[BaseTag | int] = [Tag(keyword) for keyword in keywords]
        implicit, little = syntax == ImplicitVRLittleEndian, syntax != ExplicitVRBigEndian
        elements = read_dataset(stream, implicit, little, stop_when=_at_pixels, specific_tags=tags)
        place = _pixel_data_place(stream, implicit=implicit, little=little)
    return DicomHead(elements, syntax, stored, place)


@contextmanager
def _bounded(stored: StoredBytes, limits: DicomLimits) -> Iterator[BinaryIO]:
    with stored.open() as stream:
        # pydicom reads, seeks and tells; it asks for no more of a stream.
        yield cast("BinaryIO", _BoundedStream(stream, limits))


def uid(elements: Dataset, keyword: str, default: str | None = None) -> str:
    """Value of a UID element.

    Raises
    ------
    UnreadableImage
        If it is not a UID, or is absent and has no default.
    """
    value = elements.get(keyword)
    if not value and default is not None:
        return default
    if not isinstance(value, str) or not _UID.fullmatch(value):
        msg = f"{keyword} is absent or not a UID"
        raise UnreadableImage(msg)
    return str(value)


def _beyond_meta(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    return int(tag) >= _AFTER_META


def _at_pixels(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    return int(tag) >= _FIRST_PIXEL_TAG


def _require_at_most(what: str, value: int, limit: int) -> None:
    if value > limit:
        msg = f"{what} {value} bytes: expected at most {limit}"
        raise ImageTooLarge(msg)


def _inflated(stored: StoredBytes, start: int, limit: int) -> bytes:
    """Data set inflated piece by piece: one that is too large is known before it is whole, and is held once."""
    inflated, inflator = io.BytesIO(), zlib.decompressobj(-zlib.MAX_WBITS)
    with refusing("deflated DICOM data set"), stored.open() as stream:
        stream.seek(start)
        while not inflator.eof and (piece := inflator.unconsumed_tail or stream.read(_INFLATED_STEP)):
            inflated.write(inflator.decompress(piece, _INFLATED_STEP))
            _require_at_most("deflated DICOM data set inflates to over", inflated.tell(), limit)
        inflated.write(inflator.flush())
    return inflated.getvalue()


def _pixel_data_place(stream: BinaryIO, *, implicit: bool, little: bool) -> PixelDataPlace | None:
    """Read the header of the element at which the data set stopped."""
    order = "<" if little else ">"
    header = stream.read(8)
    group, element = struct.unpack(order + "HH", header[:4]) if len(header) == 8 else (0, 0)
    if group << 16 | element != _PIXEL_DATA:
        return None
    length_bytes = header[4:] if implicit else stream.read(4)
    (length,) = struct.unpack(order + "I", length_bytes)
    is_words = implicit or header[4:6] == b"OW"
    return PixelDataPlace(stream.tell(), None if length == _UNDEFINED_LENGTH else length, is_words)
