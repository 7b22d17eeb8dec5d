from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from imaging.errors import NotRepresentable, UnreadableImage
from imaging.results.author import Author
from imaging.results.head import Kind, result_object
from imaging.results.source import SourceImage, read_source
from tests.imaging.results.drawn import AUTHOR, MODEL, ULTRASOUND, source

_SAMPLES = Path(__file__).resolve().parents[3] / "sample_dicoms"
_KIND = Kind("TEST", source().sop_class_uid, "OT", 1, "Test")


class TestRefusals:
    @pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"])
    def test_an_image_that_cannot_be_referred_to(self, keyword: str) -> None:
        with pytest.raises(NotRepresentable, match=f"no {keyword}"):
            source(**{keyword: None})

    def test_several_frames_in_a_class_for_single_ones(self) -> None:
        with pytest.raises(NotRepresentable, match="2 frames in SOP class"):
            source(2, SOPClassUID=ULTRASOUND)

    def test_no_date_at_all(self) -> None:
        undated = source(StudyDate=None, StudyTime=None)
        with pytest.raises(NotRepresentable, match="states no date"):
            Author("0", MODEL, "b" * 64).moment(undated)

    def test_what_is_not_dicom(self) -> None:
        with pytest.raises(UnreadableImage):
            read_source(b"not DICOM")


class TestMoment:
    @pytest.mark.parametrize(("attributes", "moment"), [
        ({}, ("20260102", "030405")),
        ({"ContentDate": "20250101", "ContentTime": "010203.25"}, ("20250101", "010203")),
        ({"SeriesDate": "20250101"}, ("20260102", "030405")),  # a whole moment before half of one
        ({"StudyTime": None}, ("20260102", "000000")),
        ({"StudyDate": "1994.11.05", "StudyTime": "11:20:00"}, None),
        ({"StudyDate": "20261399"}, None),
    ])  # fmt: skip
    @pytest.mark.filterwarnings("ignore:Invalid value")
    def test_is_the_image_s_own(self, attributes: dict[str, str], moment: tuple[str, str] | None) -> None:
        assert source(**attributes).moment() == moment

    def test_a_given_one_wins(self) -> None:
        assert AUTHOR.moment(source()) == ("20260304", "050607")


class TestPatientAndStudy:
    def test_are_passed_on_and_missing_type_2_is_empty(self) -> None:
        result = result_object(source(PatientComments="none"), AUTHOR, _KIND)
        assert (result.PatientID, result.PatientComments) == ("P-1", "none")
        assert result.PatientSex is None or result.PatientSex == ""
        assert "PatientSex" in result

    @pytest.mark.parametrize(("keyword", "value"), [
        ("StudyDate", "1994.11.05"),
        ("StudyTime", "11:20:00"),
        ("PatientSex", "X"),
        ("AccessionNumber", ["A", "B"]),
        ("StudyID", "a study's name of more than sixteen letters"),
    ])  # fmt: skip
    @pytest.mark.filterwarnings("ignore")
    def test_the_image_s_own_faults_are_not(self, keyword: str, value: object) -> None:
        header = source().header
        setattr(header, keyword, value)
        assert not result_object(SourceImage(header), AUTHOR, _KIND)[keyword].value

    def test_a_value_written_as_another_kind_is_put_right(self) -> None:
        header = source().header
        header.add_new("PatientAge", "LO", "030Y")
        assert result_object(SourceImage(header), AUTHOR, _KIND)["PatientAge"].VR == "AS"

    def test_the_scanner_is_named_as_contributing(self) -> None:
        result = result_object(source(Manufacturer="Scanners Ltd", ManufacturerModelName="S1"), AUTHOR, _KIND)
        scanner = result.ContributingEquipmentSequence[0]
        assert (scanner.Manufacturer, scanner.ManufacturerModelName) == ("Scanners Ltd", "S1")
        assert "ContributingEquipmentSequence" not in result_object(source(), AUTHOR, _KIND)


def test_nothing_but_the_header_is_read() -> None:
    image = read_source(_SAMPLES / "correct_placement.dcm")
    assert (image.frame_count, image.is_multiframe, image.is_lossy, image.may_identify) == (36, True, True, False)
    assert "PixelData" not in image.header


@pytest.mark.parametrize(("stated", "may"), [("NO", False), ("YES", True), ("", True), (None, True)])
def test_only_an_explicit_no_rules_out_names_in_the_picture(stated: str | None, may: bool) -> None:
    assert source(BurnedInAnnotation=stated).may_identify is may


def test_a_header_is_not_changed() -> None:
    image = source()
    before = Dataset(image.header)
    result_object(image, AUTHOR, _KIND)
    assert image.header == before
