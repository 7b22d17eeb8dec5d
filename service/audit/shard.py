"""The unit of work: a small group of files, and where each of them stands."""

from dataclasses import dataclass
from enum import StrEnum


class FileState(StrEnum):
    """Where a file stands."""

    TO_DO = "todo"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Shard:
    """A small group of files that one worker analyses in one go."""

    number: int
    names: tuple[str, ...]
