"""UIDs that are the same for the same inputs (PS3.5 B.2: root 2.25 and a UUID)."""

import uuid

from pydicom.uid import UID

_NAMESPACE = uuid.UUID("b9ad4a54-6f5e-4f7b-9a53-5d9c1d6f0b42")
_SEPARATOR = "\x1f"


def derived_uid(*parts: str) -> UID:
    """UID that stands for these parts, in this order."""
    return UID(f"2.25.{uuid.uuid5(_NAMESPACE, _SEPARATOR.join(parts)).int}")


def tracking_uid(sop_instance_uid: str, label: str) -> UID:
    """UID of one thing that is followed through an image, whichever object speaks of it."""
    return derived_uid("tracking", sop_instance_uid, label)
