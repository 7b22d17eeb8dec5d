"""A viewer that hospitals use shows the results: OHIF on an Orthanc, in a headless browser."""

import io
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from imaging.results import read_source
from imaging.rules import ScoringRules
from imaging.segmentation import Tissue
from service.engine import Engine
from service.media import Media
from service.reading import Reading
from service.results.build import ResultKind, ResultOptions, build_results
from service.source import open_source
from tests.imaging.dicom.fixtures import MULTI_FRAME, dataset, region, written
from tests.service.backends import free_port
from tests.service.browser import MISSING, SOFTWARE_3D, chromium
from tests.service.fake_segmenter import LEVELS, FakeSegmenter
from tests.service.pacs import orthanc
from tests.service.pacs.viewer import Viewer, built_viewer, serving

pytestmark = [
    pytest.mark.skipif(orthanc.missing() is not None, reason=str(orthanc.missing())),
    pytest.mark.skipif(MISSING is not None, reason=str(MISSING)),
]

STUDY_UID = "1.2.826.0.1.999.3"
ROWS, COLUMNS = 400, 480
CLEAR = (slice(70, 330), slice(4, COLUMNS - 4))
"""Part of the picture that the viewer's own buttons and frame stay clear of."""
_WINDOW = {"width": 1200, "height": 713}
"""Low enough that the picture leaves a margin at both sides, where the viewer's slider and frame are."""
CENTRES = [(180 + 60 * index, 180 + 20 * index) for index in range(3)]
"""Where the recess is in each frame: no two frames look alike."""
KEY_FRAME = 1
"""Frame that the report is about: the first with a needle."""
_REACH_PX = 5
"""How far from a line the viewer's drawing of it may be: half a pixel, half its width, and the gaps between dashes."""


def frame(centre: tuple[int, int], with_needle: bool) -> npt.NDArray[np.uint8]:
    """Drawn recess, maybe with a needle in it."""
    pixels = np.full((ROWS, COLUMNS), LEVELS[Tissue.QUADRICEPS], np.uint8)
    pixels[200:] = LEVELS[Tissue.PREFEMORAL_FAT]
    cv2.ellipse(pixels, centre, (90, 30), 0, 0, 360, LEVELS[Tissue.RECESS], cv2.FILLED)
    pixels[340:352] = LEVELS[Tissue.BONE]
    if with_needle:
        cv2.line(pixels, (centre[0] - 150, centre[1] - 60), centre, LEVELS[Tissue.NEEDLE], 5)
    return pixels


def cine() -> bytes:
    place = region((0, 0, COLUMNS - 1, ROWS - 1))
    described = {
        "StudyInstanceUID": STUDY_UID, "SeriesInstanceUID": "1.2.826.0.1.999.4", "SOPInstanceUID": "1.2.826.0.1.999.5",
        "SOPClassUID": MULTI_FRAME, "FrameTime": 40, "FrameIncrementPointer": 0x00181063, "SeriesNumber": 1,
        "StudyDate": "20260101", "StudyTime": "101112",
    }  # fmt: skip
    frames = [frame(centre, index >= KEY_FRAME) for index, centre in enumerate(CENTRES)]
    return written(dataset(frames, SequenceOfUltrasoundRegions=[place], **described))


@pytest.fixture(scope="module")
def results() -> dict[ResultKind, bytes]:
    source = open_source(cine(), Media.DICOM, Reading(), 10)
    engine = Engine(FakeSegmenter(), ScoringRules())
    kinds = [ResultKind.SEG, ResultKind.SR]
    return dict(build_results(read_source(cine()), source, engine, kinds, ResultOptions()))


@pytest.fixture(scope="module")
def viewer(
    results: dict[ResultKind, bytes], pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Viewer]:
    assert pytestconfig.cache is not None
    built = built_viewer(Path(pytestconfig.cache.mkdir("ohif")))
    folder = tmp_path_factory.mktemp("viewer")
    archive = orthanc.Orthanc(free_port(), free_port())
    with ExitStack() as stack:
        stack.enter_context(orthanc.running(folder, archive, orthanc.Neighbours("http://127.0.0.1:9/", 9)))
        for file in (cine(), *results.values()):
            archive.add(file)
        address = stack.enter_context(serving(built, archive.url))
        browser = stack.enter_context(chromium(SOFTWARE_3D))
        page = browser.new_page(viewport=_WINDOW)
        yield Viewer(page, address, STUDY_UID)


