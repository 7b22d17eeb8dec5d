"""What the users saw, as the few numbers that are told about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import linear_regression
from typing import Any

from benchmarks.distribution import Distribution

Json = dict[str, Any]
_WARM_UP_ANSWERS = 10
_BOUND = 2.0
"""Live latency beside uploads is to stay within so many times that without."""


@dataclass(frozen=True, slots=True)
class Session:
    """One live session: frames sent, refused, dropped and lost, and when each answer's frame came and its age."""

    sent: int
    failed: int
    dropped: int
    lost: int
    answers: tuple[tuple[float, float], ...]

    @classmethod
    def of(cls, seen: Json) -> "Session":
        """As a user wrote it; one that never heard its end knows of nothing dropped."""
        frames = seen["frames"] or {"dropped": 0, "lost": 0}
        answers = tuple((float(at), float(age)) for at, age in seen["answers"])
        return cls(seen["sent"], seen["failed"], frames["dropped"], frames["lost"], answers)

    @property
    def answered_share(self) -> float:
        """Answers per frame sent."""
        return len(self.answers) / self.sent if self.sent else 0.0

    @property
    def unaccounted(self) -> int:
        """Frames of which nothing was ever heard."""
        return self.sent - len(self.answers) - self.failed - self.dropped - self.lost


def sessions_of(seen: Sequence[Json]) -> list[Session]:
    """Live sessions among what was seen."""
    return [Session.of(one) for one in seen if "answers" in one]


def evenness(sessions: Sequence[Session]) -> float:
    """Smallest answered share over the largest: 1 if all sessions fare alike, 0 if one starves."""
    shares = [session.answered_share for session in sessions]
    return min(shares) / max(shares) if shares and max(shares) > 0 else 0.0


def ages(sessions: Sequence[Session], since: float = 0.0, until: float = float("inf")) -> Distribution:
    """Ages of answers to frames that came in between; the first few of a session are left out."""
    kept = [age for one in sessions for at, age in one.answers[_WARM_UP_ANSWERS:] or one.answers if since <= at < until]
    return Distribution.of(kept)


def overload_figures(sessions: Sequence[Session], seconds: float) -> Json:
    """Row of the table on sessions beyond capacity."""
    total = {name: sum(getattr(one, name) for one in sessions) for name in ("sent", "failed", "dropped", "lost")}
    answered = sum(len(one.answers) for one in sessions)
    worst = max(ages([one]).at("p99") for one in sessions)
    return {
        **ages(sessions).figures(),
        "worst session's p99": round(worst, 3),
        "largest age": round(max(age for one in sessions for _, age in one.answers), 3),
        **total,
        "answered": answered,
        "answered per second": round(answered / seconds, 2),
        "unaccounted": sum(one.unaccounted for one in sessions),
        "evenness": round(evenness(sessions), 3),
        "least share": round(min(one.answered_share for one in sessions), 3),
        "largest share": round(max(one.answered_share for one in sessions), 3),
    }


def upload_figures(seen: Sequence[Json], sink_from: float, service_from: float) -> Json:
    """Row of the table on uploads beside a live session.

    Parameters
    ----------
    sink_from, service_from
        When uploads to a sink began, and those to the service; ages before the first are those without uploads.
    """
    sessions, uploads = sessions_of(seen), [one for one in seen if "upload" in one and not one["to sink"]]
    without, beside = ages(sessions, until=sink_from), ages(sessions, since=service_from)
    ratio = beside.at("p99") / without.at("p99")
    return {
        "without": without.figures(),
        "beside": beside.figures(),
        "p50 ratio": round(beside.at("p50") / without.at("p50"), 3),
        "p99 ratio": round(ratio, 3),
        "reached": ratio <= _BOUND,
        "parts": {name: times.figures() for name, times in _parts(seen).items()},
        "uploads": [one["upload"] for one in uploads],
        "upload s": [round(one["to"] - one["from"], 1) for one in uploads],
        "unaccounted": sum(one.unaccounted for one in sessions),
    }


def _parts(seen: Sequence[Json]) -> dict[str, Distribution]:
    """Ages while bodies were sent to the sink and to the service, while one was taken in, and in between."""
    uploads = sorted((one for one in seen if "upload" in one), key=lambda one: float(one["from"]))
    found: dict[str, list[float]] = {}
    for session in sessions_of(seen):
        for at, age in session.answers[_WARM_UP_ANSWERS:]:
            found.setdefault(_part(at, uploads), []).append(age)
    return {name: Distribution.of(values) for name, values in found.items()}


def _part(at: float, uploads: Sequence[Json]) -> str:
    """What the last upload that had begun was at."""
    begun = [one for one in uploads if one["from"] <= at]
    if not begun:
        return "before"
    last = begun[-1]
    if last["to sink"]:
        return "body to a sink" if at < last["sent"] else "between sinks"
    if at < last["sent"]:
        return "body"
    return "taking in" if at < last["to"] else "analysis alone"


def growth_per_hour(samples: Sequence[tuple[float, float]], settle: float = 0.2) -> float:
    """Growth by the line of least squares over all but the first share of the samples, per hour."""
    settled = samples[int(len(samples) * settle) :]
    if len(settled) < 2:
        return 0.0
    seconds, values = zip(*settled, strict=True)
    return float(linear_regression(seconds, values).slope * 3600.0)


def leak_figures(seen: Sequence[Json], samples: Sequence[tuple[float, float, float]]) -> Json:
    """Row of the table on a long run.

    Parameters
    ----------
    samples
        Seconds, megabytes of the server and all it started, and their open files.
    """
    sessions = sessions_of(seen)
    memory = [(at, megabytes) for at, megabytes, _ in samples]
    files = [(at, count) for at, _, count in samples]
    return {
        "minutes": round(samples[-1][0] / 60.0, 1),
        "sessions": len(sessions),
        "answered": sum(len(one.answers) for one in sessions),
        "unaccounted": sum(one.unaccounted for one in sessions),
        "uploads": len([one for one in seen if "upload" in one]),
        "memory first MB": round(memory[0][1], 1),
        "memory most MB": round(max(megabytes for _, megabytes in memory), 1),
        "memory last MB": round(memory[-1][1], 1),
        "growth MB per hour": round(growth_per_hour(memory), 2),
        "files first": files[0][1],
        "files last": files[-1][1],
    }
