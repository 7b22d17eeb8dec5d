"""Blobs in an object store (S3 and what speaks like it), with a folder beside for those in use.

Credentials and endpoint come from the environment, as the store's own tools read them (``AWS_*``).
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from imaging.errors import MissingExtra
from service.errors import DamagedStore, StoreUnreachable
from service.store.blobs import file_sha256
from service.store.incoming import Incoming
from service.store.trouble import writing_files

try:
    import obstore
    from obstore.exceptions import BaseError
    from obstore.store import from_url
except ModuleNotFoundError as error:
    extra, purpose = "s3", "an object store for blobs"
    raise MissingExtra(extra, purpose) from error

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_IN_USE_S = 600.0
"""A cached file that was asked for so lately may be open: it stays."""
_NOTHING = "0" * 64


class ObjectBlobs:
    """Objects named by their SHA-256; see `service.store.blobs.Blobs` for its contract.

    Parameters
    ----------
    url
        Bucket and prefix, such as ``s3://bucket/sonoplace``.
    cache
        Folder for files in use; it may be lost at any time.
    cache_mb
        Least recently used files beyond this are removed.
    """

    def __init__(self, url: str, cache: Path, cache_mb: float) -> None:
        self._objects: ObjectStore = from_url(url)
        self._cache = cache
        self._cache_mb = cache_mb
        self._incoming = Incoming(cache / "incoming")

    def temporary(self) -> Path:
        """Empty file for bytes that are still arriving."""
        return self._incoming.temporary()

    def keep(self, temporary: Path) -> str:
        """Put a temporary file under the hash of its content, and give that hash."""
        sha256 = file_sha256(temporary)
        with _reaching():
            if not self._exists(sha256):
                obstore.put(self._objects, _key(sha256), temporary)
        self._to_cache(temporary, sha256)
        return sha256

    def probe(self) -> None:
        """Ask the object store for a name that nothing has, and write and remove a file here."""
        self._incoming.probe()
        with _reaching():
            self._exists(_NOTHING)

    def path(self, sha256: str) -> Path:
        """Local file with the bytes of a hash; fetched and checked if it is not there."""
        place = self._place(sha256)
        if place.exists():
            place.touch()
            return place
        temporary = self.temporary()
        try:
            found = self._fetch(sha256, temporary)
            if found != sha256:
                msg = f"blob {sha256} is {'missing' if found is None else 'altered'}"
                raise DamagedStore(msg)
            return self._to_cache(temporary, sha256)
        finally:
            temporary.unlink(missing_ok=True)

    def content_sha256(self, sha256: str) -> str | None:
        """Hash of what the object store really holds under a name."""
        return self._fetch(sha256, None)

    def _fetch(self, sha256: str, target: Path | None) -> str | None:
        """Hash of an object's bytes, which are written to ``target`` if there is one; None if there is no object."""
        digest = hashlib.sha256()
        with _reaching():
            try:
                chunks = obstore.get(self._objects, _key(sha256)).stream()
            except FileNotFoundError:
                return None
            with writing_files(), nullcontext() if target is None else target.open("wb") as file:
                for chunk in chunks:
                    digest.update(chunk)
                    if file is not None:
                        file.write(chunk)
        return digest.hexdigest()

    def _exists(self, sha256: str) -> bool:
        try:
            obstore.head(self._objects, _key(sha256))
        except FileNotFoundError:
            return False
        return True

    def _to_cache(self, temporary: Path, sha256: str) -> Path:
        place = self._place(sha256)
        with writing_files():
            place.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(place)
        self._evict()
        return place

    def _evict(self) -> None:
        files = [(path.stat(), path) for path in self._cache.glob("??/*")]
        excess = sum(stat.st_size for stat, _ in files) - self._cache_mb * 1e6
        for stat, path in sorted(files, key=lambda item: item[0].st_mtime):
            if excess <= 0 or stat.st_mtime > time.time() - _IN_USE_S:
                return
            path.unlink(missing_ok=True)
            excess -= stat.st_size

    def _place(self, sha256: str) -> Path:
        return self._cache / sha256[:2] / sha256


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


@contextmanager
def _reaching() -> Iterator[None]:
    """Say in one word that the object store cannot be reached; its own messages may hold addresses."""
    try:
        yield
    except BaseError as error:
        msg = f"the object store does not answer ({type(error).__name__})"
        raise StoreUnreachable(msg) from error
