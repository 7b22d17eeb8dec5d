"""How long each part of a benchmark runs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """Durations and counts; the defaults are those of the published table.

    Parameters
    ----------
    rounds
        Rounds in which every stage is timed once.
    cold_starts
        Starts of the service from nothing.
    clients
        Numbers of clients at a time.
    http_s, live_s, upload_s
        Seconds of each load; ``live_s`` for one session at 30 frames a second, the others get half of it.
    overload_s
        Seconds at twice the sustainable rate.
    soak_min
        Minutes at 30 frames a second; 0 leaves it out.
    """

    rounds: int = 1000
    cold_starts: int = 5
    clients: tuple[int, ...] = (1, 4, 16)
    http_s: float = 20.0
    live_s: float = 60.0
    upload_s: float = 15.0
    overload_s: float = 60.0
    soak_min: float = 0.0

    @classmethod
    def quick(cls) -> "Plan":
        """Everything once, in a minute or so: whether it runs, not what it costs."""
        return cls(
            rounds=20, cold_starts=1, clients=(1, 4), http_s=2.0, live_s=4.0, upload_s=1.0, overload_s=4.0, soak_min=0.0
        )
