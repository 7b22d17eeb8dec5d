"""What a verification found, as plain values."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Progress = Callable[[str, int, int], None]
"""Told what is looked at, how many are done, and of how many."""


class Part(StrEnum):
    """Where something differs."""

    LINK = "link"
    """The chain itself."""
    ROW = "row"
    """The procedure's row, or the tables that rows stand in."""
    ANSWERS = "answers"
    """Stored answers to its frames, or their overlays."""
    BLOB = "blob"
    """The kept pictures."""
    RECOMPUTATION = "recomputation"
    """What the same pictures give when they are judged again."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not what was recorded, and the link that records it."""

    position: int
    kind: str
    procedure_id: str
    part: Part
    what: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at, and what differed, by place in the chain.

    Parameters
    ----------
    head_sha256
        Hash of the last link. Written down elsewhere, it proves later that the end of the chain was not cut off.
    not_recomputed
        Chosen procedures that another model, other rules or another version of the code answered.
    """

    links: int
    head_sha256: str
    procedures: int
    blobs: int
    recomputed: int
    not_recomputed: int
    faults: tuple[Fault, ...]

    @property
    def intact(self) -> bool:
        """Whether nothing differs."""
        return not self.faults

    def to_dict(self) -> dict[str, Any]:
        """Plain values, in the shape of `service.wire.VerificationAnswer`."""
        faults = [
            {
                "position": fault.position,
                "kind": fault.kind,
                "procedure": fault.procedure_id,
                "part": fault.part.value,
                "what": fault.what,
            }
            for fault in self.faults
        ]
        return {
            "intact": self.intact,
            "first_fault": faults[0] if faults else None,
            "faults": faults,
            "links": self.links,
            "head_sha256": self.head_sha256,
            "procedures": self.procedures,
            "blobs": self.blobs,
            "recomputed": self.recomputed,
            "not_recomputed": self.not_recomputed,
        }
