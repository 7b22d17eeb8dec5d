"""Decodes frames with gdcm in a process of its own; run as a script by `imaging.dicom.gdcm_process`.

gdcm was seen to end its process on one damaged frame in a few hundred (segmentation fault in lossless JPEG, abort in
JPEG-LS). Here it takes down nobody else. Imports nothing but gdcm, so that it starts fast.

Arguments: transfer syntax, photometric interpretation, columns, rows, samples, bits allocated, bits stored, signed.
Standard input and output: a length (8 bytes, little endian) and as many bytes, over and over; length 0 says that gdcm
refused the frame.
"""

import struct
import sys

import gdcm


def decode(stored: bytes, syntax: str, photometric: str, numbers: list[int]) -> bytes:
    """Samples of one frame, colour by pixel."""
    columns, rows, samples, bits_allocated, bits_stored, signed = numbers
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(stored)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((columns, rows, 1))
    image.SetDataElement(element)
    kind = gdcm.PhotometricInterpretation.GetPIType(photometric)
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(kind))
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(syntax)))
    image.SetPixelFormat(gdcm.PixelFormat(samples, bits_allocated, bits_stored, bits_stored - 1, signed))
    # The binding hands bytes over as text.
    decoded: bytes = image.GetBuffer().encode("utf-8", "surrogateescape")
    return decoded


def main() -> None:
    """Answer frames until there are no more."""
    syntax, photometric, *numbers = sys.argv[1:]
    while len(header := sys.stdin.buffer.read(8)) == 8:
        stored = sys.stdin.buffer.read(*struct.unpack("<Q", header))
        try:
            decoded = decode(stored, syntax, photometric, [int(number) for number in numbers])
        except (RuntimeError, TypeError, ValueError, AttributeError):
            decoded = b""
        sys.stdout.buffer.write(struct.pack("<Q", len(decoded)) + decoded)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
