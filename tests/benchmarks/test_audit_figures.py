"""The made-up archive follows from its seed; what a large audit costs follows from figures by hand."""

from collections import Counter
from pathlib import Path

import pytest

from benchmarks import archive
from benchmarks.audit_cost import Archive, Measured, cost, sentence
from imaging.dicom import read_dicom
from imaging.errors import UnreadableImage

MEASURED = Measured(100.0, 10.0, 20_000.0, 100.0)


@pytest.mark.parametrize(
    ("machines", "hours", "driver_bound"), [(1, 2777.8, False), (100, 27.778, False), (9_999, 1.7361, True)]
)
def test_ten_million_cines(machines: int, hours: float, driver_bound: bool) -> None:
    found = cost(MEASURED, Archive(10_000_000, 100, machines, cores_per_machine=1))
    assert found.core_hours == pytest.approx(2_777.8, rel=1e-4)
    assert found.written_gb == pytest.approx(100.0)
    assert found.hours == pytest.approx(hours, rel=1e-3)
    assert found.driver_bound is driver_bound


def test_the_sentence_names_what_counts() -> None:
    said = sentence(MEASURED, Archive(10_000_000, 100, 10, 16))
    assert "10,000,000 cines of 100 frames cost 2,778 core hours at 100 frames/s a core" in said
    assert "17.4 hours on 10 machines of 16 cores;" in said
    assert "give 320 MB/s" in said


def test_a_core_that_does_nothing_has_no_cost() -> None:
    with pytest.raises(ValueError, match="expected above 0"):
        Measured(0.0, 1.0, 1.0, 1.0)


class TestArchive:
    def test_the_plan_follows_from_its_seed(self) -> None:
        files = list(archive.plan(400))
        assert files == list(archive.plan(400))
        assert files[:50] != list(archive.plan(50, seed=1))
        assert len({file.path for file in files}) == 400
        outcomes = Counter(file.outcome for file in files)
        assert outcomes["outside"] > 30
        assert outcomes["inside"] > 200
        assert len({file.operator for file in files}) == archive.OPERATORS
        assert {file.fault for file in files} == {"none", *(fault for fault, _ in archive.FAULTS)}

    def test_a_file_is_written_once_and_says_what_was_planned(self, tmp_path: Path) -> None:
        planned = next(file for file in archive.plan(50) if file.fault == "none")
        assert archive.write(planned, tmp_path, frames=24)
        assert not archive.write(planned, tmp_path, frames=24)
        image = read_dicom(tmp_path / planned.path)
        assert (image.frame_count, image.manufacturer_model) == (24, planned.scanner)
        assert image.calibration is not None
        assert [path.name for path in (tmp_path / planned.path).parent.iterdir()] == [Path(planned.path).name]

    def test_a_broken_file_is_broken(self, tmp_path: Path) -> None:
        planned = next(file for file in archive.plan(400) if file.fault == "garbage")
        archive.write(planned, tmp_path, frames=24)
        with pytest.raises(UnreadableImage):
            read_dicom(tmp_path / planned.path)
