from collections.abc import Iterator
from dataclasses import replace

import pytest
from pydicom.dataset import Dataset

from imaging.placement import Verdict
from imaging.procedure import ProcedureVerdict
from imaging.reasons import Reason
from imaging.results import codes
from imaging.results.sr import build_sr, key_frames
from imaging.segmentation import Tissue, ViewScores
from tests.imaging.results.drawn import AUTHOR, assessed, judged, source
from tests.imaging.scenes import SIZE, Scene

INSIDE = Scene()
OUTSIDE = Scene(tip_xy=(64.0, 90.0))
UNCALIBRATED = Scene(calibrated=False)
NO_NEEDLE = Scene(entry_xy=None, view=ViewScores(suprapatellar=0.95, quality=0.9, needle=0.05, tip_visible=0.05))

NOTHING = Scene(entry_xy=None, half_thickness=0, view=NO_NEEDLE.view)


def report(*scenes: Scene, **attributes: object) -> Dataset:
    return build_sr(source(len(scenes), **attributes), judged(*scenes), assessed(*scenes), AUTHOR).dataset


def items(dataset: Dataset) -> Iterator[Dataset]:
    for item in dataset.get("ContentSequence", []):
        yield item
        yield from items(item)


def numbers(dataset: Dataset, code: str) -> list[float]:
    return [
        float(item.MeasuredValueSequence[0].NumericValue)
        for item in items(dataset)
        if item.ValueType == "NUM" and item.ConceptNameCodeSequence[0].CodeValue == code
    ]


def said(dataset: Dataset, code: str) -> list[str]:
    return [
        item.ConceptCodeSequence[0].CodeValue
        for item in items(dataset)
        if item.ValueType == "CODE" and item.ConceptNameCodeSequence[0].CodeValue == code
    ]


def groups(dataset: Dataset) -> list[Dataset]:
    return [item for item in items(dataset) if item.ConceptNameCodeSequence[0].CodeValue == "125007"]


def lines(dataset: Dataset) -> list[Dataset]:
    return [item for item in items(dataset) if item.ValueType == "SCOORD" and item.GraphicType == "POLYLINE"]


class TestNumbers:
    def test_are_those_of_the_answer(self) -> None:
        frame, whole = judged(INSIDE)[0], assessed(INSIDE)
        dataset = report(INSIDE)
        assert numbers(dataset, "SIGNED_DIST")[-1] == pytest.approx(frame.placement.signed_distance_mm, abs=1e-4)
        assert numbers(dataset, "122157")[-1] == pytest.approx(frame.placement.p_inside, abs=1e-4)
        assert numbers(dataset, "THICKNESS") == [pytest.approx(20 * 0.2, rel=0.02)]
        assert numbers(dataset, "410668003") == [pytest.approx(80 * 0.2, rel=0.02)]
        assert numbers(dataset, "42798000") == [pytest.approx(3.14159 * 8.0 * 2.0, rel=0.02)]
        assert whole.stand is not None
        assert numbers(dataset, "SIGNED_DIST")[0] == pytest.approx(whole.stand.signed_distance_mm, abs=1e-4)

    def test_that_are_not_known_are_left_out(self) -> None:
        dataset = report(UNCALIBRATED)
        for code in ("SIGNED_DIST", "122157", "THICKNESS", "42798000", "PATH_TO_BONE", "UNSEEN_MM"):
            assert numbers(dataset, code) == []
        assert len(numbers(dataset, "1483009")) == 1

    def test_of_what_was_looked_at_are_always_there(self) -> None:
        dataset = report(NO_NEEDLE)
        assert numbers(dataset, "FRAMES") == [1.0]
        assert numbers(dataset, "NEEDLE_FRAMES") == [0.0]
        assert numbers(dataset, "VIEW_SCORE") == [0.95]


class TestVerdicts:
    @pytest.mark.parametrize(("scene", "frame", "procedure"), [
        (INSIDE, "INSIDE", "PROBABLE"),
        (OUTSIDE, "OUTSIDE", "EXTRA_ARTICULAR"),
        (UNCALIBRATED, "NOT_ASSESSED", "NOT_ASSESSED"),
        (NO_NEEDLE, "NOT_ASSESSED", "NOT_ASSESSED"),
    ])  # fmt: skip
    def test_of_frame_and_procedure(self, scene: Scene, frame: str, procedure: str) -> None:
        dataset = report(scene)
        assert said(dataset, "VERDICT") == [frame]
        assert said(dataset, "PROC_VERDICT") == [procedure]

    def test_not_assessed_says_why(self) -> None:
        assert set(said(report(UNCALIBRATED), "REASON")) == {"NOT_CALIBRATED"}
        assert set(said(report(NO_NEEDLE), "REASON")) == {"NO_NEEDLE"}

    def test_outside_names_the_tissue(self) -> None:
        assert said(report(OUTSIDE), "TISSUE_AT_TIP") == [codes.TISSUES[Tissue.PREFEMORAL_FAT].value] * 2

    def test_every_verdict_reason_and_tissue_has_a_code(self) -> None:
        assert set(codes.VERDICTS) == set(Verdict)
        assert set(codes.PROCEDURE_VERDICTS) == set(ProcedureVerdict)
        assert set(codes.REASONS) == set(Reason)
        assert set(codes.TISSUES) == set(Tissue)


