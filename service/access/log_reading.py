"""The log of accesses, read again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import orjson

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines; None asks for nothing.

    Parameters
    ----------
    since, until
        First and last day in UTC.
    who, what
        The whole name of an asker; a part of method, route or procedure.
    refused
        Refusals alone: status 400 and above, or a close code from 1008 on.
    """

    since: date | None = None
    until: date | None = None
    who: str | None = None
    what: str | None = None
    refused: bool = False

    def fits(self, line: Line) -> bool:
        """Whether a line is one of them."""
        return (
            (self.who is None or line.get("who") == self.who)
            and (self.what is None or self.what in f"{line.get('what')} {line.get('procedure_id')}")
            and (not self.refused or _is_refusal(line))
        )


def read_log(folder: Path, wanted: Wanted) -> Iterator[Line]:
    """Lines, oldest first. One that cannot be read is given as ``{"unreadable": FILE}``."""
    for path in sorted(folder.glob("*.jsonl")):
        if _is_of(path, wanted):
            yield from (line for line in _lines(path) if "unreadable" in line or wanted.fits(line))


def _is_of(path: Path, wanted: Wanted) -> bool:
    day = path.name.removesuffix(".jsonl")
    after = wanted.since is None or day >= wanted.since.isoformat()
    return after and (wanted.until is None or day <= wanted.until.isoformat())


def _lines(path: Path) -> Iterator[Line]:
    with path.open("rb") as file:
        for text in file:
            try:
                line = orjson.loads(text)
            except orjson.JSONDecodeError:
                line = None
            yield line if isinstance(line, dict) else {"unreadable": path.name}


def _is_refusal(line: Line) -> bool:
    outcome = line.get("outcome") or 0
    return line.get("event") == "refused" or 400 <= outcome < 1000 or outcome > 1007
