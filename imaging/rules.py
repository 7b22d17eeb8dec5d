"""Every threshold an answer depends on, as one frozen value that is hashed into the answer."""

from dataclasses import dataclass

from imaging.rules_hash import rules_sha256


@dataclass(frozen=True, slots=True)
class ScoringRules:
    """Thresholds of measurement and placement. Change one and every answer carries another hash."""

    version: str = "1"
    """Name of this set of rules, for people; the hash is what counts."""
    inside_from: float = 0.90
    """Probability from which a tip is called inside."""
    outside_to: float = 0.10
    """Probability up to which a tip is called outside."""
    thinnest_recess_mm: float = 2.0
    """Below this greatest thickness a total error of 0.6 mm leaves more than one tip in ten undecided."""
    recess_level: float = 0.5
    """Recess probability on which the outline runs."""
    smallest_recess_mm2: float = 8.0
    """A smaller outline is not a recess: about 4 mm of a 2 mm slit."""
    smallest_part: float = 0.15
    """Further outlines count from this share of the largest one's area."""
    needle_level: float = 0.5
    """Needle probability from which a pixel counts as shaft."""
    needle_from: float = 0.5
    """Score of the whole frame from which a needle is taken to be there."""
    shortest_needle_mm: float = 4.0
    """A shorter bright line is not called a needle."""
    shaft_tolerance_mm: float = 0.8
    """Distance from the axis at which a pixel counts half; a needle of 18 gauge is 1.27 mm wide."""
    tip_visible_from: float = 0.5
    """Score from which the tip is taken to be seen."""
    tip_sigma_most_mm: float = 2.0
    """A tip position less certain than this is not seen."""
    tip_window_mm: float = 2.0
    """Half width of the window around the likeliest position in which the tip's position is averaged."""
    view_from: float = 0.5
    """Score from which the frame is taken to be a suprapatellar view."""
    quality_from: float = 0.25
    """Image quality below which nothing is judged."""
    speckle_from: float = 0.25
    """Speckle score below which a picture is not the echo of tissue: real frames have 0.5 and more, air and photographs
    mostly less than 0.2."""
    steep_from_deg: float = 30.0
    """Angle to the probe face from which shafts fade (Schafhalter-Zoppoth 2004)."""
    bone_ahead_within_mm: float = 30.0
    """How far ahead of the tip bone is looked for."""
    outline_tolerance_px: float = 0.35
    """Largest error of a simplified outline, in pixels of the network's grid."""

    @property
    def sha256(self) -> str:
        """Hash of all names and values."""
        return rules_sha256(self)
