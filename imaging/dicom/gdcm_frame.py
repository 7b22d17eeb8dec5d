"""Lossless JPEG in colour or 16 bits and JPEG-LS through gdcm.

gdcm was seen to end its process on one damaged frame in a few hundred (segmentation fault in lossless JPEG, abort in
JPEG-LS). Whoever decodes what strangers send does so in a process that may end, as ``service.decoding`` does.
"""

from imaging.errors import UnreadableImage


def gdcm_samples(stored: bytes, syntax: str, photometric: str, numbers: tuple[int, ...]) -> bytes:
    """Samples of one frame, colour by pixel.

    Parameters
    ----------
    stored
        One compressed frame.
    numbers
        Columns, rows, samples, bits allocated, bits stored, and 1 if signed.

    Raises
    ------
    UnreadableImage
        If gdcm refuses the frame.
    """
    columns, rows, per_pixel, bits_allocated, _, _ = numbers
    size = columns * rows * per_pixel * (bits_allocated // 8)
    try:
        samples = _decoded(stored, syntax, photometric, numbers)
    except (RuntimeError, TypeError, ValueError, AttributeError):
        samples = b""
    if len(samples) < size:
        msg = f"compressed frame of {len(stored)} bytes cannot be decoded"
        raise UnreadableImage(msg)
    return samples[:size]


def _decoded(stored: bytes, syntax: str, photometric: str, numbers: tuple[int, ...]) -> bytes:
    import gdcm  # takes a tenth of a second to load, and few files need it

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
