"""Fixtures shared by every room."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

SHARED = Path(os.environ.get("SONOPLACE_SHARED", Path(__file__).resolve().parents[2] / "shared"))

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# What the gate says of a commit depends on the commit alone; elsewhere every run tries examples of its own.
settings.register_profile("gate", settings.get_profile("any machine"), derandomize=True)
settings.load_profile("gate" if "CI" in os.environ else "any machine")


_LONGEST = frozenset(
    {
        "test_audit_ledger.py", "test_audit_run.py", "test_crashes.py", "test_fuzz.py", "test_killed.py",
        "test_nobody_is_kept.py", "test_orthanc.py", "test_results_validators.py", "test_training.py", "test_viewer.py",
        "test_wheel.py",
    }
)  # fmt: skip
"""Files with few tests that take long."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that of several processes none has a long one left at the end."""
    sizes = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.path.name not in _LONGEST, -sizes[item.path]))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real frames and malformed files that stand beside the checkout."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("no shared data folder beside the checkout (set SONOPLACE_SHARED to one)")
    return folder


@pytest.fixture(autouse=True)
def own_logs() -> Iterator[None]:
    """A command that a test runs in this process sets up logging on an output that is closed after it."""
    yield
    structlog.reset_defaults()
