"""Every threshold that following the needle over time depends on, as one frozen value that is hashed."""

from dataclasses import dataclass

from imaging.errors import BadInput
from imaging.rules_hash import rules_sha256


@dataclass(frozen=True, slots=True)
class TrackingRules:
    """Thresholds of smoothing, bridging and events. Change one and every track carries another hash.

    Counts are in frames, because they stand against single wrong answers; durations are in milliseconds, because they
    stand for something that takes its time whatever the frame rate.

    Raises
    ------
    BadInput
        If a number is below zero.
    """

    version: str = "1"
    """Name of this set of rules, for people; the hash is what counts."""

    # Smoothing
    sigma_of_network_mm: float = 0.3
    """Width of a tip's distribution where the network is sure: what it was taught, not what it doubts."""
    sigma_least_mm: float = 0.2
    """A tip is never believed closer than this: errors of neighbouring frames go together and do not average out."""
    across_share: float = 0.8
    """Standard deviation across a well seen shaft, as a share of that along it: a fitted line averages many pixels."""
    shaft_well_seen_mm: float = 10.0
    """Visible shaft from which a tip off its axis is put back onto it; shorter ones point too vaguely."""
    level_sine: float = 0.09
    """Sine of 5 degrees: flatter shafts may rise a little towards their tips."""
    off_axis_most_mm: float = 3.0
    """A tip farther off its own shaft's axis is not put back: it is something else, and left to the gate."""
    agility_along: float = 3000.0
    """Power of the acceleration along the shaft, mm²/s³: hands start and stop within a frame or two."""
    agility_across: float = 400.0
    """The same across the shaft, where tissue holds the needle and only redirection and the probe move it."""
    speed_along_mm_s: float = 15.0
    """Standard deviation of the speed along the shaft when nothing is known yet; insertion runs at 5 to 20 mm/s."""
    speed_across_mm_s: float = 3.0
    """The same across the shaft."""
    gate: float = 13.8
    """Squared Mahalanobis distance beyond which a tip is not believed: 1 in 1000 true ones (chi², 2 degrees)."""
    hand_mm_s: float = 120.0
    """A tip that jumps along its shaft no faster than this is believed at once: needles are pulled out at 100 mm/s."""
    sharp_mm: float = 0.7
    """But only one that is this sure; of wider distributions one in four has its peak elsewhere than at the tip."""
    jump_frames: int = 3
    """So many disbelieved tips in a row that agree with each other are believed after all."""
    jump_agree_mm: float = 6.0
    """Neighbouring disbelieved tips this close agree: a needle pulled out at 100 mm/s and 16 frames/s."""
    bridge_frames: int = 5
    """Unseen frames over which the tip is predicted; then it is lost."""
    bridge_ms: float = 500.0
    """A prediction is never older than this, however few frames lie between."""
    p_inside_memory_ms: float = 150.0
    """Time constant over which the log odds of lying inside are averaged."""
    scale_tolerance: float = 0.01
    """Relative change of the pixel spacing from which the scale is another one; rounding in headers stays below."""

    # Events of the needle
    confirm_frames: int = 3
    """So many frames must agree before the needle, a crossing or a contact is believed."""
    needle_left_ms: float = 1000.0
    """Without a shaft for so long the needle has left the picture; shorter gaps are dropouts."""
    withdrawn_from_mm: float = 10.0
    """Withdrawal from which the next advance is a new pass."""
    advanced_again_mm: float = 5.0
    """Advance after a withdrawal from which it is a pass: well beyond tremor and a drifting probe."""
    redirected_from_deg: float = 5.0
    """Change of the shaft's direction from which it was redirected."""
    direction_shaft_mm: float = 6.0
    """Shorter shafts are not asked for their direction."""
    direction_frames: int = 5
    """Directions whose median is taken, and medians that must agree on a redirection; twice as many on rest."""
    direction_settled_deg: float = 2.0
    """Spread of the medians below which a direction counts as settled."""
    unseen_noise_mm: float = 1.5
    """Advance between two sightings that counts as unseen; less is noise of the two positions."""
    unseen_advance_mm: float = 5.0
    """Unseen advance that is an event of its own."""
    unseen_advance_ms: float = 1000.0
    """Time unseen from which any unseen advance is an event."""

    # Events of the recess
    crossed_from: float = 0.7
    """Averaged probability of the other side from which the tip has crossed, so that a tip on the wall does not
    flicker."""
    bone_contact_mm: float = 0.5
    """Height above bone at which the needle touches it: the error of a smoothed tip and of a drawn bone surface."""
    bone_release_mm: float = 1.5
    """Height at which it has let go."""
    bone_from_afar_mm: float = 1.5
    """Bone closer ahead of a tip than this was not seen but mistaken for, unless it was seen from farther before."""
    bone_sightings: int = 5
    """So many frames must have seen it from afar."""
    bone_memory_ms: float = 1500.0
    """How long the bone stays where the shaft's line last met it from afar; a tip on bone sees none ahead."""
    injection_from_mm: float = 1.0
    """A tip this close outside the recess, or in it, may fill it; growth has another cause otherwise."""
    injection_near_ms: float = 600.0
    """And it was there, by the median, for so long before."""
    injection_within_mm: float = 3.0
    """Farther away than this an injection has ended."""
    injection_thickness_mm: float = 1.0
    """Growth of the greatest thickness that shows injectate (5 to 6 mL add 0 to 2 mm)."""
    injection_area_share: float = 0.25
    """Growth of the area that shows injectate, as a share of the area before."""
    injection_area_mm2: float = 8.0
    """And at least so much, as small outlines vary by shares."""
    injection_bright_share: float = 0.03
    """Growth of the share of bright pixels in the recess that shows bubbles."""
    injection_level: float = 15.0
    """Change of the mean grey level in the recess, of 255, that shows fluid or bubbles."""
    injection_level_share: float = 0.35
    """And at least such a share of the level before, so that gain does not matter."""
    injection_noise: float = 4.0
    """And every growth must be at least so many standard deviations of what it grew from."""
    injection_baseline_ms: float = 800.0
    """Time over which what the recess looked like before is learned."""
    injection_echo_baseline_ms: float = 300.0
    """The same for its grey levels, which are learned once the tip rests; operators inject soon after."""
    injection_history_ms: float = 6000.0
    """How far back the start of a slow injection is looked for."""
    injection_median_frames: int = 7
    """Frames whose median is compared, and that must agree."""

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if not isinstance(value, str) and not value >= 0:
                msg = f"tracking rule {name} is {value}: expected 0 or more"
                raise BadInput(msg)

    @property
    def sha256(self) -> str:
        """Hash of all names and values."""
        return rules_sha256(self)
