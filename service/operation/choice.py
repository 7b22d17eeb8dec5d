"""Which model several processes behind one address are to use: a file that all of them look at.

It holds for as long as that service runs, for processes that are started again too; a later start goes by the settings.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import orjson

_NAME = "model.json"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice that was made, and how many there were with it; the same folder chosen again is to be read again."""

    number: int
    folder: Path


class SharedChoice:
    """The choice of a service with several processes, in the folder that they share while they run."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _NAME

    def read(self) -> Chosen | None:
        """Newest choice, None if there was none."""
        try:
            said = orjson.loads(self._path.read_bytes())
        except FileNotFoundError:
            return None
        return Chosen(said["number"], Path(said["folder"]))

    def write(self, folder: Path) -> Chosen:
        """Choose for all; the file is replaced whole."""
        before = self.read()
        chosen = Chosen(1 if before is None else before.number + 1, folder)
        handle, name = tempfile.mkstemp(dir=self._path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(orjson.dumps({"number": chosen.number, "folder": str(folder)}))
        Path(name).replace(self._path)
        return chosen
