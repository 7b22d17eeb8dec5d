"""Codes in words, as pages show them."""

from dataclasses import dataclass

from imaging.placement import Verdict
from imaging.procedure import ProcedureVerdict
from imaging.tracking.events import EventKind


@dataclass(frozen=True, slots=True)
class VerdictWords:
    """A verdict for people.

    ``mark`` is a shape that says it without colour: a filled circle inside, a cross outside, a bar undecided.
    """

    title: str
    sentence: str
    tone: str
    mark: str


VERDICTS = {
    ProcedureVerdict.CONFIRMED: VerdictWords(
        "Inside, confirmed", "The tip lay in the recess at the injection, and injectate was seen in the recess.",
        "inside", "●",
    ),
    ProcedureVerdict.PROBABLE: VerdictWords(
        "Inside, probable", "The tip lay in the recess; no injectate was seen there.", "inside", "◐"
    ),
    ProcedureVerdict.PARTIAL: VerdictWords(
        "Partly outside", "The recess filled while the tip stood outside of it: injectate on both sides of its wall.",
        "outside", "◪",
    ),
    ProcedureVerdict.EXTRA_ARTICULAR: VerdictWords(
        "Outside the recess", "The tip lay outside of the recess.", "outside", "✕"
    ),
    ProcedureVerdict.INDETERMINATE: VerdictWords(
        "Undecided", "The pictures do not settle whether the tip lay in the recess.", "undecided", "▬"
    ),
    ProcedureVerdict.NOT_ASSESSED: VerdictWords(
        "Not assessed", "The question could not be asked of these pictures. Not assessed is not safe.",
        "unassessed", "○",
    ),
}  # fmt: skip

FRAME_VERDICTS = {
    Verdict.INSIDE: "inside",
    Verdict.OUTSIDE: "outside",
    Verdict.INDETERMINATE: "undecided",
    Verdict.NOT_ASSESSED: "not assessed",
}

EVENTS = {
    EventKind.NEEDLE_ENTERED: "Needle comes into view",
    EventKind.NEEDLE_LEFT: "Needle leaves the view",
    EventKind.PASS: "Withdrawn and advanced again (another pass)",
    EventKind.REDIRECTION: "Needle redirected by more than 5°",
    EventKind.ADVANCED_UNSEEN: "Tip advanced while it was not seen",
    EventKind.ENTERED_RECESS: "Tip enters the recess",
    EventKind.LEFT_RECESS: "Tip leaves the recess",
    EventKind.BONE_CONTACT: "Tip at bone",
    EventKind.INJECTION_STARTED: "Injection begins",
    EventKind.SCALE_CHANGED: "Scale of the picture changes",
}

REASONS = {
    "NOT_CALIBRATED": "not calibrated",
    "NO_RECESS": "no recess found",
    "NO_NEEDLE": "no needle found",
    "TIP_NOT_VISIBLE": "tip not seen",
    "RECESS_TOO_THIN": "recess too thin",
    "LOW_CONFIDENCE": "picture does not settle it",
    "WRONG_VIEW": "wrong view",
    "POOR_IMAGE": "picture too poor",
    "STEEP_NEEDLE": "needle steeper than 30°",
    "BONE_AHEAD": "bone ahead",
    "THROUGH_RECESS": "through the recess",
    "SCALE_CHANGED": "scale changed",
    "STALE_FRAME": "answer too old",
}

_SHOWN_CODE, _HASH_DIGITS = 10, 64

CALIBRATIONS = {
    "dicom-region": "ultrasound region of the DICOM file",
    "dicom-pixel-spacing": "pixel spacing of the DICOM file",
    "caller": "whoever sent the pictures",
    "ruler": "ruler on the screen",
}


def spoken(code: str | None) -> str | None:
    """A code as words: ``prefemoral_fat`` is "prefemoral fat"."""
    return None if code is None else code.replace("_", " ")


def short(code: str) -> str:
    """Enough of a keyed hash to tell it from others; a code of a site's own list whole."""
    return code[:_SHOWN_CODE] if len(code) == _HASH_DIGITS else code
