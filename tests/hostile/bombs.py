"""Small inputs that ask for much, lie, or want to be taken for something else; made here, so that each can be read."""

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import chain

import cv2
import numpy as np
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    HTJ2KLossless,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

from imaging.raster import encode_png
from tests.imaging.dicom.fixtures import (
    HTJ2K_RAMP,
    JPEG_LS_RAMP,
    compressed,
    dataset,
    deadly,
    grey,
    jpeg_cine,
    ramp,
    region,
    written,
)
from tests.service.pictures import encoded, picture

_PNG = b"\x89PNG\r\n\x1a\n"
_SIDE = 4096


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def header_chunk(width: int, height: int, depth: int = 8, colour: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


@cache
def deflated_zeros(megabytes: int) -> bytes:
    """Raw deflate stream that inflates to so many zeros: one piece repeated, which a full flush allows."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
    return piece * megabytes + zlib.compressobj(9, zlib.DEFLATED, -15).flush()


def deflated(megabytes: int) -> bytes:
    """Deflated DICOM whose data set is a private element of zeros."""
    plain = written(dataset([grey()]), DeflatedExplicitVRLittleEndian)
    start = 132 + 12 + struct.unpack("<I", plain[140:144])[0]
    return plain[:start] + deflated_zeros(megabytes)


def text_chunk_bomb(kind: bytes) -> bytes:
    """PNG with a text or profile of a gigabyte."""
    stream = b"\x78\xda" + deflated_zeros(1000)
    return _PNG + header_chunk(16, 16) + chunk(kind, b"k\0\0" + stream) + encode_png(picture())[33:]


def progressive(scans: int) -> bytes:
    """JPEG of 16 million pixels whose last, all but empty scan is there so many times."""
    done, data = cv2.imencode(".jpg", np.zeros((_SIDE, _SIDE), np.uint8), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])
    assert done
    coded = data.tobytes()
    last = coded.rfind(b"\xff\xda")
    return coded[:last] + coded[last:-2] * scans + b"\xff\xd9"


def forged_jpeg(width: int, height: int) -> bytes:
    coded = bytearray(encoded(".jpg", picture()))
    at = coded.find(b"\xff\xc0")
    coded[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(coded)


def of_kind(syntax: str, coded: bytes, size: int) -> bytes:
    """DICOM that states the same size as its forged frame."""
    return compressed(dataset([ramp()]), syntax, [coded], Rows=size, Columns=size)


def forged_jpeg_ls(size: int) -> bytes:
    coded = bytearray(JPEG_LS_RAMP)
    at = coded.find(b"\xff\xf7")
    coded[at + 5 : at + 9] = struct.pack(">HH", size, size)
    return bytes(coded)


def forged_jpeg_2000(size: int, tile: int) -> bytes:
    coded = bytearray(HTJ2K_RAMP)
    coded[8:16] = struct.pack(">II", size, size)
    coded[24:32] = struct.pack(">II", tile, tile)
    return bytes(coded)


def nested(depth: int, tag: bytes) -> bytes:
    """DICOM with sequences in sequences, all of undefined length and never closed."""
    plain = written(dataset([grey()]))
    item = tag + b"SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    at = plain.index(b"\xe0\x7f\x10\x00")
    return plain[:at] + item * depth + plain[at:]


def element(tag: int, vr: bytes, value: bytes, *, of: bytes | None = None) -> bytes:
    """DICOM with an element that says what it should not, in place of its own or before the pixel data."""
    plain = of or written(dataset([grey()]))
    number = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    text = number + vr + struct.pack("<H", len(value)) + value
    at = plain.find(number, 132)
    if at < 0:
        at = plain.index(b"\xe0\x7f\x10\x00")
        return plain[:at] + text + plain[at:]
    (length,) = struct.unpack("<H", plain[at + 6 : at + 8])
    return plain[:at] + text + plain[at + 8 + length :]


def with_text(value: str) -> bytes:
    names = ("ManufacturerModelName", "PatientName", "StudyDescription", "SeriesDescription", "InstitutionName")
    return written(dataset([grey()], SequenceOfUltrasoundRegions=[region()], **dict.fromkeys(names, value)))


def cine_of_regions(count: int) -> bytes:
    items = b"\xfe\xff\x00\xe0\x00\x00\x00\x00" * count
    plain = written(dataset([grey()]))
    at = plain.index(b"\x28\x00\x02\x00")
    return plain[:at] + b"\x18\x00\x11\x60SQ\0\0" + struct.pack("<I", len(items)) + items + plain[at:]


def before_fragments(of_pixel_data: int) -> bytes:
    """JPEG cine up to so many bytes of its pixel data element."""
    cine = jpeg_cine(1)
    return cine[: cine.index(b"\xe0\x7f\x10\x00") + of_pixel_data]


DICOM: Mapping[str, Callable[[], bytes]] = {
    "deflate, 1 GB out of 1 MB": lambda: deflated(1000),
    "deflate, just within the limit": lambda: deflated(260),
    "deflate, cut short": lambda: deflated(50)[:-2000],
    "65,535 x 65,535 native": lambda: written(dataset([grey()], Rows=65535, Columns=65535)),
    "65,535 x 65,535 JPEG": lambda: of_kind(JPEGBaseline8Bit, forged_jpeg(65535, 65535), 65535),
    "4,096 x 4,096 JPEG of nothing": lambda: of_kind(JPEGBaseline8Bit, forged_jpeg(_SIDE, _SIDE), _SIDE),
    "65,535 x 65,535 JPEG-LS": lambda: of_kind(JPEGLSLossless, forged_jpeg_ls(65535), 65535),
    "4,096 x 4,096 JPEG-LS of nothing": lambda: of_kind(JPEGLSLossless, forged_jpeg_ls(_SIDE), _SIDE),
    "4,096 x 4,096 JPEG 2000 of nothing": lambda: of_kind(HTJ2KLossless, forged_jpeg_2000(_SIDE, _SIDE), _SIDE),
    "16 million tiles": lambda: of_kind(JPEG2000Lossless, forged_jpeg_2000(_SIDE, 1), _SIDE),
    "RLE of nothing": lambda: of_kind(RLELossless, struct.pack("<16I", 1, 64, *[0] * 14) + b"\x81\0" * 50, _SIDE),
    "RLE of many segments": lambda: of_kind(RLELossless, struct.pack("<16I", 0xFFFFFFFF, *[64] * 15), _SIDE),
    "progressive JPEG of 2,000 scans": lambda: of_kind(JPEGBaseline8Bit, progressive(2000), _SIDE),
    "a frame that ends gdcm": deadly,
    "a billion frames": lambda: element(0x00280008, b"IS", b"1000000000"),
    "a billion frames, encapsulated": lambda: element(0x00280008, b"IS", b"1000000000", of=jpeg_cine(3)),
    "minus one frame": lambda: element(0x00280008, b"IS", b"-1"),
    "1e9 frames": lambda: element(0x00280008, b"IS", b"1e9 "),
    "frames of many digits": lambda: element(0x00280008, b"IS", b"9" * 60000),
    "10,000 deep, regions": lambda: nested(10_000, b"\x18\x00\x11\x60"),
    "10,000 deep, private": lambda: nested(10_000, b"\x09\x00\x01\x10"),
    "a million regions": lambda: cine_of_regions(1_000_000),
    "rows as text": lambda: element(0x00280010, b"LO", b"many"),
    "rows as four bytes": lambda: element(0x00280010, b"UL", b"\xff\xff\xff\xff"),
    "rows as several": lambda: element(0x00280010, b"US", b"\x30\x00" * 40),
    "UID as numbers": lambda: element(0x00080018, b"US", b"\x01\x00\x02\x00"),
    "UID that climbs": lambda: element(0x00080018, b"UI", b"../../../../etc/passwd"),
    "UID that is absolute": lambda: element(0x00080018, b"UI", b"/etc/passwd\0"),
    "UID of dots": lambda: element(0x00080018, b"UI", b"..\0\0"),
    "UID with a drive": lambda: element(0x0020000D, b"UI", b"C:\\Windows\\x\0"),
    "UID with SQL": lambda: element(0x00080018, b"UI", b"1'; DROP TABLE procedures;--"),
    "UID of 64 kB": lambda: element(0x00080018, b"UI", b"1.2" * 20000),
    "transfer syntax that climbs": lambda: jpeg_cine(1).replace(b"1.2.840.10008.1.2.4.50", b"../../../../../../x/.."),
    "HTML in text": lambda: with_text("<script>alert(1)</script><img src=x onerror=alert(1)>"),
    "XML in text": lambda: with_text('<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;</x>'),
    "templates in text": lambda: with_text("{{7*7}} ${7*7} #{7*7} %(x)s %n%n"),
    "log lines in text": lambda: with_text("x\r\nlevel=info forged"),
    "charset of nowhere": lambda: element(0x00080005, b"CS", b"ISO_IR 999\\../../x\\ISO 2022 IR 87 "),
    "regions of nowhere": lambda: written(
        dataset([grey()], SequenceOfUltrasoundRegions=[region((0, 0, 4_000_000_000, 4_000_000_000))])
    ),
    "regions of no size": lambda: written(
        dataset([grey()], SequenceOfUltrasoundRegions=[region(cm=(float("nan"), float("inf")))])
    ),
    "million frame times": lambda: element(0x00181065, b"DS", b"\\".join([b"1"] * 30000) + b" "),
    "pixel data of no end": lambda: written(dataset([grey()])).replace(
        b"\xe0\x7f\x10\x00OB\0\0" + struct.pack("<I", 3072), b"\xe0\x7f\x10\x00OB\0\0\xfe\xff\xff\xff"
    ),
    "offset table of 4 GB": lambda: before_fragments(16) + b"\xfc\xff\xff\xff" + bytes(2000),
    "a million fragments": lambda: before_fragments(12) + b"\xfe\xff\x00\xe0\0\0\0\0" * 1_000_000,
    "palette of 65,536": lambda: written(
        dataset([grey()], PhotometricInterpretation="PALETTE COLOR", RedPaletteColorLookupTableDescriptor=[0, 0, 16])
    ),
    "bits of no kind": lambda: written(dataset([grey()], BitsAllocated=1, BitsStored=200)),
    "big endian that is little": lambda: written(dataset([grey()])).replace(
        b"1.2.840.10008.1.2.1\0", ExplicitVRBigEndian.encode() + b"\0"
    ),
    "an image in a preamble": lambda: encode_png(picture())[:128].ljust(128, b"\0") + written(dataset([grey()]))[128:],
    "a program in a preamble": lambda: (b"\x7fELF" + bytes(124)) + written(dataset([grey()]))[128:],
    "a page in a preamble": lambda: b"<html><script>alert(1)</script>".ljust(128) + written(dataset([grey()]))[128:],
    "an archive behind": lambda: written(dataset([grey()])) + b"PK\x03\x04" + bytes(60),
    "nothing": lambda: b"",
    "one byte": lambda: b"D",
    "a preamble": lambda: bytes(128) + b"DICM",
    "nothing but FF": lambda: bytes(128) + b"DICM" + b"\xff" * 5000,
}
"""DICOM files by what they try."""

PICTURES: Mapping[str, Callable[[], bytes]] = {
    "65,535 x 65,535 JPEG": lambda: forged_jpeg(65535, 65535),
    "4,096 x 4,096 JPEG of nothing": lambda: forged_jpeg(_SIDE, _SIDE),
    "progressive JPEG of 2,000 scans": lambda: progressive(2000),
    "JPEG cut short": lambda: encoded(".jpg", picture())[:-400] + b"\xff\xd9",
    "JPEG that is an archive": lambda: encoded(".jpg", picture()) + b"PK\x03\x04" + bytes(60),
    "JPEG of segments without end": lambda: b"\xff\xd8\xff" + b"\xff" * 100_000,
    "65,535 x 65,535 PNG": lambda: _PNG + header_chunk(65535, 65535) + chunk(b"IEND", b""),
    "2 thousand million columns": lambda: _PNG + header_chunk(2**31 - 1, 1) + chunk(b"IEND", b""),
    "PNG of a gigabyte": lambda: (
        _PNG + header_chunk(_SIDE, _SIDE) + chunk(b"IDAT", b"\x78\xda" + deflated_zeros(1000)) + chunk(b"IEND", b"")
    ),
    "PNG of 16 bits and four channels": lambda: (
        _PNG
        + header_chunk(_SIDE, _SIDE, 16, 6)
        + chunk(b"IDAT", b"\x78\xda" + deflated_zeros(140))
        + chunk(b"IEND", b"")
    ),
    "PNG text of a gigabyte": lambda: text_chunk_bomb(b"zTXt"),
    "PNG profile of a gigabyte": lambda: text_chunk_bomb(b"iCCP"),
    "PNG chunk of 2 GB": lambda: _PNG + header_chunk(16, 16) + b"\x7f\xff\xff\xffIDAT" + bytes(100),
    "PNG whose end has 4 GB": lambda: encode_png(picture())[:-12] + b"\xf6\xf4\x67\x23IEND" + bytes(60),
    "PNG that is DICOM": lambda: written(dataset([grey()])).replace(bytes(128), encode_png(picture())[:128], 1),
    "PNG that is a page": lambda: encode_png(picture()) + b"<script>alert(1)</script>",
    "animated PNG of many frames": lambda: (
        _PNG
        + header_chunk(16, 16)
        + chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))
        + encode_png(np.zeros((16, 16), np.uint8))[33:]
    ),
    "nothing": lambda: b"",
}
"""Plain pictures by what they try."""


def cuts(data: bytes, count: int) -> Iterator[tuple[str, bytes]]:
    """A file cut short at so many places."""
    for index in range(count):
        length = len(data) * index // count
        yield f"cut at {length}", data[:length]


def every_dicom() -> Iterator[tuple[str, bytes]]:
    """All DICOM files by name."""
    made = ((name, make()) for name, make in DICOM.items())
    return chain(made, cuts(written(dataset([grey()])), 12), cuts(jpeg_cine(2), 12))


def every_picture() -> Iterator[tuple[str, bytes]]:
    """All plain pictures by name."""
    return chain(((name, make()) for name, make in PICTURES.items()), cuts(encode_png(picture()), 6))
