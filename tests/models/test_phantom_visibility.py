"""What nobody can see must not be asked of a network."""

import numpy as np
import pytest

from imaging.segmentation import Tissue
from models.phantom import make_frame
from models.phantom.visibility import hidden_recess

SPACING_MM = 0.2
ROWS = slice(40, 56)


def _picture(inside: float, above: float, below: float) -> tuple[np.ndarray, np.ndarray]:
    """A flat recess of 3.2 mm across the picture, with grain of 4 grey levels everywhere."""
    anatomy = np.full((100, 120), Tissue.QUADRICEPS, dtype=np.uint8)
    anatomy[ROWS] = Tissue.RECESS
    anatomy[56:] = Tissue.PREFEMORAL_FAT
    level = np.full(anatomy.shape, above)
    level[ROWS], level[56:] = inside, below
    grain = np.random.default_rng(0).normal(0.0, 4.0, anatomy.shape)
    return np.clip(level + grain, 0, 255).astype(np.uint8), anatomy


@pytest.mark.parametrize(
    ("inside", "above", "below", "seen"),
    [
        (10, 80, 80, True),
        (60, 80, 90, True),
        (80, 80, 80, False),  # fluid as bright as what lies around it
        (10, 80, 10, False),  # no floor to be seen: a shadow, or a dark layer below
        (80, 20, 20, False),  # brighter than what lies around it is not how fluid looks
        (2, 5, 5, False),  # too dark for any eye
    ],
)
def test_a_recess_is_seen_where_it_is_darker_than_both_neighbours(
    inside: float, above: float, below: float, seen: bool
) -> None:
    pixels, anatomy = _picture(inside, above, below)
    hidden = hidden_recess(pixels, anatomy, anatomy, SPACING_MM)
    assert bool(hidden.any()) is not seen
    assert not hidden[anatomy != Tissue.RECESS].any()


def test_the_stretch_that_drowns_is_hidden_and_the_rest_is_not() -> None:
    pixels, anatomy = _picture(10, 80, 80)
    pixels[ROWS, 80:] = pixels[:16, 80:]
    hidden = hidden_recess(pixels, anatomy, anatomy, SPACING_MM)
    assert not hidden[:, :70].any()
    assert hidden[ROWS, 90:].all()


def test_a_few_bubbles_hide_nothing() -> None:
    pixels, anatomy = _picture(10, 80, 80)
    pixels[46:49, 10:110:8] = 250
    assert not hidden_recess(pixels, anatomy, anatomy, SPACING_MM).any()


def test_a_frame_counts_only_the_thickness_that_can_be_seen() -> None:
    for seed in range(40):
        frame = make_frame(seed)
        seen = (frame.anatomy == Tissue.RECESS) & ~frame.hidden
        assert frame.recess_thickness_mm == pytest.approx(seen.sum(axis=0).max() * frame.spacing.row_mm)
        assert not (frame.hidden & (frame.anatomy != Tissue.RECESS)).any()
