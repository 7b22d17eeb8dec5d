"""What a verification found."""

from typing import Literal

from pydantic import Field

from service.wire.base import Wire


class FaultAnswer(Wire):
    """Something that is not what was recorded."""

    position: int = Field(description="link of the chain that records it")
    kind: str
    procedure: str
    part: Literal["link", "row", "answers", "blob", "recomputation"]
    what: str


class VerificationAnswer(Wire):
    """What was looked at, and what differs."""

    intact: bool
    first_fault: FaultAnswer | None
    faults: list[FaultAnswer]
    links: int
    head_sha256: str = Field(description="hash of the last link; noted elsewhere, it shows later that none was cut off")
    procedures: int
    blobs: int
    recomputed: int = Field(description="procedures judged again")
    not_recomputed: int = Field(description="chosen, but answered by another model, other rules or other code")
