"""From a needle in pixels to a tip in millimetres, put back onto its shaft where that is well seen."""

import math

from imaging.geometry import PixelSpacing, SegmentPx
from imaging.measurement import Needle
from imaging.tracking.rules import TrackingRules
from imaging.tracking.tip_filter import Measured, Vector, across, along, minus


def measured_tip(
    needle: Needle, spacing: PixelSpacing | None, rules: TrackingRules, axis_before: Vector | None = None
) -> Measured | None:
    """The tip that a frame shows; None where it shows none or has no scale.

    Parameters
    ----------
    axis_before
        Direction of the shaft in the frame before, taken where too little of the shaft is seen to have one.
    """
    if spacing is None or needle.tip is None or needle.shaft is None or not needle.tip_visible:
        return None
    start, tip = ends_mm(needle.shaft, spacing)
    spread = needle.tip_sigma_mm or 0.0
    sigma = max(math.sqrt(max(spread**2 - rules.sigma_of_network_mm**2, 0.0)), rules.sigma_least_mm)
    axis = _inward(shaft_axis(needle, spacing), axis_before, rules)
    if (needle.visible_length_mm or 0.0) < rules.shaft_well_seen_mm:
        return Measured(tip, axis_before or axis, sigma, sigma)
    length, aside = along(minus(tip, start), axis), across(minus(tip, start), axis)
    if abs(aside) > rules.off_axis_most_mm:
        return Measured(tip, axis, sigma, sigma * rules.across_share)
    on_axis = (start[0] + length * axis[0], start[1] + length * axis[1])
    return Measured(on_axis, axis, sigma, sigma * rules.across_share)


def _inward(axis: Vector, axis_before: Vector | None, rules: TrackingRules) -> Vector:
    """Axis from the skin inwards: a shaft that rises towards its tip had its ends mistaken for each other.

    A nearly level one keeps the sense it had; needles do not turn about.
    """
    backwards = axis[1] < -rules.level_sine or (
        abs(axis[1]) <= rules.level_sine and axis_before is not None and along(axis, axis_before) < 0.0
    )
    return (-axis[0], -axis[1]) if backwards else axis


def ends_mm(shaft: SegmentPx, spacing: PixelSpacing) -> tuple[Vector, Vector]:
    """Both ends of a shaft in mm from the centre of the top-left pixel, the tip last."""
    return (
        (shaft.start.x * spacing.column_mm, shaft.start.y * spacing.row_mm),
        (shaft.end.x * spacing.column_mm, shaft.end.y * spacing.row_mm),
    )


def shaft_axis(needle: Needle, spacing: PixelSpacing) -> Vector:
    """Unit direction of the shaft towards the tip, as it was fitted; the tip itself may lie off it.

    A `Needle` holds the angle of its fitted line and the chord from the far end to the tip; of the two lines with that
    angle the one closer to the chord was the fitted one.
    """
    if needle.shaft is None:
        return (0.0, 1.0)
    start, tip = ends_mm(needle.shaft, spacing)
    chord = minus(tip, start)
    length = math.hypot(*chord)
    if length == 0.0:
        return (0.0, 1.0)
    unit = (chord[0] / length, chord[1] / length)
    if needle.angle_deg is None:
        return unit
    angle = math.radians(needle.angle_deg)
    right, down = math.cos(angle), math.sin(angle)
    lines = [(sx * right, sy * down) for sx in (1.0, -1.0) for sy in (1.0, -1.0)]
    return max(lines, key=lambda line: along(line, unit))


def direction_deg(needle: Needle, spacing: PixelSpacing | None, rules: TrackingRules) -> float | None:
    """Direction of the shaft, modulo 180; None where too little of it is seen to say."""
    if spacing is None or needle.shaft is None or (needle.visible_length_mm or 0.0) < rules.direction_shaft_mm:
        return None
    x, y = shaft_axis(needle, spacing)
    return math.degrees(math.atan2(y, x)) % 180.0
