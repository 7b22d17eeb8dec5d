"""Where an archive's files are: the port, and what is wanted of an archive."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

from service.errors import BadQuery


@dataclass(frozen=True, slots=True)
class Selection:
    """Which procedures are wanted: by study date, both ends included, and by words of a description.

    Raises
    ------
    BadQuery
        If the period ends before it begins.
    """

    since: date | None = None
    until: date | None = None
    description: str | None = None

    def __post_init__(self) -> None:
        if self.since is not None and self.until is not None and self.until < self.since:
            msg = f"the period is {self.since} to {self.until}: expected its end on or after its beginning"
            raise BadQuery(msg)

    def takes(self, study_date: date | None, descriptions: tuple[str, ...]) -> bool:
        """Whether a file with this study date and these study and series descriptions is wanted.

        A file without a date is not in any period. Upper and lower case are the same.
        """
        if (self.since or self.until) and study_date is None:
            return False
        if study_date is not None and not (self.since or date.min) <= study_date <= (self.until or date.max):
            return False
        wanted = (self.description or "").casefold()
        return any(wanted in description.casefold() for description in descriptions or ("",))


EVERYTHING = Selection()


def without_secrets(url: str) -> str:
    """Address without user, password and query, as it may be written down."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


class Archive(Protocol):
    """Files of an archive, by names that stay the same.

    Contract
    --------
    * ``names`` gives each name once and holds no more than a page of them in memory. It may leave out what a
      selection rules out, where the archive can tell without opening files.
    * ``fetched`` gives a local file with the same bytes each time, valid inside the ``with`` and not to be changed.
      It raises `service.errors.NotFound` or an `OSError` for one file, and `ArchiveUnreachable` where the archive as
      a whole does not answer.
    * Can be pickled: workers get a copy. ``identity`` tells one archive from another.
    """

    @property
    def identity(self) -> str:
        """Address of the archive, without secrets."""
        ...

    def names(self, selection: Selection) -> Iterator[str]:
        """Names of all files, in no promised order."""
        ...

    def fetched(self, name: str) -> AbstractContextManager[Path]:
        """File of a name."""
        ...
