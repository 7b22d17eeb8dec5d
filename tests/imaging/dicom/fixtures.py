"""Small ultrasound DICOM files, written here so that every trap is one file that can be read through."""

import base64
import io
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence as Items
from pydicom.uid import (
    HTJ2K,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
)

from imaging.raster import encode_jpeg

Pixels = npt.NDArray[Any]

ROWS, COLUMNS = 48, 64
ULTRASOUND, MULTI_FRAME = "1.2.840.10008.5.1.4.1.1.6.1", "1.2.840.10008.5.1.4.1.1.3.1"
SOP_INSTANCE = "1.2.826.0.1.3680043.8.498.1"


def ramp() -> npt.NDArray[np.uint8]:
    """Picture that the coded ramps hold."""
    y, x = np.mgrid[:16, :24]
    return (8 * x + 3 * y).astype(np.uint8)


# No encoder for these is among the test dependencies, so they are kept as they were written once.
HTJ2K_RAMP = base64.b64decode(
    "/0//UQApQAAAAAAYAAAAEAAAAAAAAAAAAAAAGAAAABAAAAAAAAAAAAABBwEB/1AACAACAAAAAv9SAAwAAgABAAUEBEAB/1wAEyBIUFBQUFBQUFBQ"
    "UFBQSEhI/2QAFwABT3BlbkpQSCBWZXIgMC4yNi4zLv+QAAoAAAAAAHAAAf+TwCXdAId0AMASgBABh3QAwBHAEwAncwC2/QACNADAE0ATAEjkgIt0"
    "AFr1CndUAMAVEAVIQgjx2nACdQBMkvzk9knstgDAKuAVwLZt2/Pwp6enQngABAAA/v8RXv3Xv3XsugD/2Q=="
)
JPEG_LOSSLESS_RAMP = base64.b64decode(
    "/9j/xAAWAAEBAQAAAAAAAAAAAAAAAAACBAj/wwALCAAQABgBABEA/9oACAEAAAYAAM/0UUUUUUUUUUUUUUUUUUUUUUNJJJJJJJJJJJNJJJJJJJJJ"
    "JJNJJJJJJJJJJJNJJJJJJJJJJJNJJJJJJJJJJJNJJJJJJJJJJJNJJJJJJJJJJJNJJJJJJJJJJJNJJJJJJJJJJJNJJJJJJJJJJJNJJJJJJJJJJJNJ"
    "JJJJJJJJJJNJJJJJJJJJJJNJJJJJJJJJJJNJJJJJJJJJJJD/2Q=="
)
JPEG_LS_RAMP = base64.b64decode(
    "/9j/6AAgU1BJRkYAAgAAAQAAABAAAAAYCggGAQAAASwAAAEs/+gACAAAAAH/2P/3AAsIABAAGAEBEQD/2gAIAQEAAAAAhx2jtWn93bu7/322sybS"
    "qv97N/9/9E//f/t//3/b/3/8n/9/6/9//X//f6//f/X/f/6//3//f/9//3//f/9//3//AP/Z"
)
JPEG_LS_RAMP_WITHIN_2 = base64.b64decode(
    "/9j/6AAgU1BJRkYAAgAAAQAAABAAAAAYCggGAQAAASwAAAEs/+gACAAAAAH/2P/3AAsIABAAGAEBEQD/2gAIAQEAAgAAnve/7m3dSrV5K5WryjZ5"
    "NfL3/35Xz/9/f/9/n/9/+/9//P9//3//f+f/f/9//38//3//f/9//3//f/9/gP/Z"
)


def colour_ramp() -> npt.NDArray[np.uint8]:
    """Picture that the coded colour ramp holds."""
    y, x = np.mgrid[:16, :24]
    return np.dstack([8 * x + 3 * y, 9 * y, 5 * x]).astype(np.uint8)


JPEG_LOSSLESS_COLOUR_RAMP = zlib.decompress(
    base64.b64decode(
        "eNr7f+P/OwY+x5T8pFSGFAYQ+H+YQZCDQYBBgjlIkMFdkMFJkOH/EQYJBgZmRkYGZMDMwsTx/xYDD3MQgzuDEwNQ8vm/+ue/2C6YNW7h"
        "XZDLnCHtcAsXZ5fXqLJRZVRQ9v8mAJEaALM="
    )
)


