"""What the rest of the service asks of the decoders: the calls of `imaging`, with the work done in another process."""

import functools
import itertools
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from imaging import errors
from imaging.dicom import DicomImage
from imaging.errors import BadInput, MissingExtra, UnreadableImage
from imaging.frame import GreyPixels
from imaging.geometry import BoxPx, PixelSpacing, SpacingSource
from imaging.raster import encode_png
from service.decoding.pool import Decoders
from service.decoding.protocol import Json, Reply

_REFUSALS: Mapping[str, type[BadInput]] = {
    kind.code: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, BadInput)
}
_NUMBERS = itertools.count()


@dataclass(frozen=True, slots=True)
class InstanceName:
    """Identifiers of a DICOM instance as they are in its file; study and series are "" where it has none."""

    study_uid: str
    series_uid: str
    sop_uid: str
    sop_class_uid: str


def decoders() -> Decoders:
    """The decoders of this process; a process that was forked has its own."""
    return _decoders(os.getpid())


@functools.lru_cache(maxsize=1)
def _decoders(_process: int) -> Decoders:
    return Decoders()


def warm_up() -> None:
    """Have a process ready before anybody waits for it, and from now on one to spare."""
    decoders().keep_spare()
    decode_grey(encode_png(np.zeros((1, 1), dtype=np.uint8)))


def decode_grey(data: bytes, by: Decoders | None = None) -> GreyPixels:
    """Luma of a PNG or JPEG, as `imaging.raster.decode_grey` gives it.

    Raises
    ------
    BadInput
        Whatever the bytes are refused for; `DecoderEnded` and `DecodingTooLong` among it.
    """
    _, luma = _asked(by or decoders(), {"task": "picture"}, data, None)
    return _picture(luma)


def read_dicom(source: bytes | Path, region: int | None = None, by: Decoders | None = None) -> DicomImage:
    """Ultrasound image or cine of a DICOM file, as `imaging.dicom.read_dicom` gives it, frame by frame.

    Raises
    ------
    BadInput, MissingExtra
        Whatever the file is refused for.
    """
    stored = _Stored(by or decoders(), source, region, next(_NUMBERS))
    described: dict[str, Any] = stored.ask("image")[0]["image"]
    spacing, bmode = described.pop("calibration"), described.pop("bmode")
    return DicomImage(
        **{**described, "frame_times_ms": tuple(described["frame_times_ms"])},
        calibration=PixelSpacing(spacing[0], spacing[1], SpacingSource(spacing[2])) if spacing else None,
        bmode=BoxPx(*bmode) if bmode else None,
        cine=_RemoteCine(stored, described["frame_count"], (described["rows"], described["columns"])),
    )


def read_instance_name(path: Path, by: Decoders | None = None) -> InstanceName:
    """Identifiers of a DICOM file.

    Raises
    ------
    BadInput
        If it is not a DICOM file, or a damaged one, or names no instance.
    """
    answer, _ = _asked(by or decoders(), {"task": "name", "path": str(path.resolve())}, b"", None)
    return InstanceName(**answer)


@dataclass(frozen=True, slots=True)
class _Stored:
    """A file and the number under which decoders have it open."""

    decoders: Decoders
    source: bytes | Path
    region: int | None
    number: int

    def ask(self, task: str, index: int = 0) -> Reply:
        body, path = (self.source, None) if isinstance(self.source, bytes) else (b"", str(self.source.resolve()))
        head = {"task": task, "number": self.number, "region": self.region, "path": path, "index": index}
        return _asked(self.decoders, head, body, self.number)


@dataclass(frozen=True, slots=True)
class _RemoteCine:
    """Frames of a file, decoded by another process when they are asked for; keeps the contract of `Cine`."""

    stored: _Stored
    frames: int
    shape: tuple[int, int]

    def luma(self, index: int) -> GreyPixels:
        """One frame, uint8 ``[row, column]``."""
        luma = _picture(self.stored.ask("frame", index)[1])
        if luma.shape != self.shape:
            msg = f"frame is {luma.shape[1]} x {luma.shape[0]} pixels: expected {self.shape[1]} x {self.shape[0]}"
            raise UnreadableImage(msg)
        return luma

    def all(self) -> Iterator[GreyPixels]:
        """Every frame in order."""
        return map(self.luma, range(self.frames))


def _asked(by: Decoders, head: Json, body: bytes, number: int | None) -> Reply:
    answer, luma = by.ask(head, body, number)
    refusal = answer.get("refusal")
    if refusal == MissingExtra.code:
        raise MissingExtra(extra=str(answer["extra"]), purpose="this kind of image")
    if refusal is not None:
        raise _REFUSALS.get(refusal, UnreadableImage)(answer["message"])
    return answer, luma


def _picture(luma: GreyPixels | None) -> GreyPixels:
    if luma is None:
        msg = "the decoder gave no picture"
        raise UnreadableImage(msg)
    return luma
