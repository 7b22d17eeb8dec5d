"""Processes that take in, answer and record procedures until they are killed, two at a time on one store.

``python -m tests.service.crash_nursery FOLDER TRIALS SEED`` prints what was promised and what was found, as JSON. Each
process is a fork of this one, so that a trial costs no start of an interpreter; each is killed with SIGKILL at a random
point, and what it had promised until then is looked for in the store.
"""

import json
import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path

from imaging.rules import ScoringRules
from service.engine import Engine
from service.errors import LostRun
from service.media import Media
from service.procedures.admission import Upload, admit
from service.procedures.analysis import analyse_stored
from service.reading import Reading
from service.store.chain import EntryKind
from service.store.store import Store
from service.verification.verify import Wanted, verify
from tests.service.fake_segmenter import FakeSegmenter
from tests.service.pictures import INSIDE, dicom, picture

AT_ONCE = 2
ENGINE = Engine(FakeSegmenter(), ScoringRules())


def live(folder: Path, promises: int) -> None:
    """Finish what is unfinished, then take in cines for ever; each promise is written once it is given."""
    store = Store(folder)
    for procedure_id in store.unfinished():
        if answered(store, procedure_id):
            promise(promises, "resumed", procedure_id)
    while True:
        row, _ = admit(Upload(unique_cine(folder), Media.DICOM, Reading(), 10), store, ENGINE)
        promise(promises, "accepted", row.id)
        if answered(store, row.id):
            promise(promises, "answered", row.id)
        entry = store.note(EntryKind.RECORD, row.id, b"{}", "CRASH-1")
        promise(promises, "recorded", entry.link_sha256)


def answered(store: Store, procedure_id: str) -> bool:
    """Whether it was this process that answered: the other one may take a procedure over for unfinished."""
    try:
        analyse_stored(store, procedure_id, ENGINE)
    except LostRun:
        return False
    return True


def unique_cine(folder: Path) -> Path:
    frames = [picture(None), picture(INSIDE)]
    frames[0][-1, :16] = list(os.urandom(16))
    path = folder / f"upload-{os.getpid()}"
    path.write_bytes(dicom(frames))
    return path


def promise(promises: int, kind: str, name: str) -> None:
    os.write(promises, f"{kind} {name}\n".encode())


class Trials:
    """Processes started and killed, each a random while after a random number of promises.

    The while is measured against the time from one promise to the next, so that kills fall everywhere between two
    promises however quick the machine is.
    """

    def __init__(self, folder: Path, dice: random.Random) -> None:
        self._folder = folder
        self._dice = dice
        self._gap_s = 0.1

    def run(self) -> list[tuple[str, str]]:
        """What two processes at once promised before they were killed."""
        reader, writer = os.pipe()
        children = [self._child(writer) for _ in range(AT_ONCE)]
        os.close(writer)
        told = self._listen(reader, self._dice.randrange(6))
        time.sleep(self._dice.uniform(0, 1.5) * self._gap_s)
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        with os.fdopen(reader, "rb") as pipe:
            lines = (told + pipe.read()).decode().splitlines()
        return [(kind, name) for kind, name in (line.split(" ", 1) for line in lines)]

    def _child(self, promises: int) -> int:
        child = os.fork()
        if child == 0:
            try:
                live(self._folder, promises)
            finally:
                why = traceback.format_exc().replace("\n", " | ")[-1500:]
                os.write(promises, f"crashed {why}\n".encode())
                os._exit(1)
        return child

    def _listen(self, reader: int, wanted: int) -> bytes:
        """So many promises, and all that was told with them."""
        told, begun = b"", time.monotonic()
        while told.count(b"\n") < wanted:
            more = os.read(reader, 4096)
            if not more:
                return told
            told += more
        if wanted:
            self._gap_s = 0.5 * (self._gap_s + (time.monotonic() - begun) / wanted)
        return told


def broken(store: Store, promised: dict[str, set[str]]) -> list[str]:
    """Promises that the store does not keep."""
    links = list(store.chain.walk())
    ends = {link.note.procedure_id for link in links if link.note.kind == EntryKind.ANSWERED}
    kept = {
        "accepted": store.procedure_ids(),
        "answered": ends & {name for name, _ in store.verdicts()},
        "resumed": ends & {name for name, _ in store.verdicts()},
        "recorded": {link.link_sha256 for link in links},
        "crashed": set(),
    }
    return [f"{kind} {name}" for kind, names in promised.items() for name in sorted(names - kept[kind])]


def main(folder: Path, number: int, seed: int) -> None:
    trials = Trials(folder, random.Random(seed))  # noqa: S311 - when to kill, nothing secret
    promised: dict[str, set[str]] = {}
    faults: list[str] = []
    for turn in range(number):
        for kind, name in trials.run():
            promised.setdefault(kind, set()).add(name)
        store = Store(folder)
        faults += broken(store, promised)
        if turn % 10 == 0:
            faults += [fault.what for fault in verify(store, None).faults]
        store.close()
    store = Store(folder)
    unfinished = store.unfinished()
    for procedure_id in unfinished:
        analyse_stored(store, procedure_id, ENGINE)
    found = verify(store, ENGINE, Wanted(recompute=10))
    faults += [fault.what for fault in found.faults]
    done = {kind: len(names) for kind, names in promised.items()}
    print(  # noqa: T201 - read by the test
        json.dumps({"promised": done, "faults": faults, "links": found.links, "unfinished": len(unfinished)})
    )
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
