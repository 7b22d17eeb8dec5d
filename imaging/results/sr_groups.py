"""Measurement groups of the structured report: the recess and the needle of one frame, and the procedure as a whole.

Built on highdicom's TID 1410 and TID 1501 (PS3.16). A value that is not known is left out.
"""

from collections.abc import Sequence

import highdicom.sr as hd
import numpy as np
from pydicom.sr.coding import Code

from imaging.geometry import Points
from imaging.reasons import Reason
from imaging.results import codes
from imaging.results.author import MANUFACTURER, Author
from imaging.results.judged import JudgedFrame
from imaging.results.source import SourceImage
from imaging.results.uids import tracking_uid

Region = hd.PlanarROIMeasurementsAndQualitativeEvaluations
Whole = hd.MeasurementsAndQualitativeEvaluations
Group = Region | Whole

_CORNER = 0.5
"""DICOM counts graphic positions from the corner of the top left pixel (PS3.3 C.18.6.1.2), frames from its centre."""


def frame_groups(source: SourceImage, frame: JudgedFrame, author: Author) -> list[Group]:
    """What is said about one frame: recess and needle where they were found, and always the verdict."""
    groups: list[Group] = [_verdict(source, frame, author)]
    if frame.recess.polygons:
        groups.append(_recess(source, frame, author))
    if frame.needle.tip is not None:
        groups.append(_needle(source, frame, author))
    return groups


def _verdict(source: SourceImage, frame: JudgedFrame, author: Author) -> Whole:
    """Placement in the frame: probability, distance, tissue, path and reasons."""
    placement = frame.placement
    tissue = placement.tissue_at_tip
    said = [
        (codes.VERDICT, codes.VERDICTS[placement.verdict]),
        (codes.TISSUE_AT_TIP, None if tissue is None else codes.TISSUES[tissue]),
        *_because(placement.reasons),
    ]
    return Whole(
        tracking_identifier=_tracking(source, "Placement of the needle tip"),
        finding_type=codes.PLACEMENT,
        algorithm_id=algorithm(author),
        finding_sites=_site(source),
        measurements=_measured(
            (codes.PROBABILITY, placement.p_inside, codes.NO_UNITS),
            (codes.SIGNED_DISTANCE, placement.signed_distance_mm, codes.MILLIMETRE),
            (codes.PATH_TO_RECESS, placement.path.meets_recess_mm, codes.MILLIMETRE),
            (codes.PATH_TO_BONE, placement.path.meets_bone_mm, codes.MILLIMETRE),
        ),
        qualitative_evaluations=_evaluated(said),
        source_images=[source_images(source, [frame.index])],
    )


def _recess(source: SourceImage, frame: JudgedFrame, author: Author) -> Region:
    recess = frame.recess
    outline = np.vstack([recess.polygons[0], recess.polygons[0][:1]])
    return Region(
        tracking_identifier=_tracking(source, "Suprapatellar recess"),
        referenced_region=_region(source, frame, hd.GraphicTypeValues.POLYLINE, outline),
        finding_type=codes.RECESS,
        algorithm_id=algorithm(author),
        measurements=_measured(
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
        tracking_identifier=_tracking(source, "Needle tip"),
        referenced_region=_region(source, frame, hd.GraphicTypeValues.POINT, tip),
        finding_type=codes.NEEDLE,
        algorithm_id=algorithm(author),
        measurements=_measured(
            (codes.ANGLE, needle.angle_deg, codes.DEGREE),
            (codes.VISIBLE_LENGTH, needle.visible_length_mm, codes.MILLIMETRE),
            (codes.TIP_SIGMA, needle.tip_sigma_mm, codes.MILLIMETRE),
        ),
        qualitative_evaluations=_evaluated(
            [(codes.TIP_VISIBILITY, codes.TIP_SEEN if needle.tip_visible else codes.TIP_NOT_SEEN)]
        ),
    )


def algorithm(author: Author) -> hd.AlgorithmIdentification:
    """Network and rules (TID 4019)."""
    return hd.AlgorithmIdentification(
        name=author.model.name,
        version=author.model.version,
        parameters=author.parameters(),
        family=codes.ARTIFICIAL_INTELLIGENCE,
        manufacturer=MANUFACTURER,
    )


def source_images(source: SourceImage, frame_indices: Sequence[int]) -> hd.SourceImageForMeasurementGroup:
    """Frames that a group is about; none for the whole image."""
    return hd.SourceImageForMeasurementGroup(*_reference(source, frame_indices))


def _reference(source: SourceImage, frame_indices: Sequence[int]) -> tuple[str, str, list[int] | None]:
    numbers = [index + 1 for index in frame_indices] if source.is_multiframe else []
    return source.sop_class_uid, source.sop_instance_uid, numbers or None


def _tracking(source: SourceImage, label: str) -> hd.TrackingIdentifier:
    return hd.TrackingIdentifier(uid=tracking_uid(source.sop_instance_uid, label), identifier=label)


def _region(source: SourceImage, frame: JudgedFrame, shape: hd.GraphicTypeValues, points: Points) -> hd.ImageRegion:
    placed = np.clip(points + _CORNER, 0.0, [frame.width, frame.height])
    image = hd.SourceImageForRegion(*_reference(source, [frame.index]))
    return hd.ImageRegion(shape, placed, image)


def _site(source: SourceImage) -> list[hd.FindingSite]:
    side = {"R": codes.RIGHT, "L": codes.LEFT}.get(source.laterality or "")
    return [hd.FindingSite(codes.RECESS, laterality=side)]


def _because(reasons: Sequence[Reason]) -> list[tuple[Code, Code | None]]:
    return [(codes.REASON, codes.REASONS[reason]) for reason in reasons]


def _measured(*values: tuple[Code, float | None, Code]) -> list[hd.Measurement] | None:
    known = [hd.Measurement(name, round(value, 4), unit) for name, value, unit in values if value is not None]
    return known or None


def _evaluated(values: Sequence[tuple[Code, Code | None]]) -> list[hd.QualitativeEvaluation] | None:
    return [hd.QualitativeEvaluation(name, value) for name, value in values if value is not None] or None
