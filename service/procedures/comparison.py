"""What another network says of a stored procedure, and where all processes of a service find it while it is held."""

import os
import re
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson

from service.errors import NotFound, NotReady
from service.store.ended import ProcedureFailed
from service.store.frames import FrameRecord
from service.store.sealing import Conclusion
from service.store.tables import ProcedureRow

_NAME = re.compile(r"^[0-9a-f]{32}\.[0-9a-f]{16}$")


@dataclass(slots=True)
class Comparison:
    """One procedure and what another network says of it, as far as it has come.

    Parameters
    ----------
    folder, model
        Folder of the network, and what stands for it in an address.
    conclusion, failure
        None until it is done; the code of what ended it before.
    """

    row: ProcedureRow
    folder: str
    model: str
    identity: dict[str, str] = field(default_factory=dict)
    conclusion: Conclusion | None = None
    failure: str | None = None
    _frames: list[FrameRecord] = field(default_factory=list)

    @property
    def running(self) -> bool:
        """Whether it is still under way."""
        return self.conclusion is None and self.failure is None

    @property
    def frames_done(self) -> int:
        """Number of frames judged so far."""
        return len(self._frames)

    @property
    def answers(self) -> list[bytes]:
        """Answers so far, in order, as JSON."""
        return [zlib.decompress(record.answer) for record in self._frames]

    def take(self, record: FrameRecord) -> None:
        """Hold the answer to the next frame."""
        packed = replace(record, answer=zlib.compress(record.answer), overlay=zlib.compress(record.overlay))
        self._frames.append(packed)

    def frame(self, index: int) -> FrameRecord:
        """Answer to a frame.

        Raises
        ------
        NotReady, ProcedureFailed
            If it has not come so far, or never will.
        NotFound
            If there is no such frame.
        """
        if not 0 <= index < self.row.frame_count:
            msg = f"frame {index} was asked for: there are frames 0 to {self.row.frame_count - 1}"
            raise NotFound(msg)
        if index >= len(self._frames) and self.failure is not None:
            msg = f"the comparison failed ({self.failure}) before frame {index}: posted again it is tried again"
            raise ProcedureFailed(msg)
        if index >= len(self._frames):
            msg = f"frame {index} is not judged yet: {len(self._frames)} of {self.row.frame_count} are"
            raise NotReady(msg)
        held = self._frames[index]
        return replace(held, answer=zlib.decompress(held.answer), overlay=zlib.decompress(held.overlay))


class ComparisonFolder:
    """Comparisons that are done, a file each; the oldest go. No process needs what another one holds in memory."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder, self._most = folder, most

    def keep(self, comparison: Comparison) -> None:
        """Write one that is done, in one step, and forget the oldest."""
        self._folder.mkdir(parents=True, exist_ok=True)
        target = self._folder / f"{comparison.row.id}.{comparison.model}"
        part = target.with_name(f".{target.name}.{os.getpid()}")
        part.write_bytes(_packed(comparison))
        part.replace(target)
        for old in sorted(self._files(), key=lambda path: path.stat().st_mtime_ns)[: -self._most]:
            old.unlink(missing_ok=True)

    def find(self, row: ProcedureRow, model: str) -> Comparison | None:
        """One that is kept; None if there is none."""
        name = f"{row.id}.{model}"
        if _NAME.match(name) is None:
            return None
        try:
            return _unpacked(row, model, (self._folder / name).read_bytes())
        except FileNotFoundError:
            return None

    def _files(self) -> list[Path]:
        return [path for path in self._folder.iterdir() if _NAME.match(path.name)]


def _packed(comparison: Comparison) -> bytes:
    done = comparison.conclusion or Conclusion({}, ())
    frames = [comparison.frame(index) for index in range(comparison.frames_done)]
    said = {
        "folder": comparison.folder,
        "identity": comparison.identity,
        "summary": dict(done.summary),
        "frame_verdicts": list(done.frame_verdicts),
        "frames": [[record.answer.decode(), record.overlay.decode()] for record in frames],
    }
    return zlib.compress(orjson.dumps(said), level=1)


def _unpacked(row: ProcedureRow, model: str, content: bytes) -> Comparison:
    said = orjson.loads(zlib.decompress(content))
    conclusion = Conclusion(said["summary"], said["frame_verdicts"])
    comparison = Comparison(row, said["folder"], model, said["identity"], conclusion)
    for index, (answer, overlay) in enumerate(said["frames"]):
        comparison.take(FrameRecord(index, answer.encode(), overlay.encode()))
    return comparison
