"""A folder tree as an archive."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from service.audit.archive import Selection


@dataclass(frozen=True, slots=True)
class FolderArchive:
    """All files under a folder, by their path under it; hidden ones are left out, links to folders not followed."""

    root: Path

    @property
    def identity(self) -> str:
        """Where the folder is."""
        return str(self.root.resolve())

    def names(self, selection: Selection) -> Iterator[str]:  # noqa: ARG002 - a path says no date
        """Paths under the folder with slashes, folder by folder in the order of their names.

        One folder's entries are held at a time, and those of the folders above it. A folder that cannot be read is
        named itself; as a file it will fail, and be listed with the reason.

        Raises
        ------
        OSError
            If the root cannot be read.
        """
        yield from _walk(self.root, _entries(self.root), "")

    @contextmanager
    def fetched(self, name: str) -> Iterator[Path]:
        """The file where it lies."""
        yield self.root / name


def _walk(folder: Path, entries: list[tuple[str, bool]], prefix: str) -> Iterator[str]:
    for name, is_folder in entries:
        inner = None
        if is_folder:
            with suppress(OSError):
                inner = _entries(folder / name)
        if inner is None:
            yield _text(prefix + name)
        else:
            yield from _walk(folder / name, inner, f"{prefix}{name}/")


def _entries(folder: Path) -> list[tuple[str, bool]]:
    """Names in a folder, in order, and whether each is a folder."""
    with os.scandir(folder) as entries:
        return sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries if _wanted(entry))


def _wanted(entry: "os.DirEntry[str]") -> bool:
    return not entry.name.startswith(".") and (entry.is_dir(follow_symlinks=False) or entry.is_file())


def _text(name: str) -> str:
    """Name as text that can be stored; a file whose name is no text will not be found, and listed as that."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
