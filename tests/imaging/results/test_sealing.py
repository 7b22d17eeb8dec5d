import io
from collections.abc import Callable, Sequence

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.results.author import Author
from imaging.results.capture import build_sc, captured
from imaging.results.presentation import build_ps
from imaging.results.sealing import DicomResult
from imaging.results.seg import SegmentationType, SegOptions, build_seg
from imaging.results.source import SourceImage
from imaging.results.sr import build_sr
from imaging.results.uids import derived_uid
from tests.imaging.results.drawn import AUTHOR, assessed, judged, source
from tests.imaging.scenes import Scene

Build = Callable[[SourceImage, Sequence[Scene], Author], DicomResult]


def _sc(image: SourceImage, scenes: Sequence[Scene], author: Author) -> DicomResult:
    frames = judged(*scenes)
    pictures = [captured(scene.frame().pixels, frame.drawing) for scene, frame in zip(scenes, frames, strict=True)]
    return build_sc(image, (frames[0].width, frames[0].height), pictures, author)


BUILDS: dict[str, Build] = {
    "seg": lambda image, scenes, author: build_seg(image, judged(*scenes), author),
    "labelmap": lambda image, scenes, author: build_seg(
        image, judged(*scenes), author, SegOptions(kind=SegmentationType.LABELMAP)
    ),
    "sr": lambda image, scenes, author: build_sr(image, judged(*scenes), assessed(*scenes), author),
    "sc": _sc,
    "ps": lambda image, scenes, author: build_ps(image, judged(*scenes), author),
}
THICK, THIN = Scene(), Scene(half_thickness=8.0)


@pytest.mark.parametrize("build", BUILDS.values(), ids=BUILDS)
class TestEveryKind:
    def test_same_input_gives_the_same_bytes(self, build: Build) -> None:
        assert build(source(1), [THICK], AUTHOR).content == build(source(1), [THICK], AUTHOR).content

    def test_another_answer_author_or_image_gives_another_uid(self, build: Build) -> None:
        newer = Author("0.1", AUTHOR.model, AUTHOR.rules_sha256, AUTHOR.content_at)
        results = [
            build(source(1), [THICK], AUTHOR),
            build(source(1), [THIN], AUTHOR),
            build(source(1), [THICK], newer),
            build(source(1, SOPInstanceUID="1.2.3.4"), [THICK], AUTHOR),
        ]
        assert len({result.sop_instance_uid for result in results}) == 4

    def test_file_reads_back_as_the_dataset(self, build: Build) -> None:
        result = build(source(1, PatientName="Äpfel^Übel", SpecificCharacterSet="ISO_IR 100"), [THICK], AUTHOR)
        read = pydicom.dcmread(io.BytesIO(result.content))
        assert read.file_meta.MediaStorageSOPInstanceUID == read.SOPInstanceUID == result.sop_instance_uid
        assert str(read.PatientName) == "Äpfel^Übel"
        assert read.to_json_dict() == result.dataset.to_json_dict()

    def test_lies_in_the_image_s_study_in_a_series_of_its_own(self, build: Build) -> None:
        dataset = build(source(1), [THICK], AUTHOR).dataset
        assert (dataset.StudyInstanceUID, dataset.PatientID, dataset.StudyDate) == ("1.2.3.1", "P-1", "20260102")
        assert dataset.SeriesInstanceUID != "1.2.3.2"
        assert (dataset.Manufacturer, dataset.ManufacturerModelName) == ("SonoPlace", "drawn")
        assert dataset.DeviceSerialNumber == "a" * 64
        assert dataset.SoftwareVersions[0] == "sonoplace 0.0"
        assert (dataset.SeriesDate, dataset.SeriesTime) == ("20260304", "050607")

    def test_says_what_it_is_not_for_or_is_unverified(self, build: Build) -> None:
        dataset = build(source(1), [THICK], AUTHOR).dataset
        words = [str(dataset.get(keyword, "")) for keyword in ("ContentDescription", "DerivationDescription")]
        assert any("Not for diagnosis" in text for text in words) or dataset.VerificationFlag == "UNVERIFIED"


class TestUids:
    @given(st.lists(st.text(), max_size=4))
    def test_are_valid(self, parts: list[str]) -> None:
        uid = derived_uid(*parts)
        assert uid.is_valid
        assert uid.startswith("2.25.")

    def test_parts_are_told_apart(self) -> None:
        assert derived_uid("a", "bc") != derived_uid("ab", "c")
