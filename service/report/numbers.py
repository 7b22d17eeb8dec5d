"""Numbers of a procedure in groups, each with its unit and what it means."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields

from imaging.overlay import probability_words
from imaging.placement import Verdict
from imaging.procedure import InjectateEvidence, NeedleHandling, RecessChange, Stand
from imaging.tracking.events import EventKind
from service.report.gathering import ProcedureFacts
from service.report.words import FRAME_VERDICTS, doubt, picture_number

UNKNOWN = "not known"
_SIGNS = {
    "fluid": "grey level changed",
    "bubbles": "bright specks",
    "thickness": "thicker",
    "area": "larger",
    "outside": "specks outside",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as it is shown."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Numbers that belong together."""

    title: str
    figures: Sequence[Figure]


def groups_of(facts: ProcedureFacts) -> list[Group]:
    """All groups; the frames alone where the procedure was not judged again."""
    assessed = facts.assessed
    frames = Group("Pictures by their own verdict", _frames(facts))
    if assessed is None:
        return [frames]
    return [
        Group("Where the tip stood", _stand(assessed.stand)),
        Group("How the needle was led", _handling(assessed.handling)),
        Group("Recess and injectate", [*_injectate(assessed.injectate), *_recess(assessed.recess)]),
        frames,
    ]


def number(value: float | None, digits: int, unit: str = "", *, signed: bool = False) -> str:
    """A number with its unit; a minus is a minus sign, and a distance says its sign."""
    if value is None:
        return UNKNOWN
    text = f"{value:{'+' if signed else ''}.{digits}f}".replace("-", "−")
    return f"{text}°" if unit == "°" else f"{text} {unit}".strip()


def probability(value: float | None) -> str:
    """A probability, as overlays write it."""
    return UNKNOWN if value is None else probability_words(value)


def share(value: float | None) -> str:
    """A share as a percentage."""
    return UNKNOWN if value is None else f"{100 * value:.0f} %"


def _stand(stand: Stand | None) -> list[Figure]:
    if stand is None:
        return [Figure("Stand of the tip", "none", "no picture with a needle could be judged")]
    return [
        Figure("Probability inside", probability(stand.p_inside), "all pictures of the stand together"),
        Figure("Tip to nearest wall", number(stand.signed_distance_mm, 2, "mm", signed=True), "above zero inside"),
        Figure("Tip to centre of the recess", number(stand.centre_distance_mm, 2, "mm")),
        Figure("Needle to probe face", number(stand.angle_deg, 0, "°")),
        Figure(
            "Pictures of the stand", f"{stand.decided_frames} of {stand.frames}",
            f"judged, of pictures {picture_number(stand.first)} to {picture_number(stand.last)}",
        ),
    ]  # fmt: skip


def _handling(handling: NeedleHandling) -> list[Figure]:
    unseen = f"for {number(handling.advanced_unseen_s, 1, 's')}"
    if handling.advanced_unseen_mm is None:
        unseen = "no picture with a needle has a pixel size"
    return [
        Figure("Tip seen", share(handling.tip_visible_share), f"of {handling.needle_frames} pictures with a needle"),
        Figure(
            f"Advanced unseen{doubt(EventKind.ADVANCED_UNSEEN)}", number(handling.advanced_unseen_mm, 1, "mm"), unseen
        ),
        Figure("Passes", number(handling.passes, 0)),
        Figure("Redirections", number(handling.redirections, 0), "of more than 5°"),
        Figure(
            f"Time to target{doubt(EventKind.ENTERED_RECESS)}",
            number(handling.seconds_to_target, 1, "s"),
            "first sight to tip in the recess",
        ),
    ]


def _injectate(injectate: InjectateEvidence) -> list[Figure]:
    label = f"Injection{doubt(EventKind.INJECTION_STARTED)}"
    if injectate.started is None:
        return [Figure(label, "not seen to begin")]
    there = [field.name for field in fields(injectate) if getattr(injectate, field.name) is True]
    seen = ", ".join(_SIGNS.get(name, name) for name in there) or "none"
    began = f"from picture {picture_number(injectate.started.frame_index)}"
    return [Figure(label, began), Figure("Signs of injectate", seen)]


def _recess(change: RecessChange) -> list[Figure]:
    return [
        Figure(
            "Thickness", f"{number(change.thickness_before_mm, 1)} → {number(change.thickness_after_mm, 1, 'mm')}",
            "before and after",
        ),
        Figure(
            "Area", f"{number(change.area_before_mm2, 0)} → {number(change.area_after_mm2, 0, 'mm²')}",
            "before and after",
        ),
    ]  # fmt: skip


def _frames(facts: ProcedureFacts) -> list[Figure]:
    counts = Counter(frame.verdict for frame in facts.frames)
    return [Figure(FRAME_VERDICTS[verdict], str(counts[verdict])) for verdict in Verdict]
