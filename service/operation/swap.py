"""Another model for a running service: loaded and warmed up beside the one in use, then exchanged in one step.

Work that began with the old model ends with it; the next frame of a live session is judged by the new one and says so
in its identity. A model that does not load or does not answer changes nothing.
"""

import asyncio
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from imaging.errors import BadModel, ImagingError
from imaging.model_folder import choose_model
from imaging.segmentation import ModelIdentity, Segmenter
from service.engine import Engine, EngineSlot
from service.metrics import Metrics
from service.operation.choice import Chosen, SharedChoice
from service.operation.errors import ModelNotUsable

_LOOK_EVERY_S = 0.25


@dataclass(frozen=True, slots=True)
class Swapped:
    """What an exchange came to; the same model twice if it was the one in use."""

    before: ModelIdentity
    after: ModelIdentity
    elapsed_ms: float


class ModelSwap:
    """Exchanges the model of one process. Use it from one event loop.

    Parameters
    ----------
    configured
        Folder that the settings name.
    choice
        Where several processes agree on a model; None for a process of its own.
    """

    def __init__(
        self,
        configured: Path,
        load: Callable[[Path], Segmenter],
        slot: EngineSlot,
        metrics: Metrics,
        choice: SharedChoice | None = None,
    ) -> None:
        self._configured = configured
        self._load = load
        self._slot = slot
        self._metrics = metrics
        self._choice = choice
        self._seen: Chosen | None = choice.read() if choice else None
        self._one_at_a_time = asyncio.Lock()

    async def to(self, wanted: str) -> Swapped:
        """Use the model of this version or folder name from now on, in every process of this service.

        Raises
        ------
        ModelNotUsable
            If there is no such model, or it does not load or answer.
        """
        try:
            folder = choose_model(self._configured, wanted)
        except BadModel as error:
            raise ModelNotUsable(str(error)) from error
        done = await self._exchange(folder)
        if self._choice is not None:
            self._seen = self._choice.write(folder)
        return done

    async def again(self) -> None:
        """Load the configured folder again, because what it holds or points at has changed; never raises."""
        if self._choice is not None:
            self._choice.write(self._configured)
        else:
            await self._take_up(self._configured)

    async def follow(self) -> None:
        """Take up what the other processes of this service choose, for ever."""
        while self._choice is not None:
            await asyncio.sleep(_LOOK_EVERY_S)
            chosen = self._choice.read()
            if chosen is not None and chosen != self._seen:
                self._seen = chosen
                await self._take_up(chosen.folder)

    async def _take_up(self, folder: Path) -> None:
        try:
            await self._exchange(folder)
        except ModelNotUsable as error:
            structlog.get_logger().error("model refused", reason=str(error))

    async def _exchange(self, folder: Path) -> Swapped:
        async with self._one_at_a_time:
            begun = time.perf_counter()
            before = self._slot.current
            engine = await asyncio.to_thread(_warmed, self._load, folder, before)
            after = engine.segmenter.identity
            if after != before.segmenter.identity:
                self._slot.exchange(engine)
                self._metrics.answers_with(after, before.segmenter.identity)
                # The last answer that is under way holds the old one: when it goes, the old one has drained.
                weakref.finalize(before.segmenter, _say_drained, before.segmenter.identity)
            done = Swapped(before.segmenter.identity, after, (time.perf_counter() - begun) * 1e3)
        structlog.get_logger().info(
            "model", version=after.version, before=done.before.version, elapsed_ms=round(done.elapsed_ms, 1)
        )
        return done


def _warmed(load: Callable[[Path], Segmenter], folder: Path, before: Engine) -> Engine:
    """Engine that has answered once; the same rules as before hold."""
    try:
        engine = Engine(load(folder), before.rules)
        engine.warm_up()
    except ImagingError as error:
        raise ModelNotUsable(str(error)) from error
    return engine


def _say_drained(model: ModelIdentity) -> None:
    structlog.get_logger().info("model drained", version=model.version)
