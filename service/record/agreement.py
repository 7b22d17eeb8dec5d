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
from service.record.intervals import cohens_kappa, spread_of
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
    """A procedure and what each of two readers signed first of it as a whole, in the order of signing."""

    procedure_id: str
    verdict: str
    first: Review
    second: Review

    @property
    def readers(self) -> tuple[Review, Review]:
        """Both."""
        return self.first, self.second


def agreement(
    store: Store, readers: tuple[str, str] | None = None, *, blinded: bool = False, sight: Sight = EVERYTHING
) -> AgreementAnswer:
    """Agreement over all procedures that two have read.

    Parameters
    ----------
    readers
        Codes of both; of each procedure the first two who signed, if not given.
    blinded
        Leave out what the second signed after seeing what the first said.
    sight
        Leave out procedures whose reviews may not be seen: a figure over few of them would tell.
    """
    read = [twice for twice in read_twice(store, readers, sight) if twice.second.blinded or not blinded]
    pairs = [_pair(store, twice) for twice in read]
    return AgreementAnswer(
        procedures=len(pairs),
        judgements=_kappa([judgement.value for judgement in Judgement], [pair.judgements for pair in pairs]),
        verdicts=_kappa([*_SIDE_NAMES.values(), _NEITHER], list(_sides(pairs))),
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
            yield ReadTwice(procedure_id, verdicts[procedure_id], first, second)


def _pair(store: Store, twice: ReadTwice) -> PairAnswer:
    corrected = {correction.frame for review in twice.readers for correction in review.corrections}
    frames = [_as_both_read(store, twice, frame) for frame in sorted(corrected)]
    spoken = [both for both in frames if any(_both_say(both, part) for part in ("needle_by", "recess_by"))]
    needle = [both for both in frames if _both_say(both, "needle_by")]
    distances = [mm for both in needle if (mm := _tip_distance_mm(*both)) is not None]
    dice = [recess_dice(*both) for both in frames if _both_say(both, "recess_by")]
    return PairAnswer(
        procedure_id=twice.procedure_id,
        readers=(twice.first.reviewer, twice.second.reviewer),
        blinded=twice.second.blinded,
        judgements=(twice.first.judgement, twice.second.judgement),
        verdicts=(_side(twice.first, twice.verdict), _side(twice.second, twice.verdict)),
        frames=len(spoken),
        needle_agreed=sum((first.shaft is None) is (second.shaft is None) for first, second in needle),
        needle_read=len(needle),
        tip_distance_mm=round(median(distances), 3) if distances else None,
        recess_dice=round(fmean(dice), 4) if dice else None,
    )


def _as_both_read(store: Store, twice: ReadTwice, frame: int) -> tuple[FrameAsRead, FrameAsRead]:
    answer = orjson.loads(store.frame_answer(twice.procedure_id, frame))
    first, second = (_as_read(answer, review, frame) for review in twice.readers)
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
    table = [[sum(pair == (one, other) for pair in pairs) for other in categories] for one in categories]
    found = cohens_kappa(table)
    values = [None] * 5 if found is None else [found.observed, found.expected, found.kappa, found.low, found.high]
    observed, expected, kappa, low, high = (
        None if value is None or math.isnan(value) else round(value, 4) for value in values
    )
    why: Literal["NOTHING_READ_TWICE", "ONE_CATEGORY"] | None = None
    if kappa is None:
        why = "NOTHING_READ_TWICE" if found is None else "ONE_CATEGORY"
    return KappaAnswer(
        n=len(pairs),
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
