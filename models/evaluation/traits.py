"""What a case is like, apart from its answer: the keys by which figures are split into tables."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Traits:
    """Each is None where nobody knows it.

    Parameters
    ----------
    view
        ``longitudinal``, ``transverse`` or ``other``.
    gauge
        Of the needle.
    angle_deg
        Between needle and probe face, 0 to 90.
    tip_visible
        Whether the tip can be seen; None without a needle too.
    dynamic_range_db, speckle_mm
        Display range of the scanner and width of its beam at the focus: with them a picture looks hard or soft, fine
        or coarse.
    full_screen
        Whether the picture is a whole screen with its furniture, rather than the B-mode picture alone.
    """

    view: str | None = None
    gauge: int | None = None
    angle_deg: float | None = None
    tip_visible: bool | None = None
    dynamic_range_db: float | None = None
    speckle_mm: float | None = None
    full_screen: bool | None = None
