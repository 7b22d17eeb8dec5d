"""A disk that can be filled and made read-only."""

import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


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
        """Mount it again, ``ro`` or ``rw``."""
        subprocess.run(["mount", "-o", f"remount,{mode}", self.folder], check=True)  # noqa: S603, S607 - Debian's program
