"""An archive by operator and by site: shares against control limits, and learning curves."""

from collections.abc import Iterator

import numpy as np

from service.report.archive.columns import ArchiveColumns, Flags
from service.report.archive.shares import median_of, share_answer
from service.report.archive.statistics import CusumRule, Share, cusum, funnel_limits, is_beyond, share_of
from service.wire.archive import CusumCurve, CusumFigures, FunnelLimits, Grouped, GroupFigures, ShareAnswer

CUSUM = CusumRule()
_GROUPS, _CURVES = 60, 16
_STEPS = 160
_TAILS = (0.025, 0.001)
_LEAST_AXIS = 12.0
_MARGIN = 1.12


def grouped(columns: ArchiveColumns, name: str, overall: ShareAnswer) -> Grouped:
    """Figures of every operator or site."""
    found = list(_by_group(columns, name))
    return Grouped(
        groups=[_figures(columns, label, share, among, overall) for label, share, among in found[:_GROUPS]],
        more=max(len(found) - _GROUPS, 0),
        limits=_limits(overall, max((share.n for _, share, _ in found), default=0)),
    )


def learning(columns: ArchiveColumns) -> CusumFigures:
    """Learning curve of every operator with two decided procedures that have a date."""
    order = columns.in_order
    order = order[columns.decided[order]]
    curves = []
    for label, _, among in list(_by_group(columns, "operator"))[:_CURVES]:
        rows = order[among[order]]
        if rows.size > 1:
            curves.append(_curve(label, columns.missed[rows]))
    return CusumFigures(
        acceptable=CUSUM.acceptable,
        unacceptable=CUSUM.unacceptable,
        run_length=CUSUM.run_length,
        limit=CUSUM.limit,
        curves=curves,
    )


def _curve(operator: str, missed: Flags) -> CusumCurve:
    heights = cusum(missed, CUSUM)
    return CusumCurve(
        operator=operator,
        heights=heights.round(4).tolist(),
        alarms=np.flatnonzero(heights >= CUSUM.limit).tolist(),
    )


def _by_group(columns: ArchiveColumns, name: str) -> Iterator[tuple[str, Share, Flags]]:
    """Name, share of misses and rows of every operator or site, those with the most decided procedures first."""
    group, decided, missed = columns.categories[name], columns.decided, columns.missed
    n = np.array(list(group.counts(decided).values()), dtype=np.int64)
    hits = np.array(list(group.counts(missed).values()), dtype=np.int64)
    for at in np.argsort(-n, kind="stable").tolist():
        yield group.labels[at], share_of(int(hits[at]), int(n[at])), group.codes == at


def _figures(columns: ArchiveColumns, code: str, share: Share, among: Flags, overall: ShareAnswer) -> GroupFigures:
    every = int(among.sum())
    return GroupFigures(
        code=code,
        procedures=every,
        outside=share_answer(share.hits, share.n),
        withheld=share_answer(every - share.n, every),
        tip_visible_share=median_of(columns.numbers["tip_visible_share"][among]),
        angle_deg=median_of(columns.numbers["angle_deg"][among]),
        beyond=bool(overall.n) and is_beyond(share.hits, share.n, overall.hits / overall.n, _TAILS[1]),
    )


def _limits(overall: ShareAnswer, most: int) -> FunnelLimits | None:
    if not most:
        return None
    centre = overall.hits / overall.n
    n = np.unique(np.linspace(1, max(most * _MARGIN, _LEAST_AXIS), _STEPS).astype(np.int64))
    (low_95, high_95), (low_998, high_998) = (funnel_limits(centre, n, tail) for tail in _TAILS)
    return FunnelLimits(
        n=n.tolist(),
        low_95=low_95.round(5).tolist(),
        high_95=high_95.round(5).tolist(),
        low_998=low_998.round(5).tolist(),
        high_998=high_998.round(5).tolist(),
    )
