from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.pixels import pixel_array

from imaging.errors import NotRepresentable
from imaging.results.judged import JudgedFrame
from imaging.results.seg import SegmentationType, SegOptions, build_seg
from imaging.results.seg_pixels import overlapping
from imaging.segmentation import Tissue
from tests.imaging.results.drawn import AUTHOR, answer, judged, source
from tests.imaging.scenes import Scene

WITH_NEEDLE, WITHOUT_NEEDLE, NOTHING = Scene(), Scene(entry_xy=None), Scene(entry_xy=None, half_thickness=0)
LABEL_MAP = SegOptions(kind=SegmentationType.LABELMAP)


def read(content: bytes, folder: Path) -> tuple[pydicom.Dataset, np.ndarray]:
    path = folder / "seg.dcm"
    path.write_bytes(content)
    dataset = pydicom.dcmread(path)
    pixels = pixel_array(path)
    return dataset, pixels.reshape(-1, dataset.Rows, dataset.Columns)


class TestMasks:
    def test_read_back_as_they_were_segment_by_segment(self, tmp_path: Path) -> None:
        frames = judged(WITH_NEEDLE, WITHOUT_NEEDLE, NOTHING)
        _, pixels = read(build_seg(source(), frames, AUTHOR).content, tmp_path)
        wanted = [frame.mask(tissue) for tissue in (Tissue.RECESS, Tissue.NEEDLE) for frame in frames]
        assert np.array_equal(pixels.astype(bool), np.array(wanted))
        assert [bool(mask.any()) for mask in wanted] == [True, True, False, True, False, False]

    def test_recess_has_the_area_of_its_ellipse_and_lies_under_the_needle_too(self) -> None:
        recess, needle = (judged(WITH_NEEDLE)[0].mask(tissue) for tissue in (Tissue.RECESS, Tissue.NEEDLE))
        assert recess.sum() == pytest.approx(np.pi * 40 * 10, rel=0.02)
        assert (recess & needle).any()

    def test_label_map_gives_the_needle_where_both_are(self, tmp_path: Path) -> None:
        frames = judged(WITH_NEEDLE, NOTHING)
        dataset, pixels = read(build_seg(source(2), frames, AUTHOR, LABEL_MAP).content, tmp_path)
        recess, needle = (frames[0].mask(tissue) for tissue in (Tissue.RECESS, Tissue.NEEDLE))
        assert np.array_equal(pixels[0], np.where(needle, 2, np.where(recess, 1, 0)))
        assert not pixels[1].any()
        assert [item.SegmentNumber for item in dataset.SegmentSequence] == [0, 1, 2]

    @settings(max_examples=15, deadline=None)
    @given(st.integers(1, 13), st.integers(1, 13), st.integers(1, 11), st.randoms(use_true_random=False))
    def test_any_size_is_packed_without_gaps(self, rows: int, columns: int, count: int, random: object) -> None:
        masks = np.random.default_rng(random.getrandbits(32)).random((count, rows, columns)) < 0.5  # type: ignore[attr-defined]
        frames = [small(mask, index) for index, mask in enumerate(masks)]
        dataset = build_seg(source(count), frames, AUTHOR, SegOptions(segments=(Tissue.RECESS,))).dataset
        bits = np.unpackbits(np.frombuffer(dataset.PixelData, np.uint8), bitorder="little")[: masks.size]
        assert np.array_equal(bits.reshape(masks.shape).astype(bool), masks)
        assert len(dataset.PixelData) % 2 == 0


def small(mask: np.ndarray, index: int) -> JudgedFrame:
    frame = judged(NOTHING)[0]
    bits = {Tissue.RECESS: np.packbits(mask.ravel(), bitorder="little").tobytes()}
    rows, columns = mask.shape
    return JudgedFrame(
        index, columns, rows, None, frame.view, frame.recess, frame.needle, frame.placement, frame.drawing, bits
    )


