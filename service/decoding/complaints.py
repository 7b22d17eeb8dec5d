"""What libjpeg says of damage that it covers up: it fills a picture that breaks off with grey and carries on.

OpenCV hands no warning on. libjpeg writes the first one of each picture to standard error, which in a process that
decodes nobody else writes to.
"""

import os
from contextlib import suppress

from imaging.errors import UnreadableImage

_DAMAGE = (b"Corrupt JPEG data", b"Premature end of JPEG", b"Inconsistent progression")
_HARMLESS = b"extraneous bytes before marker"
"""Padding that some encoders write."""
_MOST_BYTES = 65_536


class Complaints:
    """Standard error of this process, from now on."""

    def __init__(self) -> None:
        self._heard, said = os.pipe()
        for handle in (self._heard, said):
            os.set_blocking(handle, False)
        os.dup2(said, 2)

    def require_none(self) -> None:
        """Refuse the picture that was decoded just now if it is damaged.

        Raises
        ------
        UnreadableImage
            If the decoder covered something up.
        """
        heard = b""
        with suppress(BlockingIOError):
            heard = os.read(self._heard, _MOST_BYTES)
        if any(word in line for line in heard.splitlines() for word in _DAMAGE if _HARMLESS not in line):
            msg = "JPEG is damaged: half a picture, or one with gaps, is not judged"
            raise UnreadableImage(msg)
