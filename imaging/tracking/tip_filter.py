"""A constant-velocity Kalman filter that follows the tip along its shaft, disbelieves jumps and bridges gaps.

Positions are millimetres from the centre of the top-left pixel, x right, y down. Along the shaft the needle is agile,
across it tissue holds it, so each direction has its own noise; the two are filtered apart, in axes that turn with
the shaft.

References
----------
Kalman R.E. A new approach to linear filtering and prediction problems. J Basic Eng 1960;82:35.
Bar-Shalom Y., Li X.R., Kirubarajan T. Estimation with applications to tracking and navigation. 2001, 6.2 (white noise
acceleration) and 3.7 (gating).
"""

import math
from dataclasses import dataclass, replace
from itertools import pairwise

from imaging.tracking.rules import TrackingRules

Vector = tuple[float, float]
"""x and y, in mm or mm/s."""


def along(vector: Vector, axis: Vector) -> float:
    """Part of a vector along a unit axis."""
    return vector[0] * axis[0] + vector[1] * axis[1]


def across(vector: Vector, axis: Vector) -> float:
    """Part of a vector across a unit axis; above zero to the right of it in the picture, seen along it."""
    return vector[1] * axis[0] - vector[0] * axis[1]


def minus(a: Vector, b: Vector) -> Vector:
    """From b to a."""
    return (a[0] - b[0], a[1] - b[1])


