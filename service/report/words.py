"""Codes in words, as pages show them."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from imaging.placement import Verdict
from imaging.procedure import ProcedureVerdict
from imaging.tracking.events import EventKind

Position = TypeVar("Position", int, npt.NDArray[np.float64])

MARKS = {
    "inside": "●",
    "outside": "✕",
    "undecided": "◆",
    "unassessed": "▬",
}
"""Shape of each tone, which says it without colour: those of overlays and of the page."""


@dataclass(frozen=True, slots=True)
class VerdictWords:
    """A verdict for people; the page has the same words and marks (``service/web/src/strings.ts``, ``verdicts.ts``)."""

    title: str
    sentence: str
    tone: str

    @property
    def mark(self) -> str:
        """Shape that says the tone without colour."""
        return MARKS[self.tone]


VERDICTS = {
    ProcedureVerdict.CONFIRMED: VerdictWords(
        "Confirmed in the recess", "The tip lay in the recess at the injection, and injectate was seen in the recess.",
        "inside",
    ),
    ProcedureVerdict.PROBABLE: VerdictWords(
        "Probably in the recess", "The tip lay in the recess; no injectate was seen there.", "inside"
    ),
    ProcedureVerdict.PARTIAL: VerdictWords(
        "Partly outside the recess",
        "The recess filled while the tip stood outside of it: injectate on both sides of its wall.", "outside",
    ),
    ProcedureVerdict.EXTRA_ARTICULAR: VerdictWords(
        "Outside the recess", "The tip lay outside of the recess.", "outside"
    ),
    ProcedureVerdict.INDETERMINATE: VerdictWords(
        "Undecided", "The pictures do not settle whether the tip lay in the recess.", "undecided"
    ),
    ProcedureVerdict.NOT_ASSESSED: VerdictWords(
        "Not assessed", "The question could not be asked of these pictures. Not assessed is not safe.", "unassessed"
    ),
}  # fmt: skip

FRAME_VERDICTS = {
    Verdict.INSIDE: "Inside the recess",
    Verdict.OUTSIDE: "Outside the recess",
    Verdict.INDETERMINATE: "Undecided",
    Verdict.NOT_ASSESSED: "Not assessed",
}

TISSUES = {
    "subcutaneous": "subcutaneous tissue",
    "quadriceps": "quadriceps tendon or muscle",
    "suprapatellar_fat": "suprapatellar fat pad",
    "recess": "recess",
    "prefemoral_fat": "prefemoral fat pad",
    "bone": "bone surface",
    "shadow": "acoustic shadow",
}
"""The page's words for what a tip lies in."""

EVENTS = {
    EventKind.NEEDLE_ENTERED: "Needle comes into view",
    EventKind.NEEDLE_LEFT: "Needle leaves the view",
    EventKind.PASS: "Withdrawn and advanced again (another pass)",
    EventKind.REDIRECTION: "Needle redirected by more than 5°",
    EventKind.SCALE_CHANGED: "Scale of the picture changes",
}
"""Events that people are shown, here and on the page: those that hold up with the present network.

Precision and recall of 0.9 at least, by the table of events under "Tracking" in benchmarks/README.md (network and
tracking together). Two have no row there: that a needle leaves is the other edge of the switch that says it entered,
and that the scale changes is told by the source.
"""

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

EVENTS_NOTE = (
    "Told are events that the network finds reliably: needle in and out of view, passes, redirections, changes of "
    "scale. Crossings of the wall, bone, the beginning of an injection and unseen advances are not among them."
)

_SHOWN_CODE, _HASH_DIGITS = 10, 64

CALIBRATIONS = {
    "dicom-region": "ultrasound region of the DICOM file",
    "dicom-pixel-spacing": "pixel spacing of the DICOM file",
    "caller": "whoever sent the pictures",
    "ruler": "ruler on the screen",
}


def doubt(kind: EventKind) -> str:
    """What follows the name of a number or a picture that rests on a kind of event."""
    return "" if kind in EVENTS else " (uncertain)"


def picture_number(index: Position) -> Position:
    """Number of a picture for people, who count from 1, of its 0-based position in the source; or of many."""
    return index + 1


def spoken(code: str | None) -> str | None:
    """A code as words: ``prefemoral_fat`` is "prefemoral fat"."""
    return None if code is None else code.replace("_", " ")


def short(code: str) -> str:
    """Enough of a keyed hash to tell it from others; a code of a site's own list whole."""
    return code[:_SHOWN_CODE] if len(code) == _HASH_DIGITS else code
