"""The sample procedures say what they should: their verdicts agree with their known truth."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pydicom
import pytest

from imaging import AmbiguousRegions, OnnxSegmenter, Reason, Verdict, analyse, load_model, read_dicom
from imaging.procedure import ProcedureAssessment, ProcedureVerdict, assess_procedure, observed
from sample_dicoms.make import FOLDER, SAMPLES
from sample_dicoms.writing import uid

if TYPE_CHECKING:
    from imaging.tracking import Observation

MODEL = Path(__file__).resolve().parents[1] / "models" / "suprapatellar"
LARGEST_BYTES = 10_000_000


@pytest.fixture(scope="module")
def segmenter() -> OnnxSegmenter:
    return load_model(MODEL)


def assessed(name: str, segmenter: OnnxSegmenter) -> ProcedureAssessment:
    image = read_dicom(FOLDER / f"{name}.dcm")
    frame_time_ms = image.frame_times_ms[1] if len(image.frame_times_ms) > 1 else None
    seen: list[Observation] = []
    for frame in image.frames():
        seen.append(observed(frame, analyse(frame, segmenter), frame_time_ms, seen[-1] if seen else None))
    return assess_procedure(seen)


@pytest.mark.parametrize(
    ("name", "verdict", "reason"),
    [
        ("correct_placement", ProcedureVerdict.CONFIRMED, None),
        ("miss_prefemoral_fat", ProcedureVerdict.EXTRA_ARTICULAR, None),
        ("dry_thin_recess", ProcedureVerdict.INDETERMINATE, Reason.RECESS_TOO_THIN),
        ("no_needle", ProcedureVerdict.NOT_ASSESSED, Reason.NO_NEEDLE),
        ("uncalibrated", ProcedureVerdict.NOT_ASSESSED, Reason.NOT_CALIBRATED),
    ],
)
def test_verdict_agrees_with_truth(
    name: str, verdict: ProcedureVerdict, reason: Reason | None, segmenter: OnnxSegmenter
) -> None:
    assessment = assessed(name, segmenter)
    assert assessment.verdict is verdict
    assert reason is None or reason is assessment.reasons[0]


def test_the_miss_is_named_by_its_tissue(segmenter: OnnxSegmenter) -> None:
    tissue = assessed("miss_prefemoral_fat", segmenter).tissue
    assert tissue is not None
    assert tissue.name == "PREFEMORAL_FAT"


def test_two_regions_are_refused_until_one_is_named(segmenter: OnnxSegmenter) -> None:
    path = FOLDER / "two_regions.dcm"
    with pytest.raises(AmbiguousRegions):
        read_dicom(path)
    first, second = (read_dicom(path, region=region).calibration for region in (0, 1))
    assert first is not None
    assert second is not None
    assert second.row_mm == pytest.approx(1.5 * first.row_mm)
    assert analyse(read_dicom(path, region=0).frame(0), segmenter).placement.verdict is not Verdict.INSIDE


def test_they_are_small_and_name_nobody() -> None:
    files = [FOLDER / f"{sample.name}.dcm" for sample in SAMPLES]
    assert sum(path.stat().st_size for path in files) <= LARGEST_BYTES
    for path in files:
        header = pydicom.dcmread(path, stop_before_pixels=True)
        assert not header.PatientName
        assert not header.PatientID
        assert header.BurnedInAnnotation == "NO"


def test_truth_is_kept_for_each() -> None:
    truth = json.loads((FOLDER / "truth.json").read_text(encoding="utf-8"))
    assert set(truth) == {sample.name for sample in SAMPLES}


def test_uids_are_the_same_for_the_same_names() -> None:
    assert uid("a", "instance") == uid("a", "instance")
    assert uid("a", "instance") != uid("a", "study")
    assert len(uid("a")) <= 64
