"""Measurement group of the structured report about a procedure as a whole (TID 1501)."""

from pydicom.sr.coding import Code

from imaging.procedure import InjectateEvidence, ProcedureAssessment
from imaging.results import codes
from imaging.results.author import Author
from imaging.results.judged import JudgedFrame
from imaging.results.source import SourceImage
from imaging.results.sr_phrases import (
    Quantity,
    Whole,
    algorithm,
    because,
    evaluated,
    measured,
    measured_on_frame,
    site,
    source_images,
    tracking,
)


def procedure_group(source: SourceImage, assessed: ProcedureAssessment, key: JudgedFrame, author: Author) -> Whole:
    """Verdict on the procedure and the numbers it rests on, about all of the image.

    The first number stands on the picture of a key frame, so that a viewer opens the report there.
    """
    quantities = (*_stand(assessed), *_handling(assessed), *_change(assessed))
    first, *more = (quantity for quantity in quantities if quantity[1] is not None)
    tissue = assessed.tissue
    said = [
        (codes.PROCEDURE_VERDICT, codes.PROCEDURE_VERDICTS[assessed.verdict]),
        (codes.TISSUE_AT_TIP, None if tissue is None else codes.TISSUES[tissue]),
        *because(assessed.reasons),
        *_signs(assessed.injectate),
    ]
    return Whole(
        tracking_identifier=tracking(source, "Procedure"),
        finding_type=codes.PLACEMENT,
        algorithm_id=algorithm(author, f"procedure rules sha256={assessed.rules_sha256}"),
        finding_sites=site(source),
        measurements=measured_on_frame(source, key, first) + measured(*more),
        qualitative_evaluations=evaluated(said),
        source_images=[source_images(source, [])],
    )


def _signs(injectate: InjectateEvidence) -> list[tuple[Code, Code | None]]:
    if injectate.started is None:
        return []
    seen = [sign for name, sign in codes.INJECTATE_SIGNS.items() if getattr(injectate, name)]
    return [(codes.INJECTATE, sign) for sign in seen]


def _stand(assessed: ProcedureAssessment) -> list[Quantity]:
    stand = assessed.stand
    if stand is None:
        return []
    return [
        (codes.PROBABILITY, stand.p_inside, codes.NO_UNITS),
        (codes.SIGNED_DISTANCE, stand.signed_distance_mm, codes.MILLIMETRE),
        (codes.CENTRE_DISTANCE, stand.centre_distance_mm, codes.MILLIMETRE),
        (codes.ANGLE, stand.angle_deg, codes.DEGREE),
    ]


def _handling(assessed: ProcedureAssessment) -> list[Quantity]:
    """How many frames show what, and how the needle was led; not the latter where no stand of it could be judged."""
    handling = assessed.handling
    seen: list[Quantity] = [
        (codes.FRAMES, float(len(assessed.timeline)), codes.NO_UNITS),
        (codes.NEEDLE_FRAMES, float(handling.needle_frames), codes.NO_UNITS),
        (codes.TIP_VISIBLE_SHARE, handling.tip_visible_share, codes.NO_UNITS),
    ]
    if assessed.stand is None:
        return seen
    return [
        *seen,
        (codes.ADVANCED_UNSEEN, handling.advanced_unseen_mm, codes.MILLIMETRE),
        (codes.ADVANCED_UNSEEN_TIME, handling.advanced_unseen_s, codes.SECOND),
        (codes.PASSES, handling.passes, codes.NO_UNITS),
        (codes.REDIRECTIONS, handling.redirections, codes.NO_UNITS),
        (codes.TIME_TO_TARGET, handling.seconds_to_target, codes.SECOND),
    ]


def _change(assessed: ProcedureAssessment) -> list[Quantity]:
    """Size of the recess before and after; nothing where no injection is seen."""
    if assessed.injectate.started is None:
        return []
    recess = assessed.recess
    return [
        (codes.THICKNESS_BEFORE, recess.thickness_before_mm, codes.MILLIMETRE),
        (codes.THICKNESS_AFTER, recess.thickness_after_mm, codes.MILLIMETRE),
        (codes.AREA_BEFORE, recess.area_before_mm2, codes.SQUARE_MILLIMETRE),
        (codes.AREA_AFTER, recess.area_after_mm2, codes.SQUARE_MILLIMETRE),
    ]
