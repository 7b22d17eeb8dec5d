"""Which file of a shard is in hand, noted where it outlives the worker: so a file that ends its worker is known.

One line of text before each file. A shard that is tried again reads what the tries before it left: one that was not
closed ended with the file of its last line in hand. Only tries of the same run of the driver count; where the driver
itself ended, its workers may have ended with it.
"""

import os
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

_CLOSED = "closed"
KILLED = "killed-worker"
"""What is said of a try that left no word."""


class InHand:
    """Notes of one try of a shard; a context that notes an error that leaves it."""

    def __init__(self, out: Path, shard: int, run: int) -> None:
        self._path = out / "in-hand" / f"{shard:08d}.log"
        self._run = str(run)
        self._attempt = uuid.uuid4().hex[:12]
        self.endings = self._earlier()

    def __enter__(self) -> Self:
        self._path.parent.mkdir(exist_ok=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if kind is not None:
            self._note(kind.__name__)

    def take(self, position: int) -> None:
        """Note that the file at this position of the shard is in hand."""
        self._note(f"file {position}")

    def close(self) -> None:
        """Note that no file is in hand any more."""
        self._note(_CLOSED)

    def forget(self) -> None:
        """Drop all notes of the shard."""
        self._path.unlink(missing_ok=True)

    def _note(self, what: str) -> None:
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(handle, f"{self._run} {self._attempt} {what}\n".encode())
        finally:
            os.close(handle)

    def _earlier(self) -> dict[int, list[str]]:
        """How earlier tries of this run ended, by the position of the file that they ended with."""
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return {}
        notes: dict[str, list[str]] = {}
        for line in lines:
            run, attempt, what = line.split(" ", 2)
            if run == self._run:
                notes.setdefault(attempt, []).append(what)
        endings: dict[int, list[str]] = {}
        for noted in notes.values():
            said = KILLED if noted[-1].startswith("file ") else noted[-1]
            files = [what for what in noted if what.startswith("file ")]
            if _CLOSED not in noted and files:
                endings.setdefault(int(files[-1].removeprefix("file ")), []).append(said)
        return endings
