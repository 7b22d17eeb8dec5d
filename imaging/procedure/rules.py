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
    inside_from: float = 0.90
    """Pooled probability from which the tip stood inside."""
    outside_to: float = 0.10
    """Pooled probability up to which it stood outside."""
    stand_depth_mm: float = 2.5
    """A tip this close to the deepest it went stands; targets are held to 1 to 2 mm."""
    stand_before_ms: float = 300.0
    """Frames so long before the injection say where the tip was when it began."""
    stand_after_ms: float = 500.0
    """And frames so long after; an injection lasts seconds."""
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
