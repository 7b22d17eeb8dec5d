"""How far two readers say the same of the procedures that both have read."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Literal

import orjson

from imaging.placement import Verdict
from imaging.procedure import ProcedureVerdict
from service.record.as_read import FrameAsRead, frame_as_read
from service.record.intervals import Kappa, cohens_kappa, scotts_pi, spread_of
from service.record.reading import review_answer
from service.record.sight import EVERYTHING, Sight
from service.store.chain import EntryKind
from service.store.store import Store
from service.wire import AgreementAnswer, Judgement, Review
from service.wire.review import KappaAnswer, PairAnswer, SpreadAnswer

_LISTED = 500
_SIDES = {
    ProcedureVerdict.CONFIRMED: Verdict.INSIDE,
    ProcedureVerdict.PROBABLE: Verdict.INSIDE,
    ProcedureVerdict.PARTIAL: Verdict.OUTSIDE,
    ProcedureVerdict.EXTRA_ARTICULAR: Verdict.OUTSIDE,
    ProcedureVerdict.INDETERMINATE: Verdict.INDETERMINATE,
    ProcedureVerdict.NOT_ASSESSED: Verdict.NOT_ASSESSED,
}
_NEITHER = "neither"
_SIDE_NAMES = {Verdict.INSIDE: "inside", Verdict.OUTSIDE: "outside"}


@dataclass(frozen=True, slots=True)
class ReadTwice:
    """A procedure and what each of two readers signed first of it as a whole.

    Parameters
    ----------
    readings
        In the order of the readers that were asked for, else in the order of signing.
    blinded
        Whether the one who signed second, wherever that reading stands, had not seen what the first said.
    """

    procedure_id: str
    verdict: str
    readings: tuple[Review, Review]
    blinded: bool


def agreement(
    store: Store, readers: tuple[str, str] | None = None, *, blinded: bool = False, sight: Sight = EVERYTHING
) -> AgreementAnswer:
    """Agreement over all procedures that two have read.

    Parameters
    ----------
    readers
        Codes of both, in the order in which they are compared, by Cohen's kappa. If not given, the first two who signed
        a procedure, whoever they are: others from one to the next, so that their order means nothing, and the measure
        is Scott's pi, which does not look at it.
    blinded
        Leave out what the second signed after seeing what the first said.
    sight
        Leave out procedures whose reviews may not be seen: a figure over few of them would tell.
    """
    read = [twice for twice in read_twice(store, readers, sight) if twice.blinded or not blinded]
    pairs = [_pair(store, twice) for twice in read]
    kappa = _kappa_in_any_order if readers is None else _kappa
    return AgreementAnswer(
        procedures=len(pairs),
        judgements=kappa([judgement.value for judgement in Judgement], [pair.judgements for pair in pairs]),
        verdicts=kappa([*_SIDE_NAMES.values(), _NEITHER], list(_sides(pairs))),
        tip_distance_mm=_spread([pair.tip_distance_mm for pair in pairs]),
        recess_dice=_spread([pair.recess_dice for pair in pairs]),
        pairs=pairs[-_LISTED:],
    )


def read_twice(store: Store, readers: tuple[str, str] | None, sight: Sight = EVERYTHING) -> Iterator[ReadTwice]:
    """Procedures that two readers have read as a whole, in the order of their first review."""
    signed: dict[str, dict[str, Review]] = {}
    opened: set[str] = set()
    for entry in store.chain.of_kind(EntryKind.REVIEW):
        answer = review_answer(entry)
        review = answer.review
        if sight.opened_by(answer):
            opened.add(entry.note.procedure_id)
        if review.frame is None and (readers is None or review.reviewer in readers):
            signed.setdefault(entry.note.procedure_id, {}).setdefault(review.reviewer, review)
    verdicts = dict(store.verdicts())
    for procedure_id, by_reader in signed.items():
        if len(by_reader) > 1 and procedure_id in opened:
            first, second = list(by_reader.values())[:2]
            readings = (first, second) if readers is None else (by_reader[readers[0]], by_reader[readers[1]])
            yield ReadTwice(procedure_id, verdicts[procedure_id], readings, second.blinded)


def _pair(store: Store, twice: ReadTwice) -> PairAnswer:
    corrected = {correction.frame for review in twice.readings for correction in review.corrections}
    frames = [_as_both_read(store, twice, frame) for frame in sorted(corrected)]
    spoken = [both for both in frames if any(_both_say(both, part) for part in ("needle_by", "recess_by"))]
    needle = [both for both in frames if _both_say(both, "needle_by")]
    distances = [mm for both in needle if (mm := _tip_distance_mm(*both)) is not None]
    dice = [recess_dice(*both) for both in frames if _both_say(both, "recess_by")]
    one, other = twice.readings
    return PairAnswer(
        procedure_id=twice.procedure_id,
        readers=(one.reviewer, other.reviewer),
        blinded=twice.blinded,
        judgements=(one.judgement, other.judgement),
        verdicts=(_side(one, twice.verdict), _side(other, twice.verdict)),
        frames=len(spoken),
        needle_agreed=sum((first.shaft is None) is (second.shaft is None) for first, second in needle),
        needle_read=len(needle),
        tip_distance_mm=round(median(distances), 3) if distances else None,
        recess_dice=round(fmean(dice), 4) if dice else None,
    )


def _as_both_read(store: Store, twice: ReadTwice, frame: int) -> tuple[FrameAsRead, FrameAsRead]:
    answer = orjson.loads(store.frame_answer(twice.procedure_id, frame))
    first, second = (_as_read(answer, review, frame) for review in twice.readings)
    return first, second


def _as_read(answer: dict[str, object], review: Review, frame: int) -> FrameAsRead:
    """A reader who agrees with the whole stands by the answer to a frame that this reader does not correct."""
    correction = next((one for one in review.corrections if one.frame == frame), None)
    stands_by = correction is None and review.judgement is Judgement.AGREE
    return frame_as_read(answer, correction, stands_by=stands_by)


def _both_say(both: tuple[FrameAsRead, FrameAsRead], part: str) -> bool:
    return all(getattr(one, part) is not None for one in both)


def _tip_distance_mm(first: FrameAsRead, second: FrameAsRead) -> float | None:
    if first.tip is None or second.tip is None or first.spacing_mm is None:
        return None
    row_mm, column_mm = first.spacing_mm
    return math.hypot((first.tip[0] - second.tip[0]) * column_mm, (first.tip[1] - second.tip[1]) * row_mm)


def recess_dice(first: FrameAsRead, second: FrameAsRead) -> float:
    """Overlap of two outlines of the recess: 1 where both are the same or none, 0 where nothing is shared."""
    one, other = first.filled(), second.filled()
    size = int(one.sum()) + int(other.sum())
    return 2.0 * int((one & other).sum()) / size if size else 1.0


def _side(review: Review, answered: str) -> Verdict | None:
    if review.verdict is not None or review.judgement is not Judgement.AGREE:
        return review.verdict
    return _SIDES[ProcedureVerdict(answered)]


def _sides(pairs: Sequence[PairAnswer]) -> Iterator[tuple[str, str]]:
    for first, second in (pair.verdicts for pair in pairs):
        if first is not None and second is not None:
            yield _SIDE_NAMES.get(first, _NEITHER), _SIDE_NAMES.get(second, _NEITHER)


def _kappa(categories: list[str], pairs: Sequence[tuple[str, str]]) -> KappaAnswer:
    """Of the same two throughout."""
    table = _table(categories, pairs)
    return _kappa_answer("cohens_kappa", categories, table, cohens_kappa(table))


def _kappa_in_any_order(categories: list[str], pairs: Sequence[tuple[str, str]]) -> KappaAnswer:
    """Of pairs without an order: what differs is counted above the diagonal, whoever said it."""
    at = categories.index
    table = _table(categories, [(one, other) if at(one) <= at(other) else (other, one) for one, other in pairs])
    return _kappa_answer("scotts_pi", categories, table, scotts_pi(table))


def _table(categories: list[str], pairs: Sequence[tuple[str, str]]) -> list[list[int]]:
    return [[sum(pair == (one, other) for pair in pairs) for other in categories] for one in categories]


def _kappa_answer(
    measure: Literal["cohens_kappa", "scotts_pi"], categories: list[str], table: list[list[int]], found: Kappa | None
) -> KappaAnswer:
    values = [None] * 5 if found is None else [found.observed, found.expected, found.kappa, found.low, found.high]
    observed, expected, kappa, low, high = (
        None if value is None or math.isnan(value) else round(value, 4) for value in values
    )
    why: Literal["NOTHING_READ_TWICE", "ONE_CATEGORY"] | None = None
    if kappa is None:
        why = "NOTHING_READ_TWICE" if found is None else "ONE_CATEGORY"
    return KappaAnswer(
        measure=measure,
        n=sum(map(sum, table)),
        categories=categories,
        table=table,
        observed=observed,
        expected=expected,
        kappa=kappa,
        low=low,
        high=high,
        absent_because=why,
    )


def _spread(values: Sequence[float | None]) -> SpreadAnswer:
    known = [value for value in values if value is not None]
    found = spread_of(known)
    if found is None:
        return SpreadAnswer(n=0, median=None, low=None, high=None, p95=None)
    bounded = not math.isnan(found.low)
    return SpreadAnswer(
        n=found.n,
        median=round(found.median, 4),
        low=found.low if bounded else None,
        high=found.high if bounded else None,
        p95=round(found.p95, 4),
    )
