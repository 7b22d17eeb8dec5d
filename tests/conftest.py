"""Fixtures shared by every room."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("SONOPLACE_SHARED", Path(__file__).resolve().parents[2] / "shared"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real frames and malformed files that stand beside the checkout."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("no shared data folder beside the checkout (set SONOPLACE_SHARED to one)")
    return folder
