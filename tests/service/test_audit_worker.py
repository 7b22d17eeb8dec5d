"""What a worker process sets for itself: freed memory stays in it, whatever Dask's nanny told the C library."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("distributed", reason="needs the extra audit")
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="thresholds of glibc")
NANNY = {"MALLOC_TRIM_THRESHOLD_": "65536"}
"""As `distributed.nanny.pre-spawn-environ` has it."""
FAULTS = """
import resource, sys
import numpy as np
from service.audit.worker import keep_memory
if sys.argv[1] == "kept":
    keep_memory()
for turn in range(20):
    if turn == 10:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    maps = [np.ones(1_000_000, dtype=np.float32) for _ in range(3)]
    del maps
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) // 10)
"""


def faults_a_turn(way: str) -> int:
    """Pages faulted in for 12 MB that were given back a moment ago."""
    command = [sys.executable, "-c", FAULTS, way]
    done = subprocess.run(command, env=os.environ | NANNY, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    return int(done.stdout)


def test_a_frame_s_maps_are_not_faulted_in_anew() -> None:
    if faults_a_turn("given back") < 1000:
        pytest.skip("this C library keeps freed memory by itself")
    assert faults_a_turn("kept") < 50
