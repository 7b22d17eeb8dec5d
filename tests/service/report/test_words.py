"""One vocabulary: what the report calls a verdict or tells of events is what the page and the overlay say."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from imaging.analysis import Analysis, analyse
from imaging.overlay import Line, banner_text, draw, probability_words
from imaging.placement import Verdict
from imaging.procedure import ProcedureVerdict
from imaging.tracking.events import EventKind
from service.report.numbers import probability
from service.report.words import EVENTS, FRAME_VERDICTS, MARKS, TISSUES, VERDICTS, doubt, picture_number
from tests.imaging.scenes import Scene, SceneSegmenter

_ROOT = Path(__file__).parents[3]
_TONES = {
    Verdict.INSIDE: "inside",
    Verdict.OUTSIDE: "outside",
    Verdict.INDETERMINATE: "undecided",
    Verdict.NOT_ASSESSED: "unassessed",
}
_INSIDE = Scene(origin=(300.0, 250.0))
_SCENES = {
    Verdict.INSIDE: _INSIDE,
    Verdict.OUTSIDE: replace(_INSIDE, tip_xy=(64, 30)),
    Verdict.INDETERMINATE: replace(_INSIDE, tip_xy=(64, 50)),
    Verdict.NOT_ASSESSED: replace(_INSIDE, entry_xy=None),
}
_LEAST = 0.9
_UNMEASURED = {EventKind.NEEDLE_LEFT, EventKind.SCALE_CHANGED}
"""Events without a row in the table of figures; words.py says why they are told."""


def of_page(source: str, *heads: str) -> dict[str, str]:
    """Keys and words of a flat table of the page, found by the lines that lead to it."""
    body = (_ROOT / "service/web/src" / source).read_text(encoding="utf-8")
    for head in heads:
        _, found, body = body.partition(head)
        assert found, f"{source} has no {head!r}"
    return dict(re.findall(r'^\s*(\w+): "(.+?)",$', body.partition("}")[0], re.MULTILINE))


def test_verdicts_have_the_words_of_the_page() -> None:
    procedures = of_page("strings.ts", "  verdict: {", "procedure: {")
    assert procedures == {verdict.value: words.title for verdict, words in VERDICTS.items()}
    frames = of_page("strings.ts", "  verdict: {", "frame: {")
    assert frames == {verdict.value: words for verdict, words in FRAME_VERDICTS.items()}


def test_what_a_tip_lies_in_has_the_words_of_the_page() -> None:
    assert of_page("strings.ts", "  tissue: {") == TISSUES


def test_verdicts_have_the_marks_and_tones_of_the_page() -> None:
    assert of_page("verdicts.ts", "MARKS") == {verdict.value: MARKS[tone] for verdict, tone in _TONES.items()}
    tones = {verdict: _TONES[Verdict(kind)] for verdict, kind in of_page("verdicts.ts", "KINDS").items()}
    assert tones == {verdict.value: words.tone for verdict, words in VERDICTS.items()}


def test_partly_outside_is_a_miss_and_marks_need_no_colour() -> None:
    assert VERDICTS[ProcedureVerdict.PARTIAL].mark == VERDICTS[ProcedureVerdict.EXTRA_ARTICULAR].mark == "✕"
    assert len(set(MARKS.values())) == len(MARKS)


def _is_of(mark: str, outline: np.ndarray) -> bool:
    """Whether an outline around its centre is the shape that a letter shows."""
    far = np.hypot(*outline.T)
    width, height = np.ptp(outline, axis=0)
    return {
        "●": len(outline) > 12 and np.ptp(far) < 0.01 * far.max(),
        "✕": len(outline) == 12 and far.min() < 0.5 * far.max(),
        "◆": len(outline) == 4 and np.isclose(outline, 0.0).any(axis=1).all(),
        "▬": len(outline) == 4 and width > 2.0 * height,
    }[mark]


@pytest.mark.parametrize("verdict", list(Verdict))
def test_overlays_have_the_words_and_shapes_of_the_report(verdict: Verdict) -> None:
    found: Analysis = analyse(_SCENES[verdict].frame(), SceneSegmenter(_SCENES[verdict]))
    assert found.placement.verdict is verdict
    assert banner_text(found).split("  ")[0] == FRAME_VERDICTS[verdict].removesuffix(" the recess").upper()
    mark = draw(found).shapes[-2]
    assert isinstance(mark, Line)
    outline = mark.points - mark.points.mean(axis=0)
    assert [letter for letter in MARKS.values() if _is_of(letter, outline)] == [MARKS[_TONES[verdict]]]


def test_events_that_are_told_are_those_that_hold_up() -> None:
    figures = (_ROOT / "benchmarks/README.md").read_text(encoding="utf-8").partition("| event (true ones) |")[2]
    rows = re.findall(r"^\| ([a-z ]+) \(.*\| ([\d.]+) / ([\d.]+) \|$", figures.partition("\n\n")[0], re.MULTILINE)
    measured = {EventKind(name.replace(" ", "_")): min(float(p), float(r)) for name, p, r in rows}
    assert set(measured) == set(EventKind) - _UNMEASURED
    assert set(EVENTS) == {kind for kind, least in measured.items() if least >= _LEAST} | _UNMEASURED
    assert set(of_page("strings.ts", "  event: {")) == {kind.value for kind in EVENTS}


@pytest.mark.parametrize(
    ("source", "name", "kind"),
    [
        ("fields", "passes", EventKind.PASS),
        ("fields", "redirections", EventKind.REDIRECTION),
        ("fields", "unseen", EventKind.ADVANCED_UNSEEN),
        ("fields", "toTarget", EventKind.ENTERED_RECESS),
        ("tracked", "unseen", EventKind.ADVANCED_UNSEEN),
        ("key", "injection", EventKind.INJECTION_STARTED),
    ],
)
def test_what_rests_on_other_events_says_so_on_the_page_too(source: str, name: str, kind: EventKind) -> None:
    body = (_ROOT / "service/web/src/strings.ts").read_text(encoding="utf-8").partition(f"  {source}: {{")[2]
    words = re.findall(rf'\b{name}: "(.+?)"', body.partition("}")[0])
    assert [said.endswith(" (uncertain)") for said in words] == [kind not in EVENTS] == [bool(doubt(kind))]


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (1.0, "> 0.99"),
        (0.9901, "> 0.99"),
        (0.990004, "0.99"),
        (0.99, "0.99"),
        (0.5, "0.50"),
        (0.01, "0.01"),
        (0.009996, "0.01"),
        (0.0099, "< 0.01"),
        (0.0, "< 0.01"),
    ],
)
def test_no_probability_is_rounded_to_certainty(p: float, words: str) -> None:
    assert probability(p) == probability_words(p) == words


def test_people_count_pictures_from_one() -> None:
    assert picture_number(0) == 1
    assert picture_number(np.array([0.0, 4.0])).tolist() == [1.0, 5.0]
