"""Phantom cines as an observer sees them, and what was so; kept in a folder where many are asked for twice."""

import pickle
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.phantom_observer import ErringSegmenter, Errors, height_in_recess_mm, tips_mm, true_events
from benchmarks.tracking_scoring import Position, TrueEvent
from imaging.analysis import analyse
from imaging.frame import Frame
from imaging.procedure import observed
from imaging.segmentation import Segmenter, Tissue
from imaging.tracking.observation import Observation
from models.phantom import CineScript, PhantomCine, PhantomFrame, make_cine

KINDS = (
    "in_recess",
    "in_recess",
    "dry_thin",
    "prefemoral_fat",
    "suprapatellar_fat",
    "through_recess",
    "short",
    "no_needle",
)
_ON_WALL_MM = 0.3
_THIN_MM = 2.0


@dataclass(frozen=True)
class Outcome:
    """What became of one phantom injection.

    Parameters
    ----------
    needle
        Whether there is one.
    tissue
        Tissue in which the true tip lay in most frames from the injection's begin to its end (of a dry one: while the
        tip was on its target).
    on_wall
        Whether it lay within 0.3 mm of the recess's wall in most of them: either side is right then.
    thin
        Whether the recess was thinner than the rule's 2 mm there.
    injected
        Whether something was injected.
    """

    needle: bool
    tissue: Tissue | None
    on_wall: bool
    thin: bool
    injected: bool

    @property
    def inside(self) -> bool:
        """Whether the tip lay in the recess."""
        return self.tissue is Tissue.RECESS


@dataclass(frozen=True)
class WatchedCine:
    """One cine as an observer saw it, and what was so."""

    seed: int
    script: CineScript
    observations: list[Observation]
    tips_mm: list[Position | None]
    truth: list[TrueEvent]
    outcome: Outcome


def script(seed: int) -> CineScript:
    """What happens in the cine of a seed: every kind of course, every second one redirected, every fourth dry."""
    kind = KINDS[seed % len(KINDS)]
    rounds = seed // len(KINDS)
    return CineScript(kind=kind, redirect=rounds % 2 == 0, inject=rounds // 2 % 4 != 0)  # type: ignore[arg-type]


def watch(seed: int, network: Segmenter | None, errors: Errors) -> WatchedCine:
    """Draw a cine and let a network, or the truth with errors, read it."""
    plan = script(seed)
    cine = make_cine(seed, plan)
    frames = list(cine)
    segmenter = network or ErringSegmenter(frames, plan.rate_hz, seed, errors)
    observations = list(observe(frames, segmenter, plan.rate_hz))
    start = next((event.frame for event in cine.events if event.kind == "injection_start"), None)
    shown = [observation.needle.tip_visible for observation in observations]
    truth = true_events(frames, shown, start if plan.opens_recess else None)
    return WatchedCine(seed, plan, observations, tips_mm(frames), truth, outcome_of(cine, frames))


def kept(seed: int, network: Segmenter | None, errors: Errors, folder: Path | None) -> WatchedCine:
    """A cine from the folder or, where it is not there yet, watched and left there."""
    if folder is None:
        return watch(seed, network, errors)
    reader = network.identity.sha256[:12] if network else "truth"
    path = folder / f"{seed}-{reader}.pickle"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        whole = path.with_suffix(".part")
        whole.write_bytes(pickle.dumps(watch(seed, network, errors)))
        whole.replace(path)
    cine: WatchedCine = pickle.loads(path.read_bytes())  # noqa: S301 - written by this program
    return cine


def observe(phantoms: Iterable[PhantomFrame], segmenter: Segmenter, rate_hz: float) -> Iterator[Observation]:
    """Observation of each frame."""
    seen: Observation | None = None
    for index, phantom in enumerate(phantoms):
        frame = Frame(phantom.pixels, phantom.spacing, phantom.picture, index)
        seen = observed(frame, analyse(frame, segmenter), 1e3 / rate_hz, seen)
        yield seen


def outcome_of(cine: PhantomCine, frames: Sequence[PhantomFrame]) -> Outcome:
    """Outcome by the phantom's anatomy, whatever its script is called."""
    at = {event.kind: event.frame for event in cine.events}
    first = at.get("injection_start", at.get("on_target", 0) + 1)
    last = at.get("injection_end", round(0.84 * len(frames)))
    there = [frame for frame in frames[first : last + 1] if frame.needle is not None]
    if not there:
        return Outcome(needle=False, tissue=None, on_wall=False, thin=False, injected=False)
    tissues = Counter(frame.tissue_at_tip for frame in there)
    heights = [height_in_recess_mm(frame) for frame in there]
    walls = sum(height is not None and abs(height) <= _ON_WALL_MM for height in heights)
    thin = sum(frame.recess_thickness_mm < _THIN_MM for frame in there)
    return Outcome(
        needle=True,
        tissue=tissues.most_common(1)[0][0],
        on_wall=2 * walls > len(there),
        thin=2 * thin > len(there),
        injected=cine.script.inject,
    )
