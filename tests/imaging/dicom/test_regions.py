import pytest

from imaging.dicom import read_dicom
from imaging.dicom.regions import UltrasoundRegion, choose_region
from imaging.errors import AmbiguousRegions, BadBox, BadInput, BadSpacing
from imaging.geometry import SpacingSource
from tests.imaging.dicom.fixtures import TRAPS

BOX = (4, 6, 52, 38)  # columns 4 to 51 and rows 6 to 37


@pytest.mark.parametrize(
    ("trap", "row_mm", "column_mm", "box"),
    [
        ("first region not spatial", 0.1, 0.1, BOX),
        ("waveform below", 0.1, 0.1, BOX),
        ("negative delta", 0.1, 0.1, BOX),
        ("anisotropic", 0.1, 0.2, BOX),
        ("last column and row counted out", 0.1, 0.1, (4, 6, 64, 48)),
        ("two regions of one scale", 0.1, 0.10001, (21, 0, 64, 41)),
        ("colour flow within tissue", 0.1, 0.1, BOX),
        ("colour flow alone", 0.1, 0.1, BOX),
    ],
)
def test_calibration_of_every_trap_that_has_one(
    trap: str, row_mm: float, column_mm: float, box: tuple[int, int, int, int]
) -> None:
    image = read_dicom(TRAPS[trap]())
    assert image.calibration is not None
    assert image.bmode is not None
    assert (image.calibration.row_mm, image.calibration.column_mm) == pytest.approx((row_mm, column_mm))
    assert image.calibration.source is SpacingSource.DICOM_REGION
    assert image.bmode.xyxy() == box
    frame = image.frame(0)
    assert frame.spacing == image.calibration
    assert frame.bmode == image.bmode


def test_two_regions_of_different_scale_are_refused_until_one_is_named() -> None:
    data = TRAPS["two regions of different scale"]()
    with pytest.raises(AmbiguousRegions, match="expected one to be named"):
        read_dicom(data)
    second = read_dicom(data, region=1)
    assert second.calibration is not None
    assert second.calibration.row_mm == pytest.approx(0.2)
    assert second.bmode is not None
    assert second.bmode.xyxy() == (21, 0, 64, 41)


@pytest.mark.parametrize("named", [-1, 2])
def test_a_named_region_that_does_not_exist_is_refused(named: int) -> None:
    with pytest.raises(BadInput, match=f"region {named} was named"):
        read_dicom(TRAPS["two regions of different scale"](), region=named)


def test_a_named_region_that_is_not_a_picture_is_refused() -> None:
    with pytest.raises(BadInput, match="2-D region that is measured in cm"):
        read_dicom(TRAPS["first region not spatial"](), region=0)


def test_a_box_left_over_from_before_resizing_is_refused() -> None:
    with pytest.raises(BadBox, match="does not fit an image of 64 x 48"):
        read_dicom(TRAPS["stale after resizing"]())


@pytest.mark.parametrize("trap", ["no regions", "a required part missing"])
def test_without_a_usable_region_nothing_is_calibrated(trap: str) -> None:
    image = read_dicom(TRAPS[trap]())
    assert image.calibration is None
    assert image.bmode is None
    assert image.frame(0).spacing is None


def test_pixel_spacing_counts_where_there_are_no_regions() -> None:
    image = read_dicom(TRAPS["pixel spacing"]())
    assert image.calibration is not None
    assert (image.calibration.row_mm, image.calibration.column_mm) == (0.2, 0.1)
    assert image.calibration.source is SpacingSource.DICOM_PIXEL_SPACING


def tissue(corners: tuple[int, int, int, int] = (0, 0, 9, 9), cm: float = 0.01) -> UltrasoundRegion:
    return UltrasoundRegion(1, 1, corners, (3, 3), (cm, cm))


@pytest.mark.parametrize("corners", [(-1, 0, 9, 9), (0, 0, 11, 9), (0, 0, 9, 11), (5, 0, 5, 9), (9, 0, 0, 9)])
def test_a_box_that_does_not_fit_is_refused(corners: tuple[int, int, int, int]) -> None:
    with pytest.raises(BadBox):
        tissue(corners).box(10, 10)


@pytest.mark.parametrize("last", [9, 10])
def test_the_last_column_may_be_counted_in_or_out(last: int) -> None:
    assert tissue((0, 0, last, last)).box(10, 10).xyxy() == (0, 0, 10, 10)


@pytest.mark.parametrize("cm", [0.0, float("nan"), float("inf")])
def test_a_distance_that_cannot_be_one_is_refused(cm: float) -> None:
    with pytest.raises(BadSpacing):
        tissue(cm=cm).spacing()


def test_of_equals_the_first_is_taken() -> None:
    left, right = tissue((0, 0, 9, 9)), tissue((10, 0, 19, 9))
    assert choose_region([left, right]) is left
    assert choose_region([]) is None