@dataclass(frozen=True, slots=True)
class Spread:
    """Covariance of position (mm) and velocity (mm/s) in one direction."""

    position: float
    mixed: float
    velocity: float

    def later(self, dt_s: float, agility: float) -> "Spread":
        """After a while of random acceleration."""
        return Spread(
            self.position + dt_s * (2.0 * self.mixed + dt_s * self.velocity) + agility * dt_s**3 / 3.0,
            self.mixed + dt_s * self.velocity + agility * dt_s**2 / 2.0,
            self.velocity + agility * dt_s,
        )

    def gains(self, variance: float) -> Vector:
        """Shares of an innovation that go into position and into velocity."""
        total = self.position + variance
        return self.position / total, self.mixed / total

    def informed(self, variance: float) -> "Spread":
        """After a position was measured with this variance."""
        position, velocity = self.gains(variance)
        return Spread(
            (1.0 - position) * self.position, (1.0 - position) * self.mixed, self.velocity - velocity * self.mixed
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """A tip as one frame shows it: where, along which unit axis (entry to tip), and how surely."""

    at: Vector
    axis: Vector
    sigma_along: float
    sigma_across: float


@dataclass(frozen=True, slots=True)
class Motion:
    """Where the tip is and how it moves."""

    at: Vector
    velocity: Vector
    axis: Vector
    along: Spread
    across: Spread

    def later(self, dt_s: float, rules: TrackingRules) -> "Motion":
        """Predicted motion."""
        return replace(
            self,
            at=(self.at[0] + dt_s * self.velocity[0], self.at[1] + dt_s * self.velocity[1]),
            along=self.along.later(dt_s, rules.agility_along),
            across=self.across.later(dt_s, rules.agility_across),
        )

    def slid(self, seen: Measured, rules: TrackingRules) -> "Motion":
        """At a tip that was pushed or pulled along the shaft, at a speed that nothing is known of."""
        along_shaft = Spread(seen.sigma_along**2, 0.0, (rules.hand_mm_s / 2.0) ** 2)
        return replace(self, at=seen.at, velocity=(0.0, 0.0), along=along_shaft)

    def surprise(self, seen: Measured) -> float:
        """Squared Mahalanobis distance of a measured tip."""
        off = minus(seen.at, self.at)
        return along(off, seen.axis) ** 2 / (self.along.position + seen.sigma_along**2) + across(
            off, seen.axis
        ) ** 2 / (self.across.position + seen.sigma_across**2)

    def informed(self, seen: Measured) -> "Motion":
        """Corrected by a measured tip."""
        off, (ux, uy) = minus(seen.at, self.at), seen.axis
        along_x, along_v = self.along.gains(seen.sigma_along**2)
        across_x, across_v = self.across.gains(seen.sigma_across**2)
        far, aside = along(off, seen.axis), across(off, seen.axis)

        def moved(start: Vector, forward: float, sideways: float) -> Vector:
            return (start[0] + forward * ux - sideways * uy, start[1] + forward * uy + sideways * ux)

        return Motion(
            at=moved(self.at, along_x * far, across_x * aside),
            velocity=moved(self.velocity, along_v * far, across_v * aside),
            axis=seen.axis,
            along=self.along.informed(seen.sigma_along**2),
            across=self.across.informed(seen.sigma_across**2),
        )

    @property
    def sigma_mm(self) -> float:
        """Root mean square uncertainty of the position per axis."""
        return math.sqrt((self.along.position + self.across.position) / 2.0)


@dataclass(frozen=True, slots=True)
class Followed:
    """The tip after so many frames.

    Parameters
    ----------
    motion
        None where the tip is lost or was never seen.
    hits
        Believed tips since it was found.
    bridged, bridged_ms
        Frames and time since the last believed tip.
    doubted
        Disbelieved tips since then.
    found_at
        Where it was found.
    """

    motion: Motion | None = None
    hits: int = 0
    bridged: int = 0
    bridged_ms: float = 0.0
    doubted: tuple[Vector, ...] = ()
    found_at: Vector | None = None

    @property
    def seen(self) -> bool:
        """Whether this frame's tip was seen and believed."""
        return self.motion is not None and self.bridged == 0


def follow(before: Followed, seen: Measured | None, dt_s: float, rules: TrackingRules) -> Followed:
    """Follow the tip through one more frame; ``seen`` is None where the frame does not show it."""
    if before.motion is None:
        return _found(seen, seen.at, rules) if seen else before
    motion = before.motion.later(dt_s, rules)
    if seen is None:
        return _bridged(before, motion, before.doubted, dt_s, rules)
    if motion.surprise(seen) <= rules.gate:
        return _believed(before, motion, seen)
    doubted = (*before.doubted, seen.at)[-rules.jump_frames :]
    if _slides(motion, seen, dt_s + before.bridged_ms / 1e3, rules):
        return _believed(before, motion.slid(seen, rules), seen)
    if _agree(doubted, rules.jump_frames, rules):
        return _found(seen, doubted[0], rules)
    return _bridged(before, motion, doubted, dt_s, rules)


def _believed(before: Followed, motion: Motion, seen: Measured) -> Followed:
    return Followed(motion.informed(seen), before.hits + 1, found_at=before.found_at)


def _found(seen: Measured, first: Vector, rules: TrackingRules) -> Followed:
    motion = Motion(
        at=seen.at,
        velocity=(0.0, 0.0),
        axis=seen.axis,
        along=Spread(seen.sigma_along**2, 0.0, rules.speed_along_mm_s**2),
        across=Spread(seen.sigma_across**2, 0.0, rules.speed_across_mm_s**2),
    )
    return Followed(motion, hits=1, found_at=first)


def _bridged(
    before: Followed, motion: Motion, doubted: tuple[Vector, ...], dt_s: float, rules: TrackingRules
) -> Followed:
    bridged, bridged_ms = before.bridged + 1, before.bridged_ms + 1e3 * dt_s
    if bridged > rules.bridge_frames or bridged_ms > rules.bridge_ms:
        return Followed()
    return replace(before, motion=motion, bridged=bridged, bridged_ms=bridged_ms, doubted=doubted)


def _slides(motion: Motion, seen: Measured, since_s: float, rules: TrackingRules) -> bool:
    """Whether a sharp tip lies where a hand can have moved the needle, along itself, since it was last seen."""
    way = minus(seen.at, motion.at)
    aside2 = across(way, seen.axis) ** 2
    on_line = aside2 <= rules.gate * (motion.across.position + seen.sigma_across**2)
    return seen.sigma_along <= rules.sharp_mm and on_line and abs(along(way, seen.axis)) <= rules.hand_mm_s * since_s


def _agree(doubted: tuple[Vector, ...], needed: int, rules: TrackingRules) -> bool:
    near = all(math.hypot(*minus(b, a)) <= rules.jump_agree_mm for a, b in pairwise(doubted))
    return near and len(doubted) >= needed
