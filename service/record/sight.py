"""What whoever asks may see of what others signed: nothing, until the own reading is signed."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.wire import ReviewAnswer


@dataclass(frozen=True, slots=True)
class Sight:
    """Eyes that look at reviews.

    Parameters
    ----------
    asker
        Name by which access knows a reader who is held to it; None for one who may see everything at once.
    reader
        Code of a reader who asks not to be shown more; beside a key that several share it tells them apart.
    """

    asker: str | None = None
    reader: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing is withheld from it."""
        return self.asker is None and self.reader is None

    def own(self, answer: ReviewAnswer) -> bool:
        """Whether a review is by these eyes: given under the same name, and by the same code if one is said."""
        named = self.asker is None or answer.added_by.partition("/")[0] == self.asker
        return named and (self.reader is None or answer.review.reviewer == self.reader)

    def opened_by(self, answer: ReviewAnswer) -> bool:
        """Whether, once this is signed, all other reviews of the procedure may be seen."""
        return self.is_whole or (self.own(answer) and answer.review.frame is None)

    def seen(self, reviews: Sequence[ReviewAnswer]) -> list[ReviewAnswer]:
        """Those reviews of one procedure that may be seen."""
        if any(map(self.opened_by, reviews)):
            return list(reviews)
        return [answer for answer in reviews if self.own(answer)]


EVERYTHING = Sight()
