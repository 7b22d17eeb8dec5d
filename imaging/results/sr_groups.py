"""Measurement groups of the structured report: recess, needle and verdict of one frame.

Built on highdicom's TID 1410 and TID 1501 (PS3.16). A value that is not known is left out.
"""

import highdicom.sr as hd
import numpy as np

from imaging.results import codes
from imaging.results.author import Author
from imaging.results.judged import JudgedFrame
from imaging.results.source import SourceImage
from imaging.results.sr_phrases import (
    Group,
    Region,
    Whole,
    algorithm,
    angle,
    because,
    evaluated,
    measured,
    region,
    site,
    source_images,
    tracking,
)


def frame_groups(source: SourceImage, frame: JudgedFrame, author: Author) -> list[Group]:
    """What is said about one frame: recess and needle where they were found, and always the verdict."""
    groups: list[Group] = [_verdict(source, frame, author)]
    if frame.recess.polygons:
        groups.append(_recess(source, frame, author))
    if frame.needle.tip is not None:
        groups.append(_needle(source, frame, author))
    return groups


def _verdict(source: SourceImage, frame: JudgedFrame, author: Author) -> Whole:
    """Placement in the frame: probability, distance, tissue, path, the shaft and its angle, and reasons."""
    placement = frame.placement
    tissue = placement.tissue_at_tip
    said = [
        (codes.VERDICT, codes.VERDICTS[placement.verdict]),
        (codes.TISSUE_AT_TIP, None if tissue is None else codes.TISSUES[tissue]),
        *because(placement.reasons),
    ]
    return Whole(
        tracking_identifier=tracking(source, "Placement of the needle tip"),
        finding_type=codes.PLACEMENT,
        algorithm_id=algorithm(author),
        finding_sites=site(source),
        measurements=measured(
            (codes.PROBABILITY, placement.p_inside, codes.NO_UNITS),
            (codes.SIGNED_DISTANCE, placement.signed_distance_mm, codes.MILLIMETRE),
            (codes.PATH_TO_RECESS, placement.path.meets_recess_mm, codes.MILLIMETRE),
            (codes.PATH_TO_BONE, placement.path.meets_bone_mm, codes.MILLIMETRE),
        )
        + angle(source, frame),
        qualitative_evaluations=evaluated(said),
        source_images=[source_images(source, [frame.index])],
    )


def _recess(source: SourceImage, frame: JudgedFrame, author: Author) -> Region:
    recess = frame.recess
    outline = np.vstack([recess.polygons[0], recess.polygons[0][:1]])
    return Region(
        tracking_identifier=tracking(source, "Suprapatellar recess"),
        referenced_region=region(source, frame, hd.GraphicTypeValues.POLYLINE, outline),
        finding_type=codes.RECESS,
        algorithm_id=algorithm(author),
        measurements=measured(
            (codes.THICKNESS, recess.thickness_mm, codes.MILLIMETRE),
            (codes.LENGTH, recess.length_mm, codes.MILLIMETRE),
            (codes.AREA, recess.area_mm2, codes.SQUARE_MILLIMETRE),
            (codes.DEPTH, recess.roof_depth_mm, codes.MILLIMETRE),
        ),
    )


def _needle(source: SourceImage, frame: JudgedFrame, author: Author) -> Region:
    """The tip as a point, its likeliest place even where it is not seen; whether it is seen stands beside it."""
    needle = frame.needle
    tip = needle.tip.array() if needle.tip is not None else np.zeros((0, 2))
    return Region(
        tracking_identifier=tracking(source, "Needle tip"),
        referenced_region=region(source, frame, hd.GraphicTypeValues.POINT, tip),
        finding_type=codes.NEEDLE,
        algorithm_id=algorithm(author),
        measurements=measured(
            (codes.VISIBLE_LENGTH, needle.visible_length_mm, codes.MILLIMETRE),
            (codes.TIP_SIGMA, needle.tip_sigma_mm, codes.MILLIMETRE),
        ),
        qualitative_evaluations=evaluated(
            [(codes.TIP_VISIBILITY, codes.TIP_SEEN if needle.tip_visible else codes.TIP_NOT_SEEN)]
        ),
    )
