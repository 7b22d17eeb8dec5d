"""Named test sets, stored as seeds: ``test_sets.json`` says which, and nothing but a report may use what it holds out.

Every second frame is a full screen with furniture, in which the product itself finds the B-mode picture; the rest are
B-mode pictures alone.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from imaging.errors import BadInput
from models.evaluation.case import Case
from models.evaluation.cases import phantom_case
from models.evaluation.full_screen import on_full_screen
from models.evaluation.traits import Traits
from models.phantom import PhantomFrame, Physics, make_frame, on_screen
from models.phantom.image_formation import sample_scanner

PREFIX = "phantom-"
"""Before the seed in the name of a case."""
_FILE = Path(__file__).with_name("test_sets.json")
_PHYSICS: dict[str, Callable[[], Physics]] = {"wider": Physics.wider, "same": Physics}
_SCREENS = {"odd seeds": 1, "none": None}


@dataclass(frozen=True, slots=True)
class HeldOutSet:
    """Phantom frames by their seeds.

    Parameters
    ----------
    physics
        ``wider`` or ``same``: against that of training.
    views
        What a frame may show; the phantom draws which.
    full_screen
        ``odd seeds`` or ``none``.
    may_be_looked_at
        False where the frames serve for reports alone, never for a choice.
    """

    name: str
    says: str
    physics: str
    first_seed: int
    frames: int
    views: tuple[str, ...]
    full_screen: str
    may_be_looked_at: bool

    def __post_init__(self) -> None:
        if self.physics not in _PHYSICS or self.full_screen not in _SCREENS or self.frames < 1:
            msg = f"test set {self.name}: physics {self.physics}, screens {self.full_screen}, {self.frames} frames"
            raise BadInput(msg)

    @property
    def seeds(self) -> range:
        """Every seed of the set."""
        return range(self.first_seed, self.first_seed + self.frames)

    @property
    def sha256(self) -> str:
        """Hash of all that decides its frames, the phantom's code apart."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    def case(self, seed: int) -> Case:
        """One frame with its truth."""
        physics = _PHYSICS[self.physics]()
        phantom = make_frame(seed, physics)
        if phantom.view not in self.views:
            msg = f"test set {self.name}: seed {seed} shows {phantom.view}, expected one of {self.views}"
            raise BadInput(msg)
        full_screen = seed % 2 == _SCREENS[self.full_screen]
        case = phantom_case(phantom)
        if full_screen:
            case = on_full_screen(case, on_screen(phantom, seed))
        return replace(case, traits=_traits(phantom, physics, full_screen=full_screen))

    def case_named(self, name: str) -> Case:
        """Frame of a score's name."""
        return self.case(int(name.removeprefix(PREFIX)))


def _traits(phantom: PhantomFrame, physics: Physics, *, full_screen: bool) -> Traits:
    scanner = sample_scanner(phantom.seed, physics.imaging)
    return Traits(
        view=phantom.view,
        gauge=None if phantom.needle is None else phantom.needle.gauge,
        dynamic_range_db=scanner.dynamic_range_db,
        speckle_mm=scanner.lateral_mm,
        full_screen=full_screen,
    )


def held_out_sets() -> dict[str, HeldOutSet]:
    """Sets by name."""
    return dict(_read(_FILE))


def held_out_set(name: str) -> HeldOutSet:
    """Set of this name.

    Raises
    ------
    BadInput
        If there is none.
    """
    sets = held_out_sets()
    if name not in sets:
        msg = f"{name!r} is no test set: expected a labelled folder or one of {', '.join(sets)}"
        raise BadInput(msg)
    return sets[name]


def _read(path: Path) -> Iterator[tuple[str, HeldOutSet]]:
    for name, said in json.loads(path.read_text(encoding="utf-8")).items():
        yield name, HeldOutSet(name, **{**said, "views": tuple(said["views"])})
