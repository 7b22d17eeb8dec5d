"""Phrases of the structured report: what a measurement group is made of."""

from collections.abc import Sequence

import highdicom.sr as hd
import numpy as np
from pydicom.sr.coding import Code

from imaging.geometry import Points
from imaging.reasons import Reason
from imaging.results import codes
from imaging.results.author import MANUFACTURER, Author
from imaging.results.graphics import CORNER, placed
from imaging.results.judged import JudgedFrame
from imaging.results.source import SourceImage
from imaging.results.uids import tracking_uid

Region = hd.PlanarROIMeasurementsAndQualitativeEvaluations
Whole = hd.MeasurementsAndQualitativeEvaluations
Group = Region | Whole
Quantity = tuple[Code, float | None, Code]
"""What was measured, its value, and its unit."""
_DIGITS = 4
"""Decimals of a value: more than any of them is good for."""


def algorithm(author: Author, *more: str) -> hd.AlgorithmIdentification:
    """Network and rules (TID 4019)."""
    return hd.AlgorithmIdentification(
        name=author.model.name,
        version=author.model.version,
        parameters=(*author.parameters(), *more),
        family=codes.ARTIFICIAL_INTELLIGENCE,
        manufacturer=MANUFACTURER,
    )


def source_images(source: SourceImage, frame_indices: Sequence[int]) -> hd.SourceImageForMeasurementGroup:
    """Frames that a group is about; none for the whole image."""
    return hd.SourceImageForMeasurementGroup(*_reference(source, frame_indices))


def _reference(source: SourceImage, frame_indices: Sequence[int]) -> tuple[str, str, list[int] | None]:
    numbers = [index + 1 for index in frame_indices] if source.is_multiframe else []
    return source.present_class_uid, source.sop_instance_uid, numbers or None


def tracking(source: SourceImage, label: str) -> hd.TrackingIdentifier:
    """Tracking identifier of one thing, the same in every object about the image."""
    return hd.TrackingIdentifier(uid=tracking_uid(source.sop_instance_uid, label), identifier=label)


def region(source: SourceImage, frame: JudgedFrame, shape: hd.GraphicTypeValues, points: Points) -> hd.ImageRegion:
    """Outline, line or point on a frame, positions in frame pixels."""
    image = hd.SourceImageForRegion(*_reference(source, [frame.index]))
    return hd.ImageRegion(shape, placed(points, frame), image)


def site(source: SourceImage) -> list[hd.FindingSite]:
    """The recess as finding site, with its side where the image says it."""
    side = {"R": codes.RIGHT, "L": codes.LEFT}.get(source.laterality or "")
    return [hd.FindingSite(codes.RECESS, laterality=side)]


def because(reasons: Sequence[Reason]) -> list[tuple[Code, Code | None]]:
    """Reasons as evaluations."""
    return [(codes.REASON, codes.REASONS[reason]) for reason in reasons]


def measured(*values: Quantity) -> list[hd.Measurement]:
    """Measurements whose value is known."""
    return [hd.Measurement(name, round(value, _DIGITS), unit) for name, value, unit in values if value is not None]


def angle(source: SourceImage, frame: JudgedFrame) -> list[hd.Measurement]:
    """Angle between shaft and probe face, with the shaft it was measured on."""
    shaft, degrees = frame.needle.shaft, frame.needle.angle_deg
    if shaft is None or degrees is None:
        return []
    quantity: Quantity = (codes.ANGLE, degrees, codes.DEGREE)
    return measured_on(source, frame, hd.GraphicTypeValues.POLYLINE, shaft.array(), [quantity])


def measured_on(
    source: SourceImage,
    frame: JudgedFrame,
    shape: hd.GraphicTypeValues,
    points: Points,
    quantities: Sequence[Quantity],
) -> list[hd.Measurement]:
    """Measurements whose value is known, each with the outline, line or point it was measured on."""
    image = hd.SourceImageForRegion(*_reference(source, [frame.index]))
    place = hd.CoordinatesForMeasurement(shape, placed(points, frame), image)
    return [
        hd.Measurement(name, round(value, _DIGITS), unit, referenced_coordinates=[place])
        for name, value, unit in quantities
        if value is not None
    ]


def measured_on_frame(source: SourceImage, frame: JudgedFrame, quantity: Quantity) -> list[hd.Measurement]:
    """Measurement of a frame as a whole, with the outline of its picture.

    For a group that has no other place: OHIF (3.13.2) opens no report with a group whose measurements name none. Its
    loading ends in a TypeError at ``measurement.coords[0].ReferencedSOPSequence`` (extension cornerstone-dicom-sr,
    ``_checkIfCanAddMeasurementsToDisplaySet`` in getSopClassHandlerModule.ts), and its viewport stays empty.
    """
    outline = np.array([(0, 0), (frame.width, 0), (frame.width, frame.height), (0, frame.height), (0, 0)]) - CORNER
    return measured_on(source, frame, hd.GraphicTypeValues.POLYLINE, outline, [quantity])


def evaluated(values: Sequence[tuple[Code, Code | None]]) -> list[hd.QualitativeEvaluation] | None:
    """Evaluations whose value is known; None for none at all."""
    return [hd.QualitativeEvaluation(name, value) for name, value in values if value is not None] or None