def grey(index: int = 0, rows: int = ROWS, columns: int = COLUMNS) -> npt.NDArray[np.uint8]:
    """Ramp with a bright square that is elsewhere in every frame."""
    y, x = np.mgrid[:rows, :columns]
    pixels = (2 * x + y + 10).astype(np.uint8)
    pixels[8:16, 8 + 4 * index : 16 + 4 * index] = 240
    return pixels


def colour(index: int = 0) -> npt.NDArray[np.uint8]:
    return np.stack([grey(index), 255 - grey(index), grey(index)[::-1]], axis=-1)


def dataset(frames: Sequence[Pixels], **elements: Any) -> Dataset:
    """Uncompressed ultrasound; the elements given overrule those that follow from the frames."""
    rows, columns, *samples = frames[0].shape
    bits = frames[0].dtype.itemsize * 8
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.SOPClassUID = MULTI_FRAME if len(frames) > 1 else ULTRASOUND
    ds.SOPInstanceUID, ds.StudyInstanceUID, ds.SeriesInstanceUID = SOP_INSTANCE, "1.2.3.4", "1.2.3.5"
    ds.Modality, ds.PatientName, ds.PatientID = "US", "NOBODY^NEVER", "0000"
    ds.Rows, ds.Columns, ds.SamplesPerPixel = rows, columns, samples[0] if samples else 1
    ds.PhotometricInterpretation = "RGB" if samples else "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = bits, bits, bits - 1, 0
    if samples:
        ds.PlanarConfiguration = 0
    if len(frames) > 1:
        ds.NumberOfFrames = len(frames)
    ds.PixelData = b"".join(frame.tobytes() for frame in frames)
    ds["PixelData"].VR = "OW" if bits > 8 else "OB"
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    return ds


def compressed(ds: Dataset, syntax: str, frames: Sequence[bytes], **elements: Any) -> bytes:
    ds.PixelData = encapsulate(list(frames))
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    return written(ds, syntax)


def written(ds: Dataset, syntax: str = ExplicitVRLittleEndian) -> bytes:
    ds.file_meta.TransferSyntaxUID = syntax
    stream = io.BytesIO()
    little = syntax != ExplicitVRBigEndian
    ds.save_as(stream, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=little, enforce_file_format=True)
    return stream.getvalue()


def region(
    corners: tuple[int, int, int, int] = (4, 6, 51, 37), cm: tuple[float, float] = (0.01, 0.01), **elements: Any
) -> Dataset:
    """Region of 2-D tissue, measured in cm; corners are inclusive, as the standard wants them."""
    item = Dataset()
    item.RegionSpatialFormat, item.RegionDataType, item.RegionFlags = 1, 1, 0
    item.RegionLocationMinX0, item.RegionLocationMinY0 = corners[:2]
    item.RegionLocationMaxX1, item.RegionLocationMaxY1 = corners[2:]
    item.PhysicalUnitsXDirection = item.PhysicalUnitsYDirection = 3
    item.PhysicalDeltaX, item.PhysicalDeltaY = cm
    for keyword, value in elements.items():
        setattr(item, keyword, value)
    return item


def with_regions(*regions: Dataset, **elements: Any) -> bytes:
    return written(dataset([grey()], SequenceOfUltrasoundRegions=Items(regions), **elements))


NOT_SPATIAL = {
    "RegionSpatialFormat": 0,
    "RegionDataType": 0,
    "PhysicalUnitsXDirection": 0,
    "PhysicalUnitsYDirection": 0,
}
WAVEFORM = {"RegionSpatialFormat": 4, "RegionDataType": 10, "PhysicalUnitsXDirection": 4, "PhysicalUnitsYDirection": 0}

LEFT, FLOW = region((0, 0, 20, 30)), region((10, 10, 20, 20), (0.02, 0.02), RegionDataType=2)

