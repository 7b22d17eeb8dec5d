"""Everything imaging refuses, as one tree.

::

    ImagingError
    ├── BadInput                  what was handed over cannot be used
    │   ├── UnreadableImage       the bytes are not the picture they claim to be
    │   │   ├── DecoderEnded      the process that decoded them died of them
    │   │   └── DecodingTooLong   they take more work than a picture may
    │   ├── UnsupportedImage      readable, but of a kind that is not analysed
    │   ├── ImageTooLarge         over a stated limit
    │   ├── BadSpacing            not a distance between pixels that a scanner writes
    │   ├── BadBox                a rectangle that does not fit its image
    │   ├── AmbiguousRegions      two 2-D regions with different scales, none named
    │   └── NotRepresentable      a result that a DICOM object cannot hold for this image
    ├── NotCalibrated             millimetres asked of a frame without pixel spacing
    ├── BadModel                  a model folder that does not hold what its manifest says
    └── MissingExtra              an optional dependency that this call needs

Each class carries a stable ``code``; the service turns it into a problem ``type``. Messages say what was received
and what was expected, never what the picture shows.
"""


class ImagingError(Exception):
    """Base of every error that imaging raises on purpose."""

    code = "imaging-error"


class BadInput(ImagingError):
    """What was handed over cannot be used."""

    code = "bad-input"


class UnreadableImage(BadInput):
    """The bytes are not the picture they claim to be."""

    code = "unreadable-image"


class DecoderEnded(UnreadableImage):
    """The process that decoded the bytes died of them; ``exit_code`` is below 0 for a signal."""

    code = "decoder-ended"

    def __init__(self, message: str, exit_code: int | None = None) -> None:
        self.exit_code = exit_code
        super().__init__(message)


class DecodingTooLong(UnreadableImage):
    """The bytes take more work than a picture may."""

    code = "decoding-too-long"


class UnsupportedImage(BadInput):
    """Readable, but of a kind that is not analysed."""

    code = "unsupported-image"


class ImageTooLarge(BadInput):
    """Over a stated limit of pixels, frames or bytes."""

    code = "image-too-large"


class BadSpacing(BadInput):
    """A pixel spacing that no scanner writes: not above zero, far too small or large, or far from square."""

    code = "bad-spacing"


class BadBox(BadInput):
    """A rectangle that is empty, inverted or outside its image."""

    code = "bad-box"


class AmbiguousRegions(BadInput):
    """Two 2-D tissue regions with different scales, and the caller named neither."""

    code = "ambiguous-regions"


class NotRepresentable(BadInput):
    """A result that a DICOM object cannot hold for this image."""

    code = "not-representable"


class NotCalibrated(ImagingError):
    """Millimetres were asked of a frame that has no pixel spacing."""

    code = "not-calibrated"


class BadModel(ImagingError):
    """A model folder that does not hold what its manifest says."""

    code = "bad-model"


class MissingExtra(ImagingError):
    """An optional dependency is not installed."""

    code = "missing-extra"

    def __init__(self, extra: str, purpose: str) -> None:
        self.extra = extra
        super().__init__(f"{purpose} needs the optional part {extra!r}: pip install 'sonoplace[{extra}]'")
