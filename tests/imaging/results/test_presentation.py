import io

import numpy as np
import pytest
from PIL import Image, ImageCms
from pydicom.dataset import Dataset
from pydicom.uid import ColorSoftcopyPresentationStateStorage, GrayscaleSoftcopyPresentationStateStorage

from imaging.results.colour import cielab
from imaging.results.icc import srgb_profile
from imaging.results.presentation import build_ps
from tests.imaging.results.drawn import AUTHOR, judged, source
from tests.imaging.scenes import SIZE, Scene

SCENE = Scene()


def state(*scenes: Scene, **attributes: object) -> Dataset:
    return build_ps(source(len(scenes), **attributes), judged(*scenes), AUTHOR).dataset


class TestKind:
    @pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL_422", "PALETTE COLOR"])
    def test_colour(self, photometric: str) -> None:
        dataset = state(SCENE, PhotometricInterpretation=photometric)
        assert dataset.SOPClassUID == ColorSoftcopyPresentationStateStorage
        assert dataset.ICCProfile == srgb_profile()

    def test_grey_keeps_the_image_s_window(self) -> None:
        dataset = state(SCENE, PhotometricInterpretation="MONOCHROME2", WindowCenter="100", WindowWidth="200")
        assert dataset.SOPClassUID == GrayscaleSoftcopyPresentationStateStorage
        assert dataset.PresentationLUTShape == "IDENTITY"
        assert dataset.SoftcopyVOILUTSequence[0].WindowCenter == 100


class TestGraphics:
    def test_each_frame_has_its_own(self) -> None:
        dataset = state(SCENE, Scene(entry_xy=None))
        frames = [item.ReferencedImageSequence[0].ReferencedFrameNumber for item in dataset.GraphicAnnotationSequence]
        assert set(frames) == {1, 2}

    def test_outline_is_the_recess_s_half_a_pixel_on(self) -> None:
        outline = judged(SCENE)[0].recess.polygons[0]
        recess = next(item for item in state(SCENE).GraphicAnnotationSequence if item.GraphicLayer == "RECESS")
        drawn = np.array(recess.GraphicObjectSequence[0].GraphicData).reshape(-1, 2)
        assert drawn[:-1] == pytest.approx(outline + 0.5, abs=1e-4)
        assert drawn[0] == pytest.approx(drawn[-1])

    def test_ring_keeps_its_radius_at_the_edge(self) -> None:
        at_edge = Scene(entry_xy=(64.0, 30.0), tip_xy=(125.0, 60.0), recess_xy=(90.0, 60.0))
        rings = [
            np.array(shape.GraphicData)
            for item in state(at_edge).GraphicAnnotationSequence
            for shape in item.get("GraphicObjectSequence", [])
            if shape.GraphicType == "CIRCLE"
        ]
        assert [np.hypot(*(ring[2:] - ring[:2])) for ring in rings] == [pytest.approx(4.5)]

    def test_nothing_lies_outside_of_the_picture(self) -> None:
        dataset = state(Scene(half_length=200.0))
        data = [
            shape.GraphicData
            for item in dataset.GraphicAnnotationSequence
            for shape in item.get("GraphicObjectSequence", [])
        ]
        assert all(0 <= value <= SIZE for shape in data for value in shape)

    def test_layers_are_those_used_and_words_are_said(self) -> None:
        dataset = state(SCENE)
        used = {item.GraphicLayer for item in dataset.GraphicAnnotationSequence}
        assert {layer.GraphicLayer for layer in dataset.GraphicLayerSequence} == used
        words = [
            text.UnformattedTextValue
            for item in dataset.GraphicAnnotationSequence
            for text in item.get("TextObjectSequence", [])
        ]
        assert any(word.startswith("INSIDE") for word in words)

    def test_shape_of_a_pixel(self) -> None:
        known = state(Scene(row_mm=0.25, column_mm=0.2)).DisplayedAreaSelectionSequence[0]
        unknown = state(Scene(calibrated=False)).DisplayedAreaSelectionSequence[0]
        assert [float(mm) for mm in known.PresentationPixelSpacing] == [0.25, 0.2]
        assert list(unknown.PresentationPixelAspectRatio) == [1, 1]


class TestColours:
    @pytest.mark.parametrize(("rgb", "lab"), [
        ((255, 255, 255), (100.0, 0.0, 0.0)),
        ((0, 0, 0), (0.0, 0.0, 0.0)),
        ((255, 0, 0), (54.3, 80.8, 69.9)),  # sRGB red under D50 (ICC)
    ])  # fmt: skip
    def test_cielab(self, rgb: tuple[int, int, int], lab: tuple[float, float, float]) -> None:
        lightness, a, b = cielab(rgb)
        assert (lightness / 655.35, a / 257 - 128, b / 257 - 128) == pytest.approx(lab, abs=0.3)

    def test_profile_is_srgb_of_the_input_class(self) -> None:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))
        colours = [(255, 0, 0), (0, 128, 0), (86, 180, 233), (255, 255, 255), (17, 17, 17)]
        picture = Image.new("RGB", (len(colours), 1))
        picture.putdata(colours)
        seen = ImageCms.profileToProfile(picture, profile, ImageCms.createProfile("sRGB"))
        assert seen is not None
        assert np.abs(np.asarray(seen, int) - np.asarray(picture, int)).max() <= 2
        assert srgb_profile()[12:16] == b"scnr"
        assert len(srgb_profile()) == int.from_bytes(srgb_profile()[:4], "big")