TRAPS: dict[str, Callable[[], bytes]] = {
    "first region not spatial": lambda: with_regions(region((0, 3, 63, 44), (1, 1), **NOT_SPATIAL), region()),
    "waveform below": lambda: with_regions(region(), region((4, 40, 51, 46), (0.005, 0), **WAVEFORM)),
    "negative delta": lambda: with_regions(region(cm=(-0.01, 0.01))),
    "anisotropic": lambda: with_regions(region(cm=(0.02, 0.01))),
    "last column and row counted out": lambda: with_regions(region((4, 6, COLUMNS, ROWS))),
    "two regions of one scale": lambda: with_regions(LEFT, region((21, 0, 63, 40), (0.010001, 0.01))),
    "two regions of different scale": lambda: with_regions(
        region((0, 0, 20, 30)), region((21, 0, 63, 40), (0.02, 0.02))
    ),
    "colour flow within tissue": lambda: with_regions(
        region(), region((10, 10, 20, 20), (0.02, 0.02), RegionDataType=2)
    ),
    "colour flow alone": lambda: with_regions(region(RegionDataType=2)),
    "stale after resizing": lambda: with_regions(region((84, 31, 595, 414))),
    "a required part missing": lambda: with_regions(without(region(), "PhysicalDeltaX")),
    "no regions": lambda: written(dataset([grey()])),
    "pixel spacing": lambda: written(dataset([grey()], PixelSpacing=[0.2, 0.1])),
    "frame time vector": lambda: written(dataset([grey(0), grey(1), grey(2)], FrameTimeVector=[0, 30, 50])),
    "frame time": lambda: written(dataset([grey(0), grey(1), grey(2)], FrameTime=40)),
    "cine rate": lambda: written(dataset([grey(0), grey(1), grey(2)], CineRate=25)),
    "frame time of zero": lambda: written(dataset([grey(0), grey(1)], FrameTime=0)),
}


def without(item: Dataset, keyword: str) -> Dataset:
    del item[keyword]
    return item


def deflated_bomb(inflated_bytes: int) -> bytes:
    """Deflated file whose data set is mostly zeros."""
    ds = dataset([grey()])
    ds.add_new(0x00091001, "OB", bytes(inflated_bytes))
    ds.add_new(0x00090010, "LO", "ZEROS")
    return written(ds, DeflatedExplicitVRLittleEndian)


def jpeg_cine(frames: int = 3, **elements: Any) -> bytes:
    ds = dataset([grey(index) for index in range(frames)], NumberOfFrames=frames, SOPClassUID=MULTI_FRAME)
    coded = [encode_jpeg(grey(index), quality=95) for index in range(frames)]
    return compressed(ds, JPEGBaseline8Bit, coded, **elements)


def deadly(sound_after: int = 0) -> bytes:
    """Lossless JPEG over whose first frame gdcm 3.2 ends its process; so many sound frames follow."""
    coded = bytearray(JPEG_LOSSLESS_COLOUR_RAMP)
    coded[17] = 2  # an Adobe transform for four components
    frames = 1 + sound_after
    ds = dataset([colour_ramp()] * frames, SequenceOfUltrasoundRegions=[region((0, 0, 23, 15))])
    return compressed(ds, JPEGLosslessSV1, [bytes(coded), *[JPEG_LOSSLESS_COLOUR_RAMP] * sound_after])


def sound_files() -> dict[str, bytes]:
    """A sound file for each way in which pixels are stored."""
    return {
        "native": written(dataset([grey(), grey(1)])),
        "deflated": written(dataset([grey()]), DeflatedExplicitVRLittleEndian),
        "jpeg": jpeg_cine(3),
        "lossless": compressed(dataset([ramp()]), JPEGLossless, [JPEG_LOSSLESS_RAMP]),
        "jpeg-ls": compressed(dataset([ramp()]), JPEGLSLossless, [JPEG_LS_RAMP]),
        "htj2k": compressed(dataset([ramp()]), HTJ2K, [HTJ2K_RAMP]),
        "colour": compressed(dataset([colour_ramp()]), JPEGLosslessSV1, [JPEG_LOSSLESS_COLOUR_RAMP]),
    }
