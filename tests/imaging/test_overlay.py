from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from imaging.analysis import Analysis, analyse
from imaging.geometry import PointPx
from imaging.overlay import Drawing, Label, Line, Ring, Style, banner_text, draw, to_svg
from imaging.painting import paint
from imaging.placement import Verdict
from tests.imaging.scenes import SURE, Scene, SceneSegmenter


def answer(scene: Scene) -> Analysis:
    return analyse(scene.frame(), SceneSegmenter(scene))


BIG = Scene(origin=(300.0, 250.0))


def test_ring_surrounds_the_tip_and_nothing_is_drawn_on_it() -> None:
    found = answer(BIG)
    drawing = draw(found)
    ring = next(shape for shape in drawing.shapes if isinstance(shape, Ring))
    assert ring.centre == found.needle.tip
    picture = paint(drawing, np.full((found.height, found.width), 77, np.uint8))
    tip = found.needle.tip
    assert tip is not None
    around = picture[round(tip.y) - 4 : round(tip.y) + 5, round(tip.x) - 4 : round(tip.x) + 5]
    assert (around == 77).all()


def test_the_shaft_itself_stays_bare() -> None:
    found = answer(BIG)
    picture = paint(draw(found), np.full((found.height, found.width), 77, np.uint8))
    shaft = found.needle.shaft
    assert shaft is not None
    start, tip = shaft.array()
    on_shaft = np.rint(start + np.linspace(0.05, 0.3, 20)[:, None] * (tip - start)).astype(int)
    assert (picture[on_shaft[:, 1], on_shaft[:, 0]] == 77).all()


def test_original_is_not_touched() -> None:
    found = answer(BIG)
    pixels = np.full((found.height, found.width), 77, np.uint8)
    pixels.setflags(write=False)
    assert (paint(draw(found), pixels) != 77).any()
    assert (pixels == 77).all()


def test_nothing_found_leaves_only_the_banner_and_the_scale() -> None:
    found = answer(replace(BIG, half_thickness=0, entry_xy=None))
    kinds = [type(shape) for shape in draw(found).shapes]
    assert Ring not in kinds
    assert banner_text(found) == "NOT ASSESSED  NO_RECESS"


def test_uncalibrated_has_no_scale_bar() -> None:
    words = [shape.text for shape in draw(answer(replace(BIG, calibrated=False))).shapes if isinstance(shape, Label)]
    assert words == ["NOT ASSESSED  NOT_CALIBRATED"]


def test_unseen_tip_gets_no_ring() -> None:
    found = answer(replace(BIG, view=replace(SURE, tip_visible=0.1)))
    assert not [shape for shape in draw(found).shapes if isinstance(shape, Ring)]


def test_scale_bar_is_ten_millimetres() -> None:
    found = answer(replace(BIG, column_mm=0.25))
    bar = next(s for s in draw(found).shapes if isinstance(s, Line) and s.colour == Style().scale)
    assert np.ptp(bar.points[:, 0]) == pytest.approx(40.0)


def test_verdicts_differ_in_words_shape_and_colour() -> None:
    marks = {}
    for scene in (BIG, replace(BIG, tip_xy=(64, 30)), replace(BIG, tip_xy=(64, 50)), replace(BIG, entry_xy=None)):
        found = answer(scene)
        mark = draw(found).shapes[-2]
        assert isinstance(mark, Line)
        shape = (mark.points - mark.points.mean(axis=0)).round(2).tobytes()
        marks[found.placement.verdict] = (shape, mark.colour, banner_text(found).split("  ")[0])
    assert set(marks) == set(Verdict)
    assert all(len(set(column)) == len(Verdict) for column in zip(*marks.values(), strict=True))


@pytest.mark.parametrize("recess_xy", [(64.0, 60.0), (64.0, 100.0)])
def test_banner_keeps_away_from_the_needle(recess_xy: tuple[float, float]) -> None:
    scene = Scene(recess_xy=recess_xy, tip_xy=recess_xy, entry_xy=(8.0, recess_xy[1] - 30), origin=(300.0, 300.0))
    found = answer(scene)
    panel = next(s for s in draw(found).shapes if isinstance(s, Line) and s.filled and len(s.points) == 4)
    low, high = panel.points.min(axis=0), panel.points.max(axis=0)
    assert found.needle.shaft is not None
    for point in found.needle.shaft.array():
        assert ((point < low) | (point > high)).any()


def test_banner_keeps_off_the_scale_bar() -> None:
    """Needle and recess at the upper right: the lower left is the farthest from them, and holds the bar."""
    shapes = draw(answer(Scene(origin=(300.0, 0.0)))).shapes
    panel = next(s for s in shapes if isinstance(s, Line) and s.filled and len(s.points) == 4).points
    bar = next(s for s in shapes if isinstance(s, Line) and s.colour == Style().scale).points
    assert panel.max(axis=0)[1] < bar.min(axis=0)[1] or panel.min(axis=0)[0] > bar.max(axis=0)[0]


def test_svg_shows_the_same_shapes() -> None:
    drawing = draw(answer(BIG))
    root = ET.fromstring(to_svg(drawing))  # noqa: S314 - our own output
    tags = [child.tag.split("}")[1] for child in root]
    expected = {Line: "path", Ring: "circle", Label: "text"}
    assert tags == [expected[type(shape)] for shape in drawing.shapes]
    assert root.get("viewBox") == f"-0.5 -0.5 {drawing.width} {drawing.height}"


def test_svg_escapes_its_words() -> None:
    drawing = Drawing(10, 10, (Label("<a&b>", PointPx(1.0, 2.0), 5.0, (1, 2, 3)),))
    assert "&lt;a&amp;b&gt;" in to_svg(drawing)


def test_a_dashed_line_is_as_long_as_it_says() -> None:
    line = Line(np.array([[0.0, 0.0], [27.0, 36.0]]), (1, 2, 3), 1.0, dash_px=10.0)  # 45 pixels
    assert [piece.tolist() for piece in line.pieces] == [
        [[0.0, 0.0], [6.0, 8.0]],
        [[12.0, 16.0], [18.0, 24.0]],
        [[24.0, 32.0], [27.0, 36.0]],
    ]
    assert 'stroke-dasharray="10.00"' in to_svg(Drawing(64, 48, (line,)))
