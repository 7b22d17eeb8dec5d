"""What the tests of faults ask of a service, and what they find in its store afterwards."""

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from service.store.chain import EntryKind
from service.store.store import Store
from service.verification.verify import verify
from tests.service.pictures import INSIDE, dicom, picture

DICOM = {"Content-Type": "application/dicom"}
START = {"type": "start", "format": "grey8", "width": 240, "height": 200, "spacing_mm": [0.2, 0.2]}


def cine(frames: int = 3) -> bytes:
    """A cine like no other."""
    grey = [picture(None)] + [picture(INSIDE)] * (frames - 1)
    grey[0][-1, :16] = list(os.urandom(16))
    return dicom(grey)


def until(holds: Callable[[], Any], timeout_s: float = 180.0) -> Any:
    """The first answer that is true."""
    deadline = time.monotonic() + timeout_s
    while not (found := holds()):
        assert time.monotonic() < deadline, f"not within {timeout_s:g} s"
        time.sleep(0.05)
    return found


def ask(url: str, body: bytes | None = None, **headers: str) -> tuple[int, Any]:
    """Status and JSON of an answer."""
    request = urllib.request.Request(url, body, DICOM if body is not None else {})  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 - loopback
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def ends(store: Store) -> dict[str, int]:
    """How often each procedure was answered or failed, by the chain; which must be whole."""
    assert verify(store, None).faults == ()
    counted: dict[str, int] = {}
    for link in store.chain.walk():
        if link.note.kind in (EntryKind.ANSWERED, EntryKind.FAILED):
            counted[link.note.procedure_id] = counted.get(link.note.procedure_id, 0) + 1
    return counted


def left_in(folder: Path) -> list[Path]:
    """Files of uploads that nobody took away."""
    return [path for path in (folder / "blobs" / "incoming").rglob("*") if path.is_file()]
