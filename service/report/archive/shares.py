"""Shares and medians of an archive as they are answered: null where nothing is known."""

import math

import numpy as np

from service.report.archive.columns import Numbers
from service.report.archive.statistics import share_of
from service.wire.archive import ShareAnswer

_DIGITS = 5


def share_answer(hits: int, n: int) -> ShareAnswer:
    """Share and its interval."""
    share = share_of(hits, n)
    return ShareAnswer(
        hits=share.hits, n=share.n, share=rounded(share.value), low=rounded(share.low), high=rounded(share.high)
    )


def median_of(values: Numbers) -> float | None:
    """Median of what is known of a column."""
    known = values[np.isfinite(values)]
    return rounded(float(np.median(known))) if known.size else None


def rounded(value: float) -> float | None:
    """A number as it is answered."""
    return None if math.isnan(value) else round(value, _DIGITS)
