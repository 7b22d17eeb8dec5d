"""What has its name after a crash: renames that reach the disk."""

import os
from pathlib import Path


def synchronise_folder(folder: Path) -> None:
    """Make a rename in a folder durable (POSIX; elsewhere folders cannot be opened)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