class TestPlaces:
    def test_tip_counts_from_the_corner_of_the_pixel(self) -> None:
        tip = judged(INSIDE)[0].needle.tip
        points = [item for item in items(report(INSIDE)) if item.ValueType == "SCOORD" and item.GraphicType == "POINT"]
        assert tip is not None
        assert list(points[0].GraphicData) == pytest.approx([tip.x + 0.5, tip.y + 0.5], abs=1e-4)
        assert (tip.x, tip.y) == pytest.approx((64.0, 60.0), abs=0.1)

    def test_outline_is_closed(self) -> None:
        whole, shaft, outline = lines(report(INSIDE))
        for closed in (whole, outline):
            assert list(closed.GraphicData)[:2] == list(closed.GraphicData)[-2:]
        assert len(shaft.GraphicData) == 4

    def test_shaft_stands_behind_the_angle(self) -> None:
        _, of_frame, *_ = groups(report(INSIDE))
        on_lines = [item for item in of_frame.ContentSequence if item.ValueType == "NUM" and lines(item)]
        assert [item.ConceptNameCodeSequence[0].CodeValue for item in on_lines] == ["1483009"]

    @pytest.mark.parametrize("scenes", [
        (INSIDE,), (OUTSIDE,), (UNCALIBRATED,), (NO_NEEDLE,), (NOTHING,), (NOTHING, NO_NEEDLE, INSIDE),
    ])  # fmt: skip
    def test_every_group_names_one(self, scenes: tuple[Scene, ...]) -> None:
        """OHIF opens no report with a group that names none, and looks for it only behind numbers and beside them."""
        for group in groups(report(*scenes)):
            near = [item for number in group.ContentSequence for item in (number, *number.get("ContentSequence", []))]
            places = [item for item in near if item.ValueType == "SCOORD"]
            assert {place.ContentSequence[0].ReferencedSOPSequence[0].ReferencedFrameNumber for place in places} == {
                len(scenes)
            }

    @pytest.mark.parametrize("scene", [INSIDE, NOTHING])
    def test_procedure_stands_on_the_whole_picture(self, scene: Scene) -> None:
        procedure, *_ = groups(report(scene))
        (outline,) = lines(procedure)
        assert list(outline.GraphicData) == [0, 0, SIZE, 0, SIZE, SIZE, 0, SIZE, 0, 0]

    @pytest.mark.parametrize("scene", [NO_NEEDLE, replace(NO_NEEDLE, calibrated=False)])
    def test_a_lone_outline_stands_behind_its_numbers(self, scene: Scene) -> None:
        """PixelMed would take every group for one with a place of its own."""
        dataset = report(scene)
        regions = [item for item in items(dataset) if item.ConceptNameCodeSequence[0].CodeValue == "111030"]
        *_, lone = groups(dataset)
        behind = [item for item in lone.ContentSequence if item.ValueType == "NUM" and lines(item)]
        assert regions == []
        assert numbers(dataset, "CONFIDENCE") == [pytest.approx(judged(scene)[0].recess.confidence, abs=1e-4)]
        assert len(behind) == (1 if scene.calibrated is False else 5)

    def test_frame_of_the_stand_is_the_key_frame(self) -> None:
        scenes = (NO_NEEDLE, INSIDE, INSIDE)
        whole = assessed(*scenes)
        assert whole.stand is not None
        assert [frame.index for frame in key_frames(judged(*scenes), whole)] == [whole.stand.at.frame_index]

    def test_without_a_stand_the_frame_that_shows_most(self) -> None:
        assert [f.index for f in key_frames(judged(NOTHING, NO_NEEDLE), assessed(NOTHING, NO_NEEDLE))] == [1]


class TestReferences:
    def test_all_name_the_image(self) -> None:
        dataset = report(INSIDE, INSIDE)
        named = {element.value for element in dataset.iterall() if element.keyword == "ReferencedSOPInstanceUID"}
        assert named == {"1.2.3.3"}
        assert dataset.CurrentRequestedProcedureEvidenceSequence[0].StudyInstanceUID == "1.2.3.1"

    def test_a_retired_class_is_named_as_it_is(self) -> None:
        retired = "1.2.840.10008.5.1.4.1.1.3"
        dataset = report(INSIDE, SOPClassUID=retired)
        named = {element.value for element in dataset.iterall() if element.keyword == "ReferencedSOPClassUID"}
        assert named == {retired}

    def test_side_of_the_knee(self) -> None:
        sides = [code.CodeValue for code in _sides(report(INSIDE, ImageLaterality="L"))]
        assert sides == ["7771000"] * 2
        assert _sides(report(INSIDE)) == []


def _sides(dataset: Dataset) -> list[Dataset]:
    """Laterality (272741003 SCT) of finding sites."""
    return [
        item.ConceptCodeSequence[0]
        for item in items(dataset)
        if item.ValueType == "CODE" and item.ConceptNameCodeSequence[0].CodeValue == "272741003"
    ]
