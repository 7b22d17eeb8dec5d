"""Every threshold that a procedure's verdict depends on, as one frozen value that is hashed."""

from dataclasses import dataclass

from imaging.errors import BadInput
from imaging.rules_hash import rules_sha256


@dataclass(frozen=True, slots=True)
class ProcedureRules:
    """Thresholds from the frames of a procedure to its verdict. Change one and every assessment carries another hash.

    Raises
    ------
    BadInput
        If a number is below zero.
    """

    version: str = "1"
    """Name of this set of rules, for people; the hash is what counts."""
    inside_from: float = 0.75
    """Pooled probability from which the tip stood inside: averaged over a stand 0.75 says more than 0.9 in one frame;
    on development cines no stand outside reached 0.5."""
    outside_to: float = 0.10
    """Pooled probability up to which it stood outside; a recess that is outlined in part pulls those inside down."""
    injectate_log_odds: float = 1.5
    """What injectate seen in the recess adds to the log odds of standing inside: seen in half of the injections into
    it and in one in ten elsewhere."""
    stand_radius_mm: float = 2.0
    """Tips this close to each other stand in one place; held targets drift by 1 to 2 mm."""
    stand_after_ms: float = 200.0
    """Frames so long after an injection began still say where the tip was; later its bubbles hide the recess."""
    decided_share: float = 0.5
    """Share of the stand's frames that must show the tip in a recess that is thick enough to judge by."""
    thickness_gain_mm: float = 1.0
    """Growth of the greatest thickness that shows injectate (5 to 6 mL add 0 to 2 mm)."""
    area_gain_share: float = 0.15
    """Growth of the area that shows injectate, as a share of the area before."""
    bright_gain_share: float = 0.06
    """Growth of the share of bright pixels in the recess that shows bubbles."""
    level_change_share: float = 0.35
    """Change of the recess's mean grey level that shows other fluid, as a share of the level before."""

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if not isinstance(value, str) and not value >= 0:
                msg = f"procedure rule {name} is {value}: expected 0 or more"
                raise BadInput(msg)

    @property
    def sha256(self) -> str:
        """Hash of all names and values."""
        return rules_sha256(self)
