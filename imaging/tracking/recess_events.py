"""What happens at the recess: the tip crosses its wall, or meets bone."""

import statistics
from dataclasses import dataclass, field

from imaging.tracking.events import Event, EventKind, Moment, Switch
from imaging.tracking.rules import TrackingRules

_FORGIVEN = 1
_BONE_DEPTHS = 9


@dataclass(frozen=True, slots=True)
class Crossing:
    """Whether the tip lies in the recess; and on which side of the wall itself it is, and since when."""

    switch: Switch = field(default_factory=Switch)
    side: bool = False
    side_since: Moment | None = None

    def step(
        self, at: Moment, averaged: float, p_inside: float, rules: TrackingRules
    ) -> tuple["Crossing", tuple[Event, ...]]:
        """The probability of lying inside, averaged over the last moments, decides; in doubt the side before stays.

        A single frame's ``p_inside`` only dates it: it is the first to change sides.
        """
        inside = averaged > 1.0 - rules.crossed_from if self.switch.on else averaged >= rules.crossed_from
        switch = self.switch.step(at, wants=inside, weight=1.0, needed=rules.confirm_frames, forgiven=_FORGIVEN)
        side = p_inside > 0.5
        since = self.side_since if side is self.side and self.side_since else at
        crossing = Crossing(switch, side, since)
        if switch.flipped is None:
            return crossing, ()
        kind = EventKind.ENTERED_RECESS if switch.on else EventKind.LEFT_RECESS
        return crossing, (Event.at(kind, min(switch.flipped, since, key=lambda moment: moment.time_ms)),)


@dataclass(frozen=True, slots=True)
class BoneContact:
    """Whether the tip touches bone, and how deep the shaft's line met bone lately.

    Where that line meets bone hardly depends on how far along it the tip was seen, so its depth is steadier than the
    distance ahead of a single tip. Bone counts only if it was seen from afar: what is bright right at a tip looks like
    bone to a network.
    """

    switch: Switch = field(default_factory=Switch)
    depths: tuple[tuple[Moment, float], ...] = ()

    def step(
        self, at: Moment, bone_mm: float | None, tip_mm: float, rules: TrackingRules
    ) -> tuple["BoneContact", tuple[Event, ...]]:
        """Depth in the picture where the shaft's line meets bone, None where it meets none; and the tip's depth."""
        recent = [(then, depth) for then, depth in self.depths if at.time_ms - then.time_ms <= rules.bone_memory_ms]
        depths = tuple(recent if bone_mm is None else [*recent, (at, bone_mm)])[-_BONE_DEPTHS:]
        limit = rules.bone_release_mm if self.switch.on else rules.bone_contact_mm
        known = len(depths) >= rules.bone_sightings
        touches = known and statistics.median(depth for _, depth in depths) - tip_mm <= limit
        switch = self.switch.step(at, wants=touches, weight=1.0, needed=rules.confirm_frames, forgiven=_FORGIVEN)
        touched = switch.flipped if switch.on else None
        return BoneContact(switch, depths), (Event.at(EventKind.BONE_CONTACT, touched),) if touched else ()
