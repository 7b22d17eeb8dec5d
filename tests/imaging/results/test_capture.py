import io

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.pixels import pixel_array

from imaging.errors import NotRepresentable
from imaging.painting import paint
from imaging.results.capture import build_sc, captured, shape_with_strip
from tests.imaging.results.drawn import AUTHOR, judged, source
from tests.imaging.scenes import SIZE, Scene

SCENE = Scene()


def capture(frames: int = 2, **attributes: object) -> Dataset:
    pictures = [captured(SCENE.frame().pixels, frame.drawing) for frame in judged(*[SCENE] * frames)]
    return dcmread(io.BytesIO(build_sc(source(frames, **attributes), (SIZE, SIZE), pictures, AUTHOR).content))


class TestPictures:
    def test_show_the_overlay_and_below_it_what_they_are_not_for(self) -> None:
        dataset = capture(2)
        pixels = pixel_array(dataset).astype(int)
        painted = paint(judged(SCENE)[0].drawing, SCENE.frame().pixels).astype(int)
        assert pixels.shape == (2, SIZE + 18, SIZE, 3)
        assert np.abs(pixels[0, :SIZE] - painted).mean() < 6
        assert (painted > 60).any()
        assert pixels[0, SIZE:].max() > 150

    @pytest.mark.parametrize(("size", "shape"), [((640, 480), (500, 640)), ((101, 96), (114, 102))])
    def test_strip_hides_nothing_and_columns_are_even(self, size: tuple[int, int], shape: tuple[int, int]) -> None:
        assert shape_with_strip(*size) == shape

    def test_none_is_refused(self) -> None:
        with pytest.raises(NotRepresentable, match="no picture"):
            build_sc(source(), (SIZE, SIZE), [], AUTHOR)


class TestWhatIsSaid:
    @pytest.mark.parametrize(("stated", "said"), [("NO", "NO"), ("YES", "YES"), (None, "YES")])
    def test_burned_in_annotation(self, stated: str | None, said: str) -> None:
        assert capture(1, BurnedInAnnotation=stated).BurnedInAnnotation == said

    def test_it_is_no_ultrasound_image_that_could_be_judged_again(self) -> None:
        assert capture(1).Modality == "OT"

    def test_loss_is_stated(self) -> None:
        dataset = capture(1)
        assert (dataset.LossyImageCompression, dataset.LossyImageCompressionMethod) == ("01", "ISO_10918_1")
        assert float(dataset.LossyImageCompressionRatio) > 1

    def test_runs_as_fast_as_the_image(self) -> None:
        dataset = capture(2)
        assert (float(dataset.FrameTime), dataset.FrameIncrementPointer) == (40.0, 0x00181063)

    def test_times_of_their_own_are_kept(self) -> None:
        dataset = capture(2, FrameTime=None, FrameTimeVector=[0, 33.3])
        assert [float(time) for time in dataset.FrameTimeVector] == [0, 33.3]
        assert dataset.FrameIncrementPointer == 0x00181065

    def test_without_times_frames_are_pages(self) -> None:
        dataset = capture(2, FrameTime=None)
        assert dataset.FrameIncrementPointer == 0x00182001
        assert list(dataset.PageNumberVector) == [1, 2]
