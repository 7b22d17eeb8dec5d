"""Public validators have no error to report on any result, of the samples and of real ultrasound cines."""

import zipfile
from collections.abc import Iterator
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

import pytest

from imaging.onnx_model import load_model
from imaging.results.seg import SegmentationType, SegOptions
from imaging.results.source import read_source
from imaging.rules import ScoringRules
from service.engine import Engine
from service.media import Media
from service.reading import Reading
from service.results.build import ResultOptions, build_results
from service.results.kinds import EVERY_KIND, ResultKind
from service.settings import Settings
from service.source import open_source
from tests.service.dicom_validators import Complaints, dciodvfy, dcmdump, dcmpschk, dsrdump, pixelmed

_SAMPLES = Path(__file__).resolve().parents[2] / "sample_dicoms"
_AT = datetime(2026, 3, 4, 5, 6, 7)  # noqa: DTZ001 - DICOM content times have no zone of their own
_REAL = {
    "color3d_jpeg_baseline": "data_store",
    "OBXXXX1A_rle_2frame": "data_store",
    "JPGLosslessP14SV1_1s_1f_8b": "data_store",
    "ultrasound-multiframe": "deid_data",
    "GREYSCALE_CINE": "deid_data",
    "RGB_CINE": "deid_data",
    "RGB_IMAGE": "deid_data",
}
_REGION = {"two_regions": 1}
_VALIDATORS: dict[ResultKind, tuple[Complaints, ...]] = {
    ResultKind.SEG: (dciodvfy, dcmdump),
    ResultKind.SR: (dciodvfy, dcmdump, dsrdump),
    ResultKind.SC: (dciodvfy, dcmdump),
    ResultKind.PS: (dciodvfy, dcmdump, dcmpschk),
}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(load_model(Settings().model_dir), ScoringRules())


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("unpacked")


def image_file(name: str, unpacked: Path) -> Path:
    """A sample, or a real file of a package that tests may have; some come zipped."""
    if name not in _REAL:
        return _SAMPLES / f"{name}.dcm"
    found = find_spec(_REAL[name])
    if found is None or not found.submodule_search_locations:
        pytest.skip(f"{_REAL[name]} is not installed")
    folder = Path(found.submodule_search_locations[0]) / "data"
    for archive in folder.rglob(f"{name}.zip"):
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(unpacked)
    return next(path for root in (folder, unpacked) for path in root.rglob(f"{name}.dcm"))


def results_of(
    name: str, folder: Path, engine: Engine, seg: SegOptions, kinds: tuple[ResultKind, ...]
) -> Iterator[tuple[ResultKind, Path]]:
    path = image_file(name, folder)
    source = open_source(path, Media.DICOM, Reading(region=_REGION.get(name)), 1_000)
    made = build_results(read_source(path), source, engine, kinds, ResultOptions(seg, _AT))
    for kind, content in made.items():
        file = folder / f"{name}.{kind.value}.dcm"
        file.write_bytes(content)
        yield kind, file


SAMPLES = sorted(path.stem for path in _SAMPLES.glob("*.dcm"))


@pytest.mark.parametrize("name", [*SAMPLES, *_REAL])
def test_every_object_is_without_error(name: str, unpacked: Path, engine: Engine) -> None:
    complaints = [
        f"{kind.value} {validator.__name__}: {complaint}"
        for kind, file in results_of(name, unpacked, engine, SegOptions(), EVERY_KIND)
        for validator in _VALIDATORS[kind]
        for complaint in validator(file)
    ]
    assert not complaints, "\n".join(complaints)


def test_a_label_map_can_be_read(unpacked: Path, engine: Engine) -> None:
    """Debian's dciodvfy of 2022 does not know the object (Supplement 243)."""
    seg = SegOptions(kind=SegmentationType.LABELMAP)
    for _, file in results_of("correct_placement", unpacked, engine, seg, (ResultKind.SEG,)):
        assert dcmdump(file) == []


def test_report_keeps_its_templates(unpacked: Path, engine: Engine) -> None:
    """Of the reports, the one with the least in it: a group that has nothing to measure is the hard case."""
    for _, file in results_of("no_needle", unpacked, engine, SegOptions(), (ResultKind.SR,)):
        complaints = pixelmed(file)
        assert not complaints, "\n".join(complaints)


def test_validators_do_complain(unpacked: Path, engine: Engine) -> None:
    """A validator that finds nothing wrong with half an object would find nothing wrong with ours."""
    for kind, file in results_of("no_needle", unpacked, engine, SegOptions(), (ResultKind.SR, ResultKind.PS)):
        broken = file.with_suffix(".broken.dcm")
        broken.write_bytes(file.read_bytes()[:-1_000])
        for validator in _VALIDATORS[kind]:
            assert validator(broken), validator.__name__
