"""Measurement groups of the structured report: verdict, recess and needle of the key frames.

Built on highdicom's TID 1410 and TID 1501 (PS3.16). A value that is not known is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import highdicom.sr as hd
import numpy as np
from pydicom.sr.coding import Code

from imaging.geometry import Points
from imaging.results import codes
from imaging.results.author import Author
from imaging.results.judged import JudgedFrame
from imaging.results.source import SourceImage
from imaging.results.sr_phrases import (
    Group,
    Quantity,
    Region,
    Whole,
    algorithm,
    angle,
    because,
    evaluated,
    measured,
    measured_on,
    measured_on_frame,
    region,
    site,
    source_images,
    tracking,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Finding:
    """Something found in a frame: what it is, where it lies, and what was measured of it."""

    frame: JudgedFrame
    label: str
    code: Code
    shape: hd.GraphicTypeValues
    points: Points
    quantities: tuple[Quantity, ...]
    said: tuple[tuple[Code, Code], ...] = ()


def frame_groups(source: SourceImage, frames: Sequence[JudgedFrame], author: Author) -> list[Group]:
    """What is said about the key frames: always the verdict, recess and needle where they were found.

    A thing that was found has a group of the kind that states its place (TID 1410), unless it is the only one in the
    report: PixelMed's validator, which IHE's AI Results ask for, then takes every group for one of that kind. The place
    of a lone one stands behind its measurements instead (TID 1501).
    """
    found = [finding for frame in frames for finding in (*_recess(frame), *_needle(frame))]
    in_place = _planar if len(found) > 1 else _lone
    return [
        *(_verdict(source, frame, author) for frame in frames),
        *(in_place(source, finding, author) for finding in found),
    ]


def _planar(source: SourceImage, finding: Finding, author: Author) -> Region:
    return Region(
        tracking_identifier=tracking(source, finding.label),
        referenced_region=region(source, finding.frame, finding.shape, finding.points),
        finding_type=finding.code,
        algorithm_id=algorithm(author),
        measurements=measured(*finding.quantities),
        qualitative_evaluations=evaluated(finding.said),
    )


def _lone(source: SourceImage, finding: Finding, author: Author) -> Whole:
    return Whole(
        tracking_identifier=tracking(source, finding.label),
        finding_type=finding.code,
        algorithm_id=algorithm(author),
        measurements=measured_on(source, finding.frame, finding.shape, finding.points, finding.quantities),
        qualitative_evaluations=evaluated(finding.said),
        source_images=[source_images(source, [finding.frame.index])],
    )


def _verdict(source: SourceImage, frame: JudgedFrame, author: Author) -> Whole:
    """Placement in the frame: probability, distance, tissue, path, the shaft and its angle, and reasons."""
    placement = frame.placement
    tissue = placement.tissue_at_tip
    said = [
        (codes.VERDICT, codes.VERDICTS[placement.verdict]),
        (codes.TISSUE_AT_TIP, None if tissue is None else codes.TISSUES[tissue]),
        *because(placement.reasons),
    ]
    view: Quantity = (codes.VIEW_SCORE, frame.view.suprapatellar, codes.NO_UNITS)
    on_shaft = angle(source, frame)
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
            (codes.QUALITY, frame.view.quality, codes.NO_UNITS),
        )
        + (measured(view) + on_shaft if on_shaft else measured_on_frame(source, frame, view)),
        qualitative_evaluations=evaluated(said),
        source_images=[source_images(source, [frame.index])],
    )


def _recess(frame: JudgedFrame) -> list[Finding]:
    recess = frame.recess
    if not recess.polygons:
        return []
    outline = np.vstack([recess.polygons[0], recess.polygons[0][:1]])
    quantities: tuple[Quantity, ...] = (
        (codes.THICKNESS, recess.thickness_mm, codes.MILLIMETRE),
        (codes.LENGTH, recess.length_mm, codes.MILLIMETRE),
        (codes.AREA, recess.area_mm2, codes.SQUARE_MILLIMETRE),
        (codes.DEPTH, recess.roof_depth_mm, codes.MILLIMETRE),
        (codes.CONFIDENCE, recess.confidence, codes.NO_UNITS),
    )
    return [Finding(frame, "Suprapatellar recess", codes.RECESS, hd.GraphicTypeValues.POLYLINE, outline, quantities)]


def _needle(frame: JudgedFrame) -> list[Finding]:
    """The tip as a point, its likeliest place even where it is not seen; whether it is seen stands beside it."""
    needle = frame.needle
    if needle.tip is None:
        return []
    quantities: tuple[Quantity, ...] = (
        (codes.VISIBLE_LENGTH, needle.visible_length_mm, codes.MILLIMETRE),
        (codes.TIP_SIGMA, needle.tip_sigma_mm, codes.MILLIMETRE),
        (codes.CONFIDENCE, needle.confidence, codes.NO_UNITS),
    )
    said = ((codes.TIP_VISIBILITY, codes.TIP_SEEN if needle.tip_visible else codes.TIP_NOT_SEEN),)
    tip = needle.tip.array()
    return [Finding(frame, "Needle tip", codes.NEEDLE, hd.GraphicTypeValues.POINT, tip, quantities, said)]
