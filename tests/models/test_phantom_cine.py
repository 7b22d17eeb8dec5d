"""What a phantom cine promises: events in order, speckle that belongs to the tissue, a recess that opens."""

from itertools import islice

import numpy as np
import pytest

from imaging.segmentation import Tissue
from models.phantom import CineScript, GridSpec, PhantomFrame, make_cine
from models.phantom.motion import sample_drift
from models.phantom.randomness import stream
from models.phantom.scatterers import displaced, sample_scatterers
from models.phantom.scene import Material

GRID = GridSpec(192, 192, 0.25)
TARGETS = {
    "in_recess": {Tissue.RECESS},
    "dry_thin": {Tissue.RECESS},
    "prefemoral_fat": {Tissue.PREFEMORAL_FAT},
    "suprapatellar_fat": {Tissue.SUPRAPATELLAR_FAT},
    "through_recess": {Tissue.PREFEMORAL_FAT, Tissue.BONE},
    "short": {Tissue.SUBCUTANEOUS},
}


@pytest.mark.parametrize("kind", TARGETS)
def test_tip_is_where_the_script_says_while_it_injects(kind: str) -> None:
    cine = make_cine(5, CineScript(kind, frames=32), GRID)  # type: ignore[arg-type] # a table of literals
    at = {event.kind: event.frame for event in cine.events}
    frame = list(cine)[at["injection_start"]]
    column, row = round(frame.needle.tip.x), round(frame.needle.tip.y)  # type: ignore[union-attr] # it has one
    near = frame.anatomy[row - 2 : row + 3, column - 1 : column + 2]
    assert set(np.unique(near)) & {int(tissue) for tissue in TARGETS[kind]}


def test_through_means_through() -> None:
    cine = make_cine(4, CineScript("through_recess", frames=24), GRID)
    at = {event.kind: event.frame for event in cine.events}
    frame = next(islice(cine, at["on_target"], None))
    crossed = (frame.labels == Tissue.NEEDLE) & (frame.anatomy == Tissue.RECESS)
    assert np.any(crossed)


def test_events_are_in_order_and_match_the_frames() -> None:
    cine = make_cine(1, CineScript("in_recess", frames=40, redirect=True), GRID)
    frames = [event.frame for event in cine.events]
    assert frames == sorted(frames)
    kinds = [event.kind for event in cine.events]
    assert kinds[:6] == [
        "needle_visible",
        "withdrawn",
        "redirected",
        "on_target",
        "injection_start",
        "injection_end",
    ]
    shown = [frame.needle is not None for frame in cine]
    assert shown.index(True) == cine.events[0].frame


def test_no_needle_means_no_events() -> None:
    cine = make_cine(2, CineScript("no_needle", frames=24), GRID)
    assert cine.events == ()
    assert all(frame.needle is None for frame in cine)


def test_recess_opens_by_up_to_2_mm_and_only_when_it_is_injected() -> None:
    inside = _thickness(make_cine(3, CineScript("in_recess", frames=24), GRID))
    outside = _thickness(make_cine(3, CineScript("prefemoral_fat", frames=24), GRID))
    assert 0.2 < inside[-1] - inside[0] < 2.6
    assert abs(outside[-1] - outside[0]) <= 0.5


def test_iterating_twice_gives_the_same_frames() -> None:
    cine = make_cine(4, CineScript("short", frames=24), GRID)
    first = [frame.pixels for frame in islice(cine, 4)]
    assert len(cine) == 24
    assert all(np.array_equal(a, b.pixels) for a, b in zip(first, islice(cine, 4), strict=True))


def test_scatterers_move_with_the_tissue() -> None:
    field = sample_scatterers(1, (64, 64), 1)[0]
    columns, rows = np.meshgrid(np.arange(64, dtype=np.float32) - 3, np.arange(64, dtype=np.float32) + 2)
    moved = displaced(field, Material(columns, rows))
    assert np.allclose(moved[:-2, 3:], field[2:, :-3], atol=1e-5)


def test_speckle_of_neighbouring_frames_is_the_same_speckle_displaced() -> None:
    cine = make_cine(6, CineScript("no_needle", frames=24), GRID)
    a, b = islice(cine, 2)
    still = make_cine(7, CineScript("no_needle", frames=24), GRID)
    other = next(iter(still))
    assert _best_match(a, b) > 0.7
    assert _best_match(a, b) > _best_match(a, other) + 0.2


def test_drift_starts_at_rest_and_stays_small() -> None:
    drift = sample_drift(stream(1, "x"), 50, 16.0)
    assert drift.right_mm[0] == 0.0
    assert max(np.abs(drift.right_mm)) < 5.0


@pytest.mark.parametrize(("kind", "frames"), [("sideways", 48), ("short", 8)])
def test_script_refuses(kind: str, frames: int) -> None:
    with pytest.raises(ValueError, match="expected"):
        CineScript(kind, frames=frames)  # type: ignore[arg-type] # refused on purpose


def _thickness(cine: object) -> list[float]:
    return [frame.recess_thickness_mm for frame in cine]  # type: ignore[attr-defined] # any iterable of frames


def _best_match(a: PhantomFrame, b: PhantomFrame) -> float:
    """Greatest correlation of the middle of one frame with the other, displaced by up to 3 pixels."""
    middle = a.pixels[20:80, 60:130].astype(float)
    best = -1.0
    for down in range(-3, 4):
        for right in range(-3, 4):
            other = b.pixels[20 + down : 80 + down, 60 + right : 130 + right].astype(float)
            best = max(best, float(np.corrcoef(middle.ravel(), other.ravel())[0, 1]))
    return best
