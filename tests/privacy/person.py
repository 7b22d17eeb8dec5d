"""A made-up person in every place of a DICOM file and a picture where a person can be, and the search for them."""

import base64
import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.datadict import DicomDictionary
from pydicom.dataelem import DataElement

from tests.service.pictures import dicom, encoded, picture, png

STEM = "QXJZVK"
"""Begins every marked text; eight digits follow that say in which attribute it stood."""
NAME, PATIENT_ID = "QXJZVK^Wilhelmina", "QXJZVK-9931-77"
DAY, TIME, UID_ROOT = "18570823", "031415.926535", "1.2.826.0.1.3680043.8.498.7712377123"
_FOREIGN = "Jiří山田QXJZVK"
_LEGAL = frozenset(
    (
        "SpecificCharacterSet", "SOPClassUID", "Modality", "PhotometricInterpretation", "ManufacturerModelName",
        "FrameTime", "Laterality", "ImageLaterality", "LossyImageCompression",
    )
)  # fmt: skip
"""Attributes that have to be true for the file to be read; the scanner's model is kept, and is no person."""
_TEXT = frozenset(("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UT"))
_NOT_MARKED = frozenset((0x0000, 0x0002, 0x0004, 0x0028, 0x7FE0))


def marked_value(tag: int, vr: str) -> str | None:
    """Marked value of an attribute; None for a kind that holds no text."""
    if vr in _TEXT:
        return f"{STEM}{tag:08X}"
    others = {"DA": DAY, "TM": TIME, "DT": DAY + TIME, "UI": f"{UID_ROOT}.{tag}", "UR": f"http://{STEM}.example/{tag}"}
    return others.get(vr)


def mark(file: Dataset) -> int:
    """Write the person into every attribute of the dictionary that can hold one; gives how many there are."""
    marked = 0
    for tag, (vr, _, _, retired, keyword) in DicomDictionary.items():
        value = marked_value(tag, vr)
        if value is None or retired or keyword in _LEGAL or tag >> 16 in _NOT_MARKED or tag & 0xFFFF == 0:
            continue
        file.add(DataElement(tag, vr, value))
        marked += 1
    return marked


def marked_dicom(seed: int = 0) -> bytes:
    """Two frames of a needle inside a recess, and a person everywhere else."""
    frames = [picture(), picture()]
    frames[0][0, :8] = seed
    file = dcmread(io.BytesIO(dicom(frames, laterality="L")))
    assert mark(file) > 1500
    file.SpecificCharacterSet = "ISO_IR 192"
    file.PatientName, file.PatientID, file.PatientBirthDate = f"{NAME}={_FOREIGN}", PATIENT_ID, DAY
    file.ManufacturerModelName = "Sonograph 9"
    file.preamble = STEM.encode().ljust(128, b"\0")
    file.file_meta.SourceApplicationEntityTitle = STEM
    file.file_meta.PrivateInformationCreatorUID = UID_ROOT
    file.file_meta.PrivateInformation = STEM.encode()
    file.private_block(0x0009, f"{STEM} PRIVATE", create=True).add_new(1, "UT", STEM * 20)
    file.private_block(0x0011, f"{STEM} PRIVATE", create=True).add_new(1, "OB", STEM.encode() * 20)
    region = file.SequenceOfUltrasoundRegions[0]
    region.TransducerIdentificationSequence = [Dataset()]
    for part in (region, region.TransducerIdentificationSequence[0]):
        part.PatientName, part.ImageComments = NAME, f"{STEM} in a sequence"
    file.add_new(0x60000010, "US", 8), file.add_new(0x60000011, "US", 8)
    file.add_new(0x60003000, "OW", STEM.encode() * 2)
    file.add_new(0x60000022, "LO", f"{STEM} OVERLAY")
    file.add_new(0xFFFCFFFC, "OB", STEM.encode() * 4)
    buffer = io.BytesIO()
    file.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def marked_png() -> bytes:
    """Picture with a person in its text chunk and behind its end."""
    body = b"Patient\0" + STEM.encode()
    chunk = struct.pack(">I", len(body)) + b"tEXt" + body + struct.pack(">I", zlib.crc32(b"tEXt" + body))
    return png()[:33] + chunk + png()[33:] + STEM.encode()


def marked_jpeg() -> bytes:
    """Picture with a person in its comment, in its EXIF and behind its end."""
    whole = encoded(".jpg", picture())
    comment = b"\xff\xfe" + struct.pack(">H", 2 + len(STEM)) + STEM.encode()
    exif = b"\xff\xe1" + struct.pack(">H", 8 + len(STEM)) + b"Exif\0\0" + STEM.encode()
    return whole[:2] + comment + exif + whole[2:] + STEM.encode()


def _needles() -> dict[str, bytes]:
    stems = {"text": STEM, "foreign name": "山田", "first name": "Wilhelmina", "patient id": "9931-77", "UID": UID_ROOT}
    stems |= {"date": DAY, "date with dashes": "1857-08-23", "date with dots": "23.08.1857", "time": "031415.92"}
    found = {name: text.encode() for name, text in stems.items()}
    for name, text in stems.items():
        for code in ("utf-16-le", "utf-16-be"):
            found[f"{name}, {code}"] = text.encode(code)
    found["foreign name, escaped"] = b"\\u5c71\\u7530"
    found["foreign name, percent"] = b"%E5%B1%B1%E7%94%B0"
    found["text, percent"] = "".join(f"%{ord(letter):02X}" for letter in STEM).encode()
    found["text, hexadecimal"] = STEM.encode().hex().encode()
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + STEM.encode())
        found[f"text, base64 {shift}"] = coded[-(-8 * shift // 6) : (8 * (shift + len(STEM))) // 6]
    for name, text in {"name": NAME, "patient id": PATIENT_ID, "SOP UID": f"{UID_ROOT}.{0x00080018}"}.items():
        for kind in ("md5", "sha1", "sha256"):
            found[f"{name}, {kind}"] = hashlib.new(kind, text.encode()).hexdigest().encode()
    return found


NEEDLES = _needles()


def seen_in(content: bytes) -> list[str]:
    """Forms in which the person is found, capitals or not."""
    lower = content.lower()
    return [name for name, needle in NEEDLES.items() if needle in content or needle.lower() in lower]


def readable(content: bytes) -> bytes:
    """A file with what is packed in it unpacked: streams of a PDF, files of an archive, columns of a table."""
    parts = [content]
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts += [readable(packed.read(name)) for name in packed.namelist()]
    if content.startswith(b"PAR1"):
        import pyarrow.parquet as pq

        table = pq.read_table(io.BytesIO(content))
        parts += [str(table.schema).encode(), repr(table.to_pylist()).encode(), str(table.schema.metadata).encode()]
    if content.startswith(b"%PDF"):
        parts += [_inflated(piece.split(b"endstream")[0].strip(b"\r\n")) for piece in content.split(b"stream")[1:]]
    return b"\n".join(parts)


def _inflated(packed: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed)
    except zlib.error:
        return b""


def seen_under(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Files below a folder, and their names, in which the person is found."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found = seen_in(readable(path.read_bytes()) + str(path.relative_to(folder)).encode())
            if found:
                yield str(path.relative_to(folder)), found
