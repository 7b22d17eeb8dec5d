"""Why an answer is withheld, weakened or qualified: codes, each with one sentence for people."""

from enum import StrEnum


class Reason(StrEnum):
    """Codes that stand beside a verdict; the codes are part of the contract, the sentences are for reading."""

    NOT_CALIBRATED = "NOT_CALIBRATED"
    NO_RECESS = "NO_RECESS"
    NO_NEEDLE = "NO_NEEDLE"
    TIP_NOT_VISIBLE = "TIP_NOT_VISIBLE"
    RECESS_TOO_THIN = "RECESS_TOO_THIN"
    LOW_CONFIDENCE = "LOW_CONFIDENCE"
    WRONG_VIEW = "WRONG_VIEW"
    POOR_IMAGE = "POOR_IMAGE"
    STEEP_NEEDLE = "STEEP_NEEDLE"
    BONE_AHEAD = "BONE_AHEAD"
    THROUGH_RECESS = "THROUGH_RECESS"
    SCALE_CHANGED = "SCALE_CHANGED"
    STALE_FRAME = "STALE_FRAME"

    @property
    def sentence(self) -> str:
        """What the code means, in one sentence."""
        return _SENTENCES[self]


_SENTENCES = {
    Reason.NOT_CALIBRATED: "The picture does not say how large a pixel is, so nothing is judged in millimetres.",
    Reason.NO_RECESS: "No suprapatellar recess was found in this picture.",
    Reason.NO_NEEDLE: "No needle was found in this picture.",
    Reason.TIP_NOT_VISIBLE: "The shaft is seen but its tip is not, so where the tip lies is not known.",
    Reason.RECESS_TOO_THIN: "The recess is too thin here to tell inside from outside by position alone.",
    Reason.LOW_CONFIDENCE: "The picture does not settle on which side of the wall of the recess the tip lies.",
    Reason.WRONG_VIEW: "This does not look like a view of the suprapatellar recess.",
    Reason.POOR_IMAGE: "The picture is too poor to be judged.",
    Reason.STEEP_NEEDLE: "The needle is steeper than 30 degrees to the probe face, where its shaft is hard to see.",
    Reason.BONE_AHEAD: "The needle's path meets bone before it meets the recess.",
    Reason.THROUGH_RECESS: "The shaft passes through the recess and the tip lies beyond it.",
    Reason.SCALE_CHANGED: "The scale of the picture changed; distances before and after are not comparable.",
    Reason.STALE_FRAME: "The answer is older than allowed and must not be drawn over the live picture.",
}
