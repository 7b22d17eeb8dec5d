"""Figures of an archive: the same numbers behind the report's page and the dashboard. Null is "not known"."""

from typing import Literal

from pydantic import Field

from imaging.procedure import ProcedureVerdict
from service.wire.base import Wire


class ShareAnswer(Wire):
    """A share with its 95 % interval by Wilson."""

    hits: int
    n: int
    share: float | None = Field(description="null of nothing")
    low: float | None
    high: float | None


class VerdictShare(Wire):
    """How many procedures have a verdict."""

    verdict: ProcedureVerdict
    of_all: ShareAnswer


class PeriodShares(Wire):
    """One day, month, quarter or year: the same for all periods, and exactly as far as all dates are kept."""

    date: str
    outside: ShareAnswer = Field(description="of decided")
    withheld: ShareAnswer = Field(description="of all")


class Count(Wire):
    """How often a code is there."""

    code: str
    count: int


class GroupFigures(Wire):
    """One operator or site."""

    code: str
    procedures: int
    outside: ShareAnswer = Field(description="of decided")
    withheld: ShareAnswer = Field(description="of all")
    tip_visible_share: float | None = Field(description="median")
    angle_deg: float | None = Field(description="median")
    beyond: bool = Field(
        description="beyond the 99.8 % limits: so many misses, or so few, have a chance below 0.001 (exact binomial)"
    )


class FunnelLimits(Wire):
    """Control limits around the archive's own share, one entry for each number of decided procedures.

    Interpolated between whole misses, to be drawn; ``beyond`` of a group is not decided by them.
    """

    n: list[int]
    low_95: list[float]
    high_95: list[float]
    low_998: list[float]
    high_998: list[float]


class Grouped(Wire):
    """Operators or sites, those with the most decided procedures first."""

    groups: list[GroupFigures] = Field(description="60 at most")
    more: int = Field(description="groups with fewer procedures that are not listed")
    limits: FunnelLimits | None = Field(description="null where nothing is decided")


class CusumCurve(Wire):
    """Learning curve of an operator."""

    operator: str
    heights: list[float] = Field(description="after each decided procedure, in order of date")
    alarms: list[int] = Field(description="positions in heights at which it alarmed")


class CusumFigures(Wire):
    """CUSUM of log-likelihood ratios: each miss lifts it, each hit lowers it."""

    acceptable: float
    unacceptable: float
    run_length: int = Field(description="procedures until a false alarm, on average")
    limit: float
    curves: list[CusumCurve]


class Histogram(Wire):
    """Distribution of a number; values beyond the edges are in the outer bins."""

    name: str
    edges: list[float]
    counts: list[int] = Field(description="one fewer than edges")
    n: int
    median: float | None


class ScannerFigures(Wire):
    """Procedures of one scanner model."""

    scanner: str
    procedures: int
    withheld: ShareAnswer
    quality: float | None = Field(description="median")


class QualityFigures(Wire):
    """What the data lack."""

    checks: list[Count] = Field(description="procedures with a reason that speaks of the data")
    calibrations: list[Count] = Field(description="procedures by the source of the scale")
    scanners: list[ScannerFigures]
    failures: list[Count] = Field(description="files that were not analysed, by the code of the problem")
    models: int = Field(description="number of networks that answered")
    repeated: int = Field(description="procedures whose image another one holds already, by its SOP Instance UID")


class DriftSide(Wire):
    """One side of a comparison over time."""

    first: str
    last: str
    procedures: int


class DriftRow(Wire):
    """How far one distribution has moved."""

    name: str
    side: Literal["input", "output"]
    before: float | None = Field(description="median; null of categories")
    after: float | None
    index: float = Field(description="population stability index")
    by_chance: float = Field(description="what it stays under in 199 of 200 cases where nothing moved")
    ks: float | None = Field(description="greatest distance of the cumulative distributions; null of categories")
    level: Literal["none", "moderate", "large"]


class DriftFigures(Wire):
    """What came in, and what was said of it, against a reference period."""

    reference: DriftSide | None
    present: DriftSide | None = Field(description="what is dated after the reference")
    least: int = Field(description="procedures that each side needs")
    rows: list[DriftRow] = Field(description="empty where a side has too few")


class Judge(Wire):
    """What calling a miss means, for a judge of this sensitivity and specificity."""

    sensitivity: float
    specificity: float
    real: float = Field(description="share of called misses that are misses, where as many miss as was published")


class LookedAt(Wire):
    """A procedure to look at."""

    id: str
    date: str | None
    verdict: ProcedureVerdict
    tissue: str | None
    signed_distance_mm: float | None
    p_inside: float | None
    reason: str | None
    operator: str | None
    site: str | None
    page: str | None = Field(description="address of its page; null where none is known")
    report: str | None


class ArchiveFigures(Wire):
    """An archive in numbers. What the software said, not what was so."""

    procedures: int
    first_date: str | None
    last_date: str | None
    outside: ShareAnswer = Field(description="judged outside, wholly or in part, of decided")
    withheld: ShareAnswer = Field(description="without a verdict, of all")
    tip_visible_share: float | None = Field(description="median")
    judges: list[Judge]
    verdicts: list[VerdictShare]
    periods: list[PeriodShares]
    tissues: list[Count] = Field(description="at the tip, where judged outside")
    reasons: list[Count] = Field(description="of procedures without a verdict; one may have several")
    operators: Grouped
    sites: Grouped
    cusum: CusumFigures
    histograms: list[Histogram]
    quality: QualityFigures
    drift: DriftFigures
    looked_at: list[LookedAt] = Field(description="judged outside first, then undecided, 200 of each at most")
    not_listed: int
