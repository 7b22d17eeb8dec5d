"""Ultrasound DICOM: one image or cine as frames with their calibration, decoded one at a time.

Nothing about a patient is read. The calibration comes from the ultrasound regions; where the file has none, from
PixelSpacing if it has that; otherwise the frames are not calibrated.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from imaging.bmode import find_bmode
from imaging.dicom import attributes, equipment
from imaging.dicom.cine import Cine, encapsulated_cine, native_cine, video_cine
from imaging.dicom.header import DEFAULT_LIMITS, DicomHead, DicomLimits, read_head, reading_elements, uid
from imaging.dicom.pixels import ENCAPSULATED, NATIVE
from imaging.dicom.regions import choose_region
from imaging.dicom.video import VIDEO
from imaging.errors import BadInput, ImageTooLarge, UnreadableImage, UnsupportedImage
from imaging.frame import Frame, GreyPixels
from imaging.geometry import BoxPx, PixelSpacing
from imaging.raster import ImageSize

__all__ = ["DicomImage", "DicomLimits", "read_dicom"]

_IMAGE = "1.2.840.10008.5.1.4.1.1."
_ACCEPTED = frozenset(_IMAGE + end for end in ("6.1", "3.1", "6", "3", "7", "7.1", "7.2", "7.3", "7.4"))
"""Ultrasound Image and Multi-frame Image, each with its retired predecessor, and the Secondary Capture family."""


@dataclass(frozen=True, eq=False)
class DicomImage:
    """One ultrasound image or cine; frames are decoded when they are asked for.

    Parameters
    ----------
    sop_instance_uid, sop_class_uid, study_instance_uid, series_instance_uid, transfer_syntax_uid
        As in the file; study and series are "" where it has none.
    frame_times_ms
        From the first frame to each frame, in the file's own time; empty where nothing says.
    calibration
        Millimetres per pixel, or None where the file does not say.
    bmode
        Rectangle of the ultrasound region, or None where no region says; the frames then carry what `find_bmode`
        sees in the first of them.
    laterality
        R, L, U, B or None.
    manufacturer, manufacturer_model, transducer
        As `imaging.dicom.equipment` takes them, "" where nothing says.
    """

    sop_instance_uid: str
    sop_class_uid: str
    study_instance_uid: str
    series_instance_uid: str
    modality: str
    transfer_syntax_uid: str
    rows: int
    columns: int
    frame_count: int
    frame_times_ms: tuple[float, ...]
    calibration: PixelSpacing | None
    bmode: BoxPx | None
    laterality: str | None
    manufacturer: str
    manufacturer_model: str
    transducer: str
    cine: Cine = field(repr=False)

    def frame(self, index: int) -> Frame:
        """One frame, 0-based.

        Raises
        ------
        BadInput
            If there is no frame of this index.
        UnreadableImage
            If it cannot be decoded.
        """
        if not 0 <= index < self.frame_count:
            msg = f"frame {index} was asked for: expected 0 to {self.frame_count - 1}"
            raise BadInput(msg)
        return self._frame(index, self.cine.luma(index))

    def frames(self) -> Iterator[Frame]:
        """Every frame in order, one decoded at a time."""
        for index, pixels in enumerate(self.cine.all()):
            yield self._frame(index, pixels)

    def _frame(self, index: int, pixels: GreyPixels) -> Frame:
        return Frame(pixels, self.calibration, self.bmode or self._seen_bmode, index)

    @cached_property
    def _seen_bmode(self) -> BoxPx:
        return find_bmode(self.cine.luma(0))


def read_dicom(source: bytes | Path, region: int | None = None, limits: DicomLimits = DEFAULT_LIMITS) -> DicomImage:
    """Ultrasound image or cine of a DICOM file, not yet decoded.

    Parameters
    ----------
    source
        The file, or its bytes. A file is read piece by piece and has to stay as it is while frames are taken.
    region
        0-based position of the ultrasound region to use, for files with several of different scale.
    limits
        What is refused before memory is taken for it.

    Raises
    ------
    UnreadableImage
        If this is not a DICOM file, or is a damaged one.
    UnsupportedImage
        If it is not ultrasound, or is coded in a way that is not read.
    ImageTooLarge
        If it is over a limit.
    BadBox, BadSpacing, AmbiguousRegions
        If the calibration cannot be true, or there are two and none is named.
    MissingExtra
        If it is a video and no video decoder is installed.
    """
    head = read_head(source, limits)
    with reading_elements():
        sop_class_uid, modality = _require_ultrasound(head)
        size, frame_count = _size(head, limits)
        cine = _cine(head, size, frame_count)
        calibration, bmode = _calibration(head, size, region)
        return DicomImage(
            sop_instance_uid=uid(head.elements, "SOPInstanceUID"),
            sop_class_uid=sop_class_uid,
            study_instance_uid=uid(head.elements, "StudyInstanceUID", ""),
            series_instance_uid=uid(head.elements, "SeriesInstanceUID", ""),
            modality=modality,
            transfer_syntax_uid=head.transfer_syntax_uid,
            rows=size.height,
            columns=size.width,
            frame_count=frame_count,
            frame_times_ms=attributes.frame_times_ms(head.elements, frame_count),
            calibration=calibration,
            bmode=bmode,
            laterality=attributes.laterality(head.elements),
            manufacturer=equipment.maker(head.elements),
            manufacturer_model=equipment.model_name(head.elements),
            transducer=equipment.transducer(head.elements),
            cine=cine,
        )


def _require_ultrasound(head: DicomHead) -> tuple[str, str]:
    sop_class_uid = uid(head.elements, "SOPClassUID")
    modality = attributes.code(head.elements, "Modality")
    if modality != "US" or sop_class_uid not in _ACCEPTED:
        msg = f"DICOM object has modality {modality!r} and SOP class {sop_class_uid}: expected an ultrasound image"
        raise UnsupportedImage(msg)
    return sop_class_uid, modality


def _size(head: DicomHead, limits: DicomLimits) -> tuple[ImageSize, int]:
    size = ImageSize(attributes.integer(head.elements, "Columns"), attributes.integer(head.elements, "Rows"))
    frames = attributes.integer(head.elements, "NumberOfFrames", 1)
    if size.width < 1 or size.height < 1 or frames < 1:
        msg = f"DICOM image has {frames} frames of {size.width} x {size.height} pixels: expected at least one of each"
        raise UnreadableImage(msg)
    if size.width * size.height > limits.frame_pixels or frames > limits.frames:
        msg = (
            f"DICOM image has {frames} frames of {size.width} x {size.height} pixels: "
            f"expected at most {limits.frames} of {limits.frame_pixels} in all"
        )
        raise ImageTooLarge(msg)
    return size, frames


def _cine(head: DicomHead, size: ImageSize, frames: int) -> Cine:
    if head.transfer_syntax_uid in VIDEO:
        return video_cine(head, size, frames)
    if head.transfer_syntax_uid in ENCAPSULATED:
        return encapsulated_cine(head, attributes.pixel_layout(head), frames)
    if head.transfer_syntax_uid in NATIVE:
        return native_cine(head, attributes.pixel_layout(head), frames)
    msg = f"DICOM image has transfer syntax {head.transfer_syntax_uid}: no decoder here reads it"
    raise UnsupportedImage(msg)


def _calibration(head: DicomHead, size: ImageSize, named: int | None) -> tuple[PixelSpacing | None, BoxPx | None]:
    regions = attributes.regions(head.elements)
    if not regions and named is None:
        return attributes.pixel_spacing(head.elements), None
    chosen = choose_region(regions, named)
    if chosen is None:
        return None, None
    return chosen.spacing(), chosen.box(size.width, size.height)
