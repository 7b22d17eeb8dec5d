"""UIDs that are the same for the same inputs, and datasets as bytes (PS3.5 B.2: root 2.25 and a UUID)."""

import hashlib
import io
import uuid

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import dcmwrite, write_dataset
from pydicom.uid import UID, ExplicitVRLittleEndian

_NAMESPACE = uuid.UUID("b9ad4a54-6f5e-4f7b-9a53-5d9c1d6f0b42")
_PIXEL_DATA = 0x7FE00010


def derived_uid(*parts: str) -> UID:
    """UID that stands for these parts, in this order."""
    return UID(f"2.25.{uuid.uuid5(_NAMESPACE, chr(31).join(parts)).int}")


def tracking_uid(sop_instance_uid: str, label: str) -> UID:
    """UID of one thing that is followed through an image, whichever object speaks of it."""
    return derived_uid("tracking", sop_instance_uid, label)


IMPLEMENTATION_CLASS_UID = derived_uid("implementation", "imaging.results")


def sealed(dataset: Dataset, transfer_syntax_uid: UID = ExplicitVRLittleEndian) -> Dataset:
    """Dataset with a SOP Instance UID made from everything else in it, and with its file meta information.

    Two results with the same UID are the same result, to the byte; a changed number, mask or rule gives another UID.
    """
    digest = hashlib.sha256()
    dataset.SOPInstanceUID = derived_uid("instance", "unsealed")
    digest.update(_encoded(dataset))
    digest.update(dataset.get("PixelData") or b"")
    dataset.SOPInstanceUID = derived_uid("instance", digest.hexdigest())
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = transfer_syntax_uid
    dataset.file_meta.ImplementationClassUID = IMPLEMENTATION_CLASS_UID
    dataset.file_meta.ImplementationVersionName = "SONOPLACE"
    return dataset


def to_bytes(dataset: Dataset) -> bytes:
    """DICOM file (PS3.10) of a sealed dataset."""
    buffer = io.BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def _encoded(dataset: Dataset) -> bytes:
    """All but the pixel data, Explicit VR Little Endian."""
    rest = Dataset({tag: element for tag, element in dataset.items() if tag != _PIXEL_DATA})
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, False
    write_dataset(buffer, rest)
    return buffer.getvalue()