def coloured(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Where a picture has a colour, in the part that no button lies over; the cine has none."""
    return np.asarray(np.ptp(picture.astype(np.int16), axis=2) > 24)[CLEAR]


def test_the_segmentation_lies_over_each_frame_where_its_mask_is(
    viewer: Viewer, results: dict[ResultKind, bytes]
) -> None:
    assert not coloured(viewer.picture(0)).any()
    viewer.open_series("SEG", "services.segmentationService.getSegmentations().length == 1")
    seg = dcmread(io.BytesIO(results[ResultKind.SEG]))
    for index in range(len(CENTRES)):
        mask = _mask(seg, index)[CLEAR]
        shown = viewer.picture(index, lambda picture, mask=mask: _dice(coloured(picture), mask) > 0.9)
        assert _dice(coloured(shown), mask) > 0.9, index


def _dice(shown: npt.NDArray[np.bool_], mask: npt.NDArray[np.bool_]) -> float:
    return float(2 * (shown & mask).sum() / (shown.sum() + mask.sum()))


def _mask(seg: object, index: int) -> npt.NDArray[np.bool_]:
    """All segments of a frame of the cine together."""
    planes = seg.pixel_array  # type: ignore[attr-defined] # a pydicom data set
    items = seg.PerFrameFunctionalGroupsSequence  # type: ignore[attr-defined] # as above
    found = np.zeros((ROWS, COLUMNS), bool)
    for plane, item in zip(planes, items, strict=True):
        source = item.DerivationImageSequence[0].SourceImageSequence[0]
        if int(source.ReferencedFrameNumber) == index + 1:
            found |= plane.astype(bool)
    return found


def test_the_report_opens_on_its_frame_with_its_places_and_numbers(
    viewer: Viewer, results: dict[ResultKind, bytes]
) -> None:
    """What the viewer does not do is to take the measurements over into its own, editable ones ("hydrate" them).

    Its adapters (``getSetupMeasurementData`` of @cornerstonejs/adapters) look for a shape beside the measurements and
    for its points behind the first of them, both in one group; TID 1410 and TID 1501 state the place once.
    """
    viewer.open_series("SR", "document.querySelector('svg tspan') != null")
    viewer.wait_until_shown(KEY_FRAME)
    places = _places(dcmread(io.BytesIO(results[ResultKind.SR])))

    def shares(picture: npt.NDArray[np.uint8]) -> dict[str, float]:
        return {name: _share_drawn(coloured(picture), points) for name, points in places.items()}

    drawn = shares(viewer.picture(KEY_FRAME, lambda picture: min(shares(picture).values()) > 0.95))
    assert min(drawn.values()) > 0.95, drawn
    numbers = viewer.words()
    (area,) = [float(line.split()[1]) for line in numbers if line.startswith("Area: ")]
    assert area == pytest.approx(np.pi * 9.0 * 3.0, rel=0.05)
    assert {"Angle: 21.80 deg", "Frames that were judged: 3.00 1"} <= set(numbers)
    assert not coloured(viewer.picture(KEY_FRAME - 1, lambda picture: not coloured(picture).any())).any()


def _places(report: Dataset) -> dict[str, npt.NDArray[np.float64]]:
    """Points and lines of a report's groups in frame pixels, except for the outline of the picture."""
    content = {item.ConceptNameCodeSequence[0].CodeMeaning: item for item in report.ContentSequence}
    found = {}
    for group in content["Imaging Measurements"].ContentSequence[1:]:
        near = [item for number in group.ContentSequence for item in (number, *number.get("ContentSequence", []))]
        (place,) = [item for item in near if item.ValueType == "SCOORD"]
        name = next(item.TextValue for item in group.ContentSequence if item.ValueType == "TEXT")
        found[name] = np.reshape(place.GraphicData, (-1, 2)) - 0.5
    assert set(found) == {"Placement of the needle tip", "Suprapatellar recess", "Needle tip"}
    return found


def _share_drawn(shown: npt.NDArray[np.bool_], points: npt.NDArray[np.float64]) -> float:
    """Part of a line that something coloured is drawn on; for a point, 1 or 0."""
    near = cv2.dilate(shown.astype(np.uint8), np.ones((2 * _REACH_PX + 1,) * 2, np.uint8))
    line = np.zeros((ROWS, COLUMNS), np.uint8)
    cv2.polylines(line, [np.rint(points[[*range(len(points)), -1]]).astype(np.int32)], isClosed=False, color=1)
    return float(near[line[CLEAR] != 0].mean())
