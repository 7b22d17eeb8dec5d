"""The needle over time: one observation after another into a smoothed tip, running numbers and dated events.

``follow`` is the step from one track to the next; ``observation`` is what it is given, ``track_state`` what it gives.
Beside them: ``tip_filter`` (constant velocity along the shaft), ``measured_tip``, ``bend``, ``needle_events``,
``recess_events``, ``injection``, and the thresholds in ``rules``.
"""

from imaging.tracking.events import Event, EventKind
from imaging.tracking.follow import track
from imaging.tracking.observation import Observation
from imaging.tracking.rules import TrackingRules
from imaging.tracking.track_state import Track

__all__ = ["Event", "EventKind", "Observation", "Track", "TrackingRules", "track"]
