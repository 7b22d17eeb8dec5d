"""How patient the service is with an archive."""

from dataclasses import dataclass
from secrets import SystemRandom

from service.results.build import ResultKind
from service.settings import Settings

_RANDOM = SystemRandom()


@dataclass(frozen=True, slots=True)
class PushPolicy:
    """Which results are pushed, and how often and how soon it is tried again.

    Parameters
    ----------
    kinds
        Objects that are pushed.
    attempts
        So many tries are made before results are given up.
    first_wait_s, longest_wait_s
        Wait after the first failed attempt, and its greatest length: it doubles from attempt to attempt.
    look_every_s
        How often the queue is looked through.
    """

    kinds: tuple[ResultKind, ...]
    attempts: int
    first_wait_s: float
    longest_wait_s: float
    look_every_s: float = 1.0

    @classmethod
    def of(cls, settings: Settings) -> "PushPolicy":
        """As the site has set it."""
        return cls(
            kinds=tuple(ResultKind(kind) for kind in settings.pacs_results),
            attempts=settings.pacs_attempts,
            first_wait_s=settings.pacs_retry_s,
            longest_wait_s=settings.pacs_retry_most_s,
            look_every_s=min(1.0, settings.pacs_retry_s),
        )

    def wait_s(self, attempts: int, luck: float | None = None) -> float:
        """Seconds to wait after so many failed attempts; ``luck`` (0 to 1) is drawn if not given.

        Between half of the doubled wait and all of it: services that lost the same archive do not come back to it at
        the same instant.
        """
        exponent = min(attempts - 1, 62)
        ceiling = min(self.longest_wait_s, self.first_wait_s * 2.0**exponent)
        return ceiling * (0.5 + 0.5 * (_RANDOM.random() if luck is None else luck))
