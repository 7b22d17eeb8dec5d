"""A short run of each fuzzer; `tests.fuzz.run` says how to run them for long."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.errors import UnreadableImage
from imaging.raster import decode_grey
from tests.fuzz import targets
from tests.hostile import bombs

ROOT = Path(__file__).resolve().parents[2]
_SECONDS = 3


@pytest.mark.parametrize("name", targets.TARGETS)
def test_seeds_are_values_or_refusals(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imaging.dicom.pixels.gdcm_samples", targets.refuse_gdcm)
    call, seeds = targets.TARGETS[name]
    made = list(seeds())
    assert len(made) >= 4
    for seed in made:
        call(seed)


@pytest.mark.parametrize("name", targets.TARGETS)
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed")
def test_a_short_run_finds_nothing(name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz.run", name, "--seconds", str(_SECONDS)]
    done = subprocess.run(  # noqa: S603 - our own interpreter
        command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "stat::number_of_executed_units" in done.stderr


def test_found_an_end_of_4_gb_is_not_read() -> None:
    """Found by the fuzzer of pictures: OpenCV took the memory that the last chunk said it needs."""
    with pytest.raises(UnreadableImage, match="cut short"):
        decode_grey(bombs.PICTURES["PNG whose end has 4 GB"]())


class TestProperties:
    """The same targets through Hypothesis, which runs where atheris does not."""

    @settings(max_examples=150, deadline=None)
    @given(st.binary(max_size=400))
    def test_pictures(self, data: bytes) -> None:
        targets.picture(b"\x89PNG\r\n\x1a\n" + data)
        targets.picture(b"\xff\xd8\xff" + data)

    @settings(max_examples=150, deadline=None)
    @given(st.lists(st.tuples(st.sampled_from([0, 1]), st.binary(max_size=80)), max_size=6))
    def test_live_messages(self, said: list[tuple[int, bytes]]) -> None:
        targets.live(b"".join(bytes([kind]) + len(text).to_bytes(2, "big") + text for kind, text in said))

    @settings(max_examples=100, deadline=None)
    @given(st.binary(max_size=300))
    def test_dicom_headers(self, data: bytes) -> None:
        targets.dicom(bytes(128) + b"DICM" + data)
