"""A choice of procedures in words: what a report says that it shows."""

from collections.abc import Iterator
from datetime import date

from imaging.procedure import ProcedureVerdict
from service.report.words import REASONS, VERDICTS, spoken
from service.store.choice import Choice, Days, Range


def selection_in_words(choice: Choice) -> str:
    """Everything that was asked for, with commas between; "" where nothing was."""
    return ", ".join((*_answered(choice), *_recorded(choice), *_dated(choice)))


def _answered(choice: Choice) -> Iterator[str]:
    if choice.verdict is not None:
        yield f"verdict “{VERDICTS[ProcedureVerdict(choice.verdict)].title}”"
    if choice.reason is not None:
        yield f"no clear verdict: {REASONS.get(choice.reason, choice.reason)}"
    if choice.distance_mm != Range():
        yield f"tip to wall {_range(choice.distance_mm, 1, ' mm')}"
    if choice.tip_share != Range():
        yield f"tip seen in {_range(choice.tip_share, 100, ' %')} of pictures with a needle"


def _recorded(choice: Choice) -> Iterator[str]:
    codes = {"site": choice.site, "operator": choice.operator, "injectate": spoken(choice.injectate)}
    yield from (f"{name} {code}" for name, code in codes.items() if code is not None)
    if choice.reviewed is not None:
        yield "with a review" if choice.reviewed else "without a review"


def _dated(choice: Choice) -> Iterator[str]:
    if any(choice.performed):
        yield f"done {_period(*choice.performed)}{' (as recorded, else as stored)' if choice.or_stored else ''}"
    if choice.stored.since or choice.stored.until:
        yield f"stored {_period(choice.stored.since, choice.stored.until)}{_zone(choice.stored)}"


def _period(first: date | None, last: date | None) -> str:
    return " ".join(f"{word} {day.isoformat()}" for word, day in (("from", first), ("to", last)) if day is not None)


def _zone(days: Days) -> str:
    hours, minutes = divmod(abs(days.zone_min), 60)
    return f" (UTC{'−' if days.zone_min < 0 else '+'}{hours:02}:{minutes:02})" if days.zone_min else " (UTC)"


def _range(numbers: Range, scale: float, unit: str) -> str:
    ends = (("from", numbers.first), ("below", numbers.below))
    return " ".join(f"{word} {scale * end:g}{unit}".replace("-", "−") for word, end in ends if end is not None)
