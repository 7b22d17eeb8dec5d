"""The ground that is watched for injectate, on small pictures of which every level is known."""

import numpy as np
import pytest

from imaging.frame import Frame
from imaging.geometry import BoxPx, PixelSpacing, PointPx, SegmentPx, SpacingSource
from imaging.measurement import Needle, Recess
from imaging.reasons import Reason
from imaging.tracking.watched import RecessEcho, Watched, watch
from tests.imaging.tracking.needle_motion import NO_NEEDLE

MM = PixelSpacing(0.5, 0.5, SpacingSource.CALLER)
TIP = PointPx(5.0, 20.0)
"""Outside, so that the shaft covers nothing."""
FRAME_MS = 40.0


def recess(right: float = 0.0, width: float = 40.0) -> Recess:
    left, end = 9.5 + right, 9.5 + right + width
    outline = np.array([[left, 9.5], [end, 9.5], [end, 29.5], [left, 29.5]])
    return Recess((outline,), 200.0, 10.0, 20.0, 9.5, 0.9)


def needle(tip: PointPx, *, visible: bool = True) -> Needle:
    return Needle(SegmentPx(PointPx(tip.x - 4.0, tip.y - 4.0), tip), tip, 0.4, visible, 45.0, 2.8, 0.9)


def frame(specks: int = 0, right: int = 0) -> Frame:
    """Grey 60 with a dark recess, and specks in it from its left end on."""
    pixels = np.full((60, 80), 60, np.uint8)
    pixels[10:30, 10 + right : 50 + right] = 10
    rows, columns = np.divmod(np.arange(specks), 30)
    pixels[12 + rows, 15 + right + columns] = 200
    return Frame(pixels, MM, BoxPx(0, 0, 80, 60))


def looked(*frames: tuple[Frame, Recess, Needle]) -> tuple[Watched | None, list[RecessEcho | None]]:
    state, echoes = None, []
    for i, (picture, found, shown) in enumerate(frames):
        state, echo = watch(state, picture, found, shown, FRAME_MS * i)
        echoes.append(echo)
    return state, echoes


STILL = (frame(), recess(), needle(TIP))


def last(echoes: list[RecessEcho | None]) -> RecessEcho:
    assert echoes[-1] is not None
    return echoes[-1]


def test_specks_are_counted_in_the_recess_as_it_was_though_its_outline_draws_back() -> None:
    _, echoes = looked(*[STILL] * 8, (frame(specks=76), recess(right=30.0, width=10.0), needle(TIP)))
    # The outline less one pixel of wall all round: 18 rows of 38 pixels.
    assert last(echoes).bright_share == pytest.approx(76 / (18 * 38))
    assert last(echoes).mean_level == pytest.approx(10 + 190 * 76 / (18 * 38))


def test_what_was_bright_at_rest_is_no_speck() -> None:
    _, echoes = looked(*[(frame(specks=76), recess(), needle(TIP))] * 9)
    assert last(echoes).bright_share == 0.0


def test_the_ground_drifts_with_the_tip() -> None:
    def drifted(i: int) -> tuple[Frame, Recess, Needle]:
        right = i // 8
        return frame(right=right), recess(right=right), needle(PointPx(TIP.x + right, TIP.y))

    state, echoes = looked(*map(drifted, range(80)), *[drifted(79)] * 20)
    assert state is not None
    assert state.since_ms == 0.0
    assert state.shift[0, 0] == pytest.approx(9.0, abs=0.5)
    assert last(echoes).mean_level == 10.0


def test_a_tip_that_moves_on_takes_new_ground() -> None:
    away = (frame(), recess(width=30.0), needle(PointPx(20.0, 40.0)))
    state, echoes = looked(*[STILL] * 8, *[away] * 5)
    assert echoes[8:12] == [None] * 4
    assert state is not None
    assert (state.since_ms, state.anchor) == (11 * FRAME_MS, PointPx(20.0, 40.0))


def test_a_single_jump_or_a_hidden_tip_does_not() -> None:
    jump, hidden = needle(PointPx(40.0, 50.0)), needle(TIP, visible=False)
    state, echoes = looked(*[STILL] * 8, (frame(), recess(), jump), STILL, (frame(), recess(), hidden))
    assert state is not None
    assert state.since_ms == 0.0
    assert echoes[8] is None
    assert last(echoes).mean_level == 10.0


def test_without_a_recess_or_a_needle_there_is_nothing_to_watch() -> None:
    none = Recess.absent(Reason.NO_RECESS)
    assert looked((frame(), none, needle(TIP))) == (None, [None])
    assert looked((frame(), recess(), NO_NEEDLE)) == (None, [None])


def test_pixels_near_the_shaft_do_not_count() -> None:
    across = Needle(SegmentPx(PointPx(10.0, 12.0), PointPx(49.0, 12.0)), PointPx(49.0, 12.0), 0.4, True, 0.0, 19.5, 0.9)
    # The shaft runs along row 12, where the first 30 specks would be.
    _, echoes = looked(*[(frame(), recess(), across)] * 8, (frame(specks=30), recess(), across))
    assert last(echoes).bright_share == 0.0


def test_a_needle_that_is_not_found_in_a_frame_lies_there_all_the_same() -> None:
    across = Needle(SegmentPx(PointPx(10.0, 12.0), PointPx(49.0, 12.0)), PointPx(49.0, 12.0), 0.4, True, 0.0, 19.5, 0.9)
    lost = (frame(specks=30), recess(), NO_NEEDLE)
    _, echoes = looked(*[(frame(specks=30), recess(), across)] * 8, *[lost] * 3)
    assert last(echoes) == RecessEcho(10.0, 0.0)


def test_while_the_outlines_still_grow_there_is_no_echo_to_compare_with() -> None:
    growing = [(frame(), recess(width=25.0 + 3.0 * i), needle(TIP)) for i in range(6)]
    _, echoes = looked(*growing, *[STILL] * 3)
    assert echoes[:6] == [None] * 6
    assert last(echoes).mean_level == 10.0


def test_a_recess_that_has_left_the_picture_has_no_echo() -> None:
    beyond = recess(right=200.0)
    assert looked((frame(), beyond, needle(TIP)), (frame(), beyond, needle(TIP)))[1] == [None, None]
