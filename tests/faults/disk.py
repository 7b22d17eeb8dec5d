"""A disk that can be filled and made read-only."""

import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Disk:
    """Where it is mounted."""

    folder: Path

    def fill(self) -> None:
        """Leave no room at all."""
        with suppress(OSError), (self.folder / "ballast").open("ab", buffering=0) as ballast:
            while True:
                ballast.write(bytes(4096))

    def make_room(self) -> None:
        (self.folder / "ballast").unlink()

    def make(self, mode: str) -> None:
        """Mount it again, ``ro`` or ``rw``; while a file is open for writing it cannot become read-only."""
        command = ["mount", "-o", f"remount,{mode}", self.folder]
        until_s = time.monotonic() + _PATIENCE_S
        while subprocess.run(command, capture_output=True, check=False).returncode != 0:  # noqa: S603 - Debian's program
            assert time.monotonic() < until_s, f"a file of {self.folder} stays open for writing"
            time.sleep(0.05)
