"""Codes of what people record: closed lists, and patterns that leave no room for a name."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from service.wire.dates import require_date


class Laterality(StrEnum):
    """Side of the body."""

    LEFT = "left"
    RIGHT = "right"


class Indication(StrEnum):
    """Why the joint was injected."""

    OSTEOARTHRITIS = "osteoarthritis"
    INFLAMMATORY_ARTHRITIS = "inflammatory_arthritis"
    CRYSTAL_ARTHRITIS = "crystal_arthritis"
    CARTILAGE_DEFECT = "cartilage_defect"
    MENISCAL_LESION = "meniscal_lesion"
    EFFUSION = "effusion"
    POST_OPERATIVE = "post_operative"
    OTHER = "other"


class Approach(StrEnum):
    """Where the needle entered."""

    SUPEROLATERAL = "superolateral"
    SUPEROMEDIAL = "superomedial"
    MIDLATERAL = "midlateral"
    MIDMEDIAL = "midmedial"
    ANTEROLATERAL = "anterolateral"
    ANTEROMEDIAL = "anteromedial"
    OTHER = "other"


class ImagingView(StrEnum):
    """How probe and needle lay."""

    TRANSVERSE_IN_PLANE = "transverse_in_plane"
    TRANSVERSE_OUT_OF_PLANE = "transverse_out_of_plane"
    LONGITUDINAL_IN_PLANE = "longitudinal_in_plane"
    LONGITUDINAL_OUT_OF_PLANE = "longitudinal_out_of_plane"
    OBLIQUE_IN_PLANE = "oblique_in_plane"
    OTHER = "other"


class InjectateKind(StrEnum):
    """What was injected."""

    BONE_MARROW_CONCENTRATE = "bone_marrow_concentrate"
    PLATELET_RICH_PLASMA = "platelet_rich_plasma"
    CORTICOSTEROID = "corticosteroid"
    HYALURONIC_ACID = "hyaluronic_acid"
    SALINE = "saline"
    OTHER = "other"


class AdverseEventKind(StrEnum):
    """What went wrong."""

    INFECTION = "infection"
    INFLAMMATION = "inflammation"
    BLEEDING = "bleeding"
    VASOVAGAL = "vasovagal"
    GRAFT_REACTION = "graft_reaction"
    OTHER = "other"


class Severity(StrEnum):
    """How bad it was, in the grades 1 to 5 of the Common Terminology Criteria for Adverse Events."""

    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"
    LIFE_THREATENING = "life_threatening"
    FATAL = "fatal"


class Judgement(StrEnum):
    """What a reviewer says of an answer."""

    AGREE = "agree"
    DISAGREE = "disagree"
    CANNOT_TELL = "cannot_tell"


class ReaderRole(StrEnum):
    """In what role somebody reads."""

    OPERATOR = "operator"
    PHYSICIAN = "physician"
    RADIOLOGIST = "radiologist"
    SONOGRAPHER = "sonographer"
    QUALITY_LEAD = "quality_lead"
    RESEARCHER = "researcher"
    OTHER = "other"


class ReviewReason(StrEnum):
    """Why a reviewer does not agree."""

    TIP_MISPLACED = "tip_misplaced"
    NEEDLE_MISSED = "needle_missed"
    FALSE_NEEDLE = "false_needle"
    RECESS_MISSED = "recess_missed"
    FALSE_RECESS = "false_recess"
    OUTLINE_WRONG = "outline_wrong"
    VERDICT_WRONG = "verdict_wrong"
    POOR_IMAGE = "poor_image"
    WRONG_VIEW = "wrong_view"
    OUT_OF_PLANE = "out_of_plane"
    OTHER = "other"


class Flag(StrEnum):
    """What does not fit together in a procedure's record."""

    LATERALITY_CONFLICT = "LATERALITY_CONFLICT"

    @property
    def sentence(self) -> str:
        """What the code means, in one sentence."""
        return _SENTENCES[self]


_SENTENCES = {
    Flag.LATERALITY_CONFLICT: "The side in the record is not the side that the picture, its file or the session says.",
}

Code = Annotated[str, Field(pattern=r"^[A-Z_-]*[0-9][A-Z0-9_-]*$", max_length=32, examples=["OP-7"])]
"""Code of a site's own list: capitals, digits, - and _, one digit at least, so that a name is none."""
PartialDate = Annotated[
    str,
    Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$", examples=["2026", "2026-11", "2026-11-22"]),
    AfterValidator(require_date),
]
"""Day, month or year, as exactly as the site allows."""
