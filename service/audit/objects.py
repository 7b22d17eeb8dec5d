"""An object store as an archive: ``s3://``, ``gs://``, ``az://`` or ``file://``; credentials from the environment."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.exceptions import NotFoundError as ObjectNotFound
from obstore.store import ObjectStore, from_url

from service.audit.archive import Selection, without_secrets
from service.errors import ArchiveUnreachable, NotFound


@dataclass(frozen=True, slots=True)
class ObjectArchive:
    """All objects under an address, by their key under it."""

    url: str

    @property
    def identity(self) -> str:
        """The address."""
        return without_secrets(self.url)

    def names(self, selection: Selection) -> Iterator[str]:  # noqa: ARG002 - a key says no date
        """Keys under the address, a page at a time."""
        yield from listed(_opened(self.url))

    @contextmanager
    def fetched(self, name: str) -> Iterator[Path]:
        """Copy of an object in a temporary file."""
        with tempfile.NamedTemporaryFile(prefix="sonoplace-", suffix=Path(name).suffix) as file:
            copied(_opened(self.url), name, Path(file.name))
            yield Path(file.name)


def listed(store: ObjectStore) -> Iterator[str]:
    """Keys of a store, hidden ones left out.

    Raises
    ------
    ArchiveUnreachable
        If the store does not answer.
    """
    try:
        for page in obstore.list(store, chunk_size=1000):
            for item in page:
                if not any(part.startswith(".") for part in item["path"].split("/")):
                    yield item["path"]
    except BaseError as error:
        msg = f"the object store cannot be listed ({type(error).__name__})"
        raise ArchiveUnreachable(msg) from error


def copied(store: ObjectStore, key: str, target: Path) -> None:
    """Write an object to a file, piece by piece.

    Raises
    ------
    NotFound
        If there is none of this key.
    ArchiveUnreachable
        If the store does not answer.
    """
    try:
        with target.open("wb") as file:
            for piece in obstore.get(store, key).stream():
                file.write(piece)
    except (ObjectNotFound, FileNotFoundError) as error:
        msg = "the object store has no object of this key any more"
        raise NotFound(msg) from error
    except BaseError as error:
        msg = f"an object cannot be read ({type(error).__name__})"
        raise ArchiveUnreachable(msg) from error


@cache
def _opened(url: str) -> ObjectStore:
    """Store of an address; one per process, so that connections are kept."""
    try:
        return from_url(url)
    except (BaseError, ValueError) as error:
        msg = f"the address is not that of an object store that can be opened ({type(error).__name__})"
        raise ArchiveUnreachable(msg) from error
