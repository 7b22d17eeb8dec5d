"""What a worker process sets for itself: freed memory stays in it, whatever Dask's nanny told the C library."""

import json
import os
import subprocess
import sys

import pytest

pytest.importorskip("distributed", reason="needs the extra audit")
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="thresholds of glibc")
NANNY = {"MALLOC_TRIM_THRESHOLD_": "65536"}
"""As `distributed.nanny.pre-spawn-environ` has it."""
FAULTS = """
import resource
import numpy as np
from service.audit.worker import keep_memory

def faults_a_turn():
    "Pages faulted in for 12 MB that were given back a moment ago."
    for turn in range(20):
        if turn == 10:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        maps = [np.ones(1_000_000, dtype=np.float32) for _ in range(3)]
        del maps
    return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) // 10

given_back = faults_a_turn()
keep_memory()
print([given_back, faults_a_turn()])
"""


def test_a_frame_s_maps_are_not_faulted_in_anew() -> None:
    command = [sys.executable, "-c", FAULTS]
    done = subprocess.run(command, env=os.environ | NANNY, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    given_back, kept = json.loads(done.stdout)
    if given_back < 1000:
        pytest.skip("this C library keeps freed memory by itself")
    assert kept < 50
