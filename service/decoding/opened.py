"""What a process that decodes can do, and the images that it holds open between tasks."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from imaging.dicom import DicomImage, read_dicom
from imaging.dicom.cine import EncapsulatedCine, NativeCine, VideoCine
from imaging.dicom.header import DEFAULT_LIMITS, read_head, reading_elements, uid
from imaging.frame import GreyPixels
from imaging.raster import decode_grey
from service.decoding.protocol import Json, Reply

_MOST_HELD = 8
"""Images kept open at a time; each is a header and the places of its frames."""
_PLAIN = (
    "sop_instance_uid", "sop_class_uid", "study_instance_uid", "series_instance_uid", "modality", "transfer_syntax_uid",
    "rows", "columns", "frame_count", "frame_times_ms", "laterality",
    "manufacturer", "manufacturer_model", "transducer",
)  # fmt: skip


class OpenedImages:
    """Does tasks, and keeps the images that they opened lately, by the number that the service gave each.

    ``require_sound`` is called after each picture, and refuses one that its decoder patched up.
    """

    def __init__(self, require_sound: Callable[[], None] = lambda: None) -> None:
        self._require_sound = require_sound
        self._images: OrderedDict[int, _Opened] = OrderedDict()

    def tasks(self) -> Mapping[str, Callable[[Json, bytes], Reply]]:
        """Tasks by name."""
        return {"picture": self._picture, "name": _name, "image": self._image, "frame": self._frame}

    def _picture(self, _head: Json, body: bytes) -> Reply:
        """Luma of a PNG or JPEG."""
        luma = decode_grey(body)
        self._require_sound()
        return {}, luma

    def _image(self, head: Json, body: bytes) -> Reply:
        """Description of a DICOM image."""
        return {"image": _described(self._opened(head, body).image), "holds": list(self._images)}, None

    def _frame(self, head: Json, body: bytes) -> Reply:
        """Luma of one frame of a DICOM image."""
        luma = self._opened(head, body).luma(head["index"])
        self._require_sound()
        return {"holds": list(self._images)}, luma

    def _opened(self, head: Json, body: bytes) -> "_Opened":
        number: int = head["number"]
        if number not in self._images:
            opened = _Opened(read_dicom(_origin(head, body), region=head["region"]))
            if opened.is_heavy:
                self._forget([held for held, image in self._images.items() if image.is_heavy])
            self._images[number] = opened
            self._forget(list(self._images)[:-_MOST_HELD])
        self._images.move_to_end(number)
        return self._images[number]

    def _forget(self, numbers: list[int]) -> None:
        for number in numbers:
            del self._images[number]


class _Opened:
    """An image, and which frame of it comes next where frames build on each other."""

    def __init__(self, image: DicomImage) -> None:
        self.image = image
        self._frames = image.cine.all()
        self._next = 0

    @property
    def is_heavy(self) -> bool:
        """Whether the file itself is held in memory: handed over as bytes, or inflated."""
        cine = self.image.cine
        return isinstance(cine, (NativeCine, EncapsulatedCine, VideoCine)) and isinstance(cine.stored.origin, bytes)

    def luma(self, index: int) -> GreyPixels:
        """Luma of a frame; of a video, those between the last one and this one are decoded on the way."""
        if not isinstance(self.image.cine, VideoCine):
            return self.image.cine.luma(index)
        if index < self._next:
            self._frames, self._next = self.image.cine.all(), 0
        while self._next < index:
            next(self._frames)
            self._next += 1
        self._next += 1
        return next(self._frames)


def _name(head: Json, body: bytes) -> Reply:
    """Identifiers of a DICOM instance."""
    elements = read_head(_origin(head, body), DEFAULT_LIMITS).elements
    with reading_elements():
        return {
            "study_uid": uid(elements, "StudyInstanceUID", ""),
            "series_uid": uid(elements, "SeriesInstanceUID", ""),
            "sop_uid": uid(elements, "SOPInstanceUID"),
            "sop_class_uid": uid(elements, "SOPClassUID"),
        }, None


def _origin(head: Json, body: bytes) -> bytes | Path:
    path = head["path"]
    return body if path is None else Path(path)


def _described(image: DicomImage) -> dict[str, Any]:
    """Plain values of an image; `service.decoding.image` makes one of them again."""
    spacing, bmode = image.calibration, image.bmode
    return {
        **{name: getattr(image, name) for name in _PLAIN},
        "calibration": [spacing.row_mm, spacing.column_mm, spacing.source.value] if spacing else None,
        "bmode": bmode.xyxy() if bmode else None,
    }
