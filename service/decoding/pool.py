"""All processes that decode for this one: started when they are needed, replaced when they end or are worn."""

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import structlog

from imaging.errors import DecoderEnded
from service.decoding.limits import DecodingLimits
from service.decoding.process import WORKER, DecoderProcess
from service.decoding.protocol import Json, Reply
from service.errors import Busy, Outcome

_KILLED_FROM_OUTSIDE = -signal.SIGKILL if hasattr(signal, "SIGKILL") else None


class NoDecoder(Busy, outcome=Outcome(503, 1013, "No decoder")):
    """No process can be started to decode in."""

    code = "no-decoder"


class Decoders:
    """Processes that decode; ask it from any thread.

    Parameters
    ----------
    program
        Arguments that make the interpreter a process that decodes; tests hand in one that dies.
    """

    def __init__(self, limits: DecodingLimits | None = None, program: Sequence[str] = WORKER) -> None:
        self.limits = limits or DecodingLimits()
        self._program = program
        self._free = threading.Condition()
        self._idle: list[DecoderProcess] = []
        self._successors: dict[DecoderProcess, DecoderProcess] = {}
        self._count = 0
        self._spares = 0

    def keep_spare(self) -> None:
        """From now on have one more process than are at work, so that nobody waits where one died."""
        with self._free:
            self._spares = 1
            self._start_spare()

    def ask(self, head: Json, body: bytes = b"", number: int | None = None) -> Reply:
        """Answer to one task.

        Parameters
        ----------
        body
            Goes with the task, unless the process has the image open already.
        number
            Of the image that the task is about, if there are to be more tasks about it.

        Raises
        ------
        DecoderEnded, DecodingTooLong
            If the process died of the task.
        NoDecoder
            If none can be started.
        """
        try:
            return self._ask(head, body, number)
        except DecoderEnded as ended:
            if ended.exit_code != _KILLED_FROM_OUTSIDE:
                raise
        return self._ask(head, body, number)  # nothing that is decoded kills with this signal: somebody else did

    def close(self) -> None:
        """End those that have nothing to do; more are started when they are asked for."""
        with self._free:
            while self._idle:
                self._dismiss(self._idle.pop())

    def _ask(self, head: Json, body: bytes, number: int | None) -> Reply:
        with self._leased(number) as process:
            return process.ask(head, b"" if number in process.holds else body)

    @contextmanager
    def _leased(self, number: int | None) -> Iterator[DecoderProcess]:
        process = self._taken(number)
        try:
            yield process
        finally:
            self._give_back(process)

    def _taken(self, number: int | None) -> DecoderProcess:
        """A process that nobody else asks, one that has the image open if there is one."""
        with self._free:
            while True:
                self._replace_ended()
                ready = [process for process in self._idle if process.is_ready]
                if ready or self._idle:
                    holding = [process for process in ready if number in process.holds]
                    process = (holding or ready or self._idle)[-1]
                    self._idle.remove(process)
                    self._start_spare()
                    return process
                if self._count < self.limits.processes:
                    return self._started()
                self._free.wait()

    def _give_back(self, process: DecoderProcess) -> None:
        with self._free:
            if process.has_ended:
                # Never on standard output, which belongs to what a command prints.
                log = structlog.wrap_logger(structlog.WriteLogger(sys.stderr))
                log.warning("decoder ended", exit_code=process.exit_code)
            elif process.asked >= self.limits.tasks:
                process = self._succeeded(process)
            self._idle.append(process)
            self._replace_ended()
            self._free.notify()

    def _start_spare(self) -> None:
        if len(self._idle) < self._spares and self._count < self.limits.processes:
            with suppress(NoDecoder):  # whoever needs one hears of it
                self._idle.append(self._started())

    def _replace_ended(self) -> None:
        """Let go of processes that are there no more, and start one for each: it is ready when it is needed."""
        for process in [process for process in self._idle if process.has_ended]:
            self._idle.remove(process)
            self._dismiss(process)
            with suppress(NoDecoder):  # whoever needs one hears of it
                self._idle.append(self._started())

    def _succeeded(self, worn: DecoderProcess) -> DecoderProcess:
        """The successor of a process as soon as it has started; until then the process itself."""
        successor = self._successors.get(worn)
        if successor is None:
            self._successors[worn] = self._started()
            return worn
        if not successor.is_ready:
            return worn
        self._dismiss(worn)
        return successor

    def _started(self) -> DecoderProcess:
        try:
            process = DecoderProcess(self.limits, self._program)
        except OSError as error:
            raise NoDecoder(self._count) from error
        self._count += 1
        return process

    def _dismiss(self, process: DecoderProcess) -> None:
        self._count -= 1
        self._successors.pop(process, None)
        process.end()
