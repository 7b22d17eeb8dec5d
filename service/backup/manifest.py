"""``backup.json``: what lies in a backup, and what the chain was then; written last, so that what has it is whole."""

from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from service.backup.errors import BackupRefused

NAME = "backup.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself.

    Parameters
    ----------
    revision
        Of the database's schema.
    links, head_sha256
        Length of the chain and hash of its last link: note it elsewhere, and a chain cut short is seen.
    files
        SHA-256 of every file but the blobs, whose names are theirs.
    """

    made_at: str
    code_version: str
    revision: str
    links: int
    head_sha256: str
    procedures: int
    blobs: int
    total_bytes: int
    files: dict[str, str]
    format: int = FORMAT

    def write(self, folder: Path) -> None:
        """Write it, whole or not at all."""
        temporary = folder / f".{NAME}"
        temporary.write_bytes(orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2))
        temporary.replace(folder / NAME)

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Manifest of a backup.

        Raises
        ------
        BackupRefused
            If the folder holds no whole backup, or one of another format.
        """
        try:
            said = orjson.loads((folder / NAME).read_bytes())
            manifest = cls(**said)
        except (OSError, ValueError, TypeError) as error:
            msg = f"{NAME} is missing or cannot be read: expected a folder that `sonoplace backup` has finished"
            raise BackupRefused(msg) from error
        if manifest.format != FORMAT:
            msg = f"the backup is of format {manifest.format}: this version reads {FORMAT}"
            raise BackupRefused(msg)
        return manifest