class TestFrames:
    def test_each_names_its_segment_and_its_frame_of_the_image(self) -> None:
        dataset = build_seg(source(2), judged(WITH_NEEDLE, NOTHING), AUTHOR).dataset
        groups = dataset.PerFrameFunctionalGroupsSequence
        named = [
            (
                group.SegmentIdentificationSequence[0].ReferencedSegmentNumber,
                group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedFrameNumber,
                list(group.FrameContentSequence[0].DimensionIndexValues),
            )
            for group in groups
        ]
        assert named == [(1, 1, [1, 1]), (1, 2, [1, 2]), (2, 1, [2, 1]), (2, 2, [2, 2])]
        assert all(group.PlanePositionSequence for group in groups)
        assert dataset.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence

    def test_a_reference_to_a_single_image_names_no_frame(self) -> None:
        dataset = build_seg(source(0), judged(WITH_NEEDLE), AUTHOR).dataset
        item = dataset.PerFrameFunctionalGroupsSequence[0].DerivationImageSequence[0].SourceImageSequence[0]
        assert "ReferencedFrameNumber" not in item

    def test_empty_ones_may_be_left_out(self) -> None:
        frames = judged(WITH_NEEDLE, WITHOUT_NEEDLE, NOTHING)
        dataset = build_seg(source(), frames, AUTHOR, SegOptions(empty_frames=False)).dataset
        numbers = [
            group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedFrameNumber
            for group in dataset.PerFrameFunctionalGroupsSequence
        ]
        assert numbers == [1, 2, 1]

    def test_nothing_but_empty_ones_left_out_is_refused(self) -> None:
        with pytest.raises(NotRepresentable, match="would have no frame"):
            build_seg(source(1), judged(NOTHING), AUTHOR, SegOptions(empty_frames=False))


class TestWhatIsSaid:
    def test_pixel_size_is_the_image_s_own_and_absent_where_it_has_none(self) -> None:
        known, unknown = Scene(row_mm=0.25, column_mm=0.2), Scene(calibrated=False)
        shared = [
            build_seg(source(1), judged(scene), AUTHOR).dataset.SharedFunctionalGroupsSequence[0]
            for scene in (known, unknown)
        ]
        assert [float(mm) for mm in shared[0].PixelMeasuresSequence[0].PixelSpacing] == [0.25, 0.2]
        assert "PixelMeasuresSequence" not in shared[1]

    def test_codes_algorithm_and_tracking(self) -> None:
        recess, needle = build_seg(source(1), judged(WITH_NEEDLE), AUTHOR).dataset.SegmentSequence
        assert recess.SegmentedPropertyTypeCodeSequence[0].CodeValue == "75415000"
        assert needle.SegmentedPropertyTypeCodeSequence[0].CodeValue == "79068005"
        algorithm = recess.SegmentationAlgorithmIdentificationSequence[0]
        assert (algorithm.AlgorithmName, algorithm.AlgorithmVersion) == ("drawn", "1")
        assert f"rules sha256={'b' * 64}" in algorithm.AlgorithmParameters
        assert recess.TrackingUID != needle.TrackingUID

    def test_fat_and_bone_on_request(self) -> None:
        segments = (Tissue.RECESS, Tissue.BONE, Tissue.PREFEMORAL_FAT, Tissue.SUPRAPATELLAR_FAT)
        dataset = build_seg(source(1), judged(WITH_NEEDLE, segments=segments), AUTHOR, SegOptions(segments=segments))
        codes = [item.SegmentedPropertyTypeCodeSequence[0] for item in dataset.dataset.SegmentSequence]
        assert [(code.CodeValue, code.CodingSchemeDesignator) for code in codes][1:3] == [
            ("272673000", "SCT"),
            ("PFFATPAD", "99SONOPLACE"),
        ]

    def test_a_tissue_without_code_is_refused(self) -> None:
        with pytest.raises(NotRepresentable, match="SHADOW"):
            build_seg(source(1), judged(WITH_NEEDLE), AUTHOR, SegOptions(segments=(Tissue.SHADOW,)))

    @pytest.mark.parametrize(("planes", "shared"), [([b"\x01", b"\x02"], False), ([b"\x03", b"\x02"], True)])
    def test_overlap(self, planes: list[bytes], shared: bool) -> None:
        assert overlapping(planes) is shared

    def test_no_needle_mask_where_the_answer_has_no_needle(self) -> None:
        unsure = Scene(view=Scene().view.__class__(suprapatellar=0.95, quality=0.9, needle=0.1, tip_visible=0.1))
        assert answer(unsure).needle.shaft is None
        assert not judged(unsure)[0].mask(Tissue.NEEDLE).any()
