"""A finished result: its dataset, and the DICOM file of it, whose UID is made from everything else in it."""

import hashlib
from dataclasses import dataclass

from pydicom.charset import convert_encodings
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.uid import UID, ExplicitVRLittleEndian

from imaging.results.uids import derived_uid

_SOP_INSTANCE_UID, _PIXEL_DATA = 0x00080018, 0x7FE00010
_PREAMBLE = b"\0" * 128 + b"DICM"
_IMPLEMENTATION_CLASS_UID = derived_uid("implementation", "imaging.results")


@dataclass(frozen=True, eq=False)
class DicomResult:
    """One result object.

    Parameters
    ----------
    dataset
        What the object says; read it, do not change it.
    content
        The DICOM file (PS3.10) of it.
    """

    dataset: Dataset
    content: bytes

    @property
    def sop_instance_uid(self) -> UID:
        """Identity of the object: two with the same are the same to the byte."""
        return UID(self.dataset.SOPInstanceUID)


def sealed(dataset: Dataset, transfer_syntax_uid: UID = ExplicitVRLittleEndian) -> DicomResult:
    """Give a dataset its SOP Instance UID and write its file.

    A changed number, mask, rule or character gives another UID. The dataset is written once, in the three parts that
    the UID and the pixel data divide it into.
    """
    before = _written(dataset, dataset[:_SOP_INSTANCE_UID])
    after = _written(dataset, dataset[_SOP_INSTANCE_UID + 1 : _PIXEL_DATA])
    pixels = _written(dataset, dataset[_PIXEL_DATA:])
    digest = hashlib.sha256(before + after)
    digest.update(pixels)
    dataset.SOPInstanceUID = derived_uid("instance", digest.hexdigest())
    own = _written(dataset, dataset[_SOP_INSTANCE_UID : _SOP_INSTANCE_UID + 1])
    meta = _file_meta(dataset, transfer_syntax_uid)
    return DicomResult(dataset, b"".join((_PREAMBLE, meta, before, own, after, pixels)))


def _written(whole: Dataset, part: Dataset) -> bytes:
    """Elements as Explicit VR Little Endian."""
    buffer = _buffer()
    write_dataset(buffer, part, convert_encodings(whole.get("SpecificCharacterSet")))
    return buffer.getvalue()


def _file_meta(dataset: Dataset, transfer_syntax_uid: UID) -> bytes:
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\0\1"
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = transfer_syntax_uid
    meta.ImplementationClassUID = _IMPLEMENTATION_CLASS_UID
    meta.ImplementationVersionName = "SONOPLACE"
    dataset.file_meta = meta
    buffer = _buffer()
    write_file_meta_info(buffer, meta, enforce_standard=True)
    return buffer.getvalue()


def _buffer() -> DicomBytesIO:
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, False
    return buffer
