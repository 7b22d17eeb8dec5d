"""Stored pictures judged again, and the answer compared with the recorded one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from imaging.errors import ImagingError
from service.answer import identity
from service.engine import Engine
from service.errors import ServiceError, code_of
from service.procedures.analysis import Judging
from service.store.chain import EntryKind
from service.store.frames import FrameRecord, seal_of
from service.store.sealing import answered_content
from service.store.store import Store
from service.store.tables import ProcedureRow
from service.verification.findings import Fault, Part, Progress
from service.verification.rows import Recorded


@dataclass(frozen=True, slots=True)
class Recomputation:
    """Procedures that were judged again, those that this engine cannot judge, and what came out different."""

    done: int = 0
    skipped: int = 0
    faults: tuple[Fault, ...] = ()


def chosen(recorded: Sequence[Recorded], number: int | None) -> list[Recorded]:
    """So many of the answered procedures, at random; all for None."""
    answered = [item for item in recorded if item.end_kind == EntryKind.ANSWERED]
    if number is None or number >= len(answered):
        return answered
    positions = np.random.default_rng().choice(len(answered), number, replace=False)
    return [answered[position] for position in sorted(positions)]


def recompute(store: Store, engine: Engine, wanted: Sequence[Recorded], progress: Progress) -> Recomputation:
    """Judge procedures again; one that another model, other rules or other code answered is passed over."""
    own = identity(engine.segmenter.identity, engine.rules.sha256)
    skipped, faults = 0, []
    for done, item in enumerate(wanted, 1):
        row = store.procedure(item.procedure_id)
        if row.identity != own:
            skipped += 1
        elif (what := _difference(store, row, engine, item)) is not None:
            kind, name = EntryKind.ANSWERED, item.procedure_id
            faults.append(Fault(item.end_position, kind, name, Part.RECOMPUTATION, what))
        progress("recomputed", done, len(wanted))
    return Recomputation(len(wanted) - skipped, skipped, tuple(faults))


def _difference(store: Store, row: ProcedureRow, engine: Engine, item: Recorded) -> str | None:
    try:
        judging = Judging(store, row, engine)
        seal, conclusion = seal_of(_all(judging)), judging.conclude()
        if store.assessment(row.id) is None:  # answered before it was kept
            conclusion = replace(conclusion, assessment=None)
        content = answered_content(row, conclusion, seal)
    except (ImagingError, ServiceError) as error:
        return f"it cannot be analysed again: {code_of(error)}"
    return None if item.ended_with(content) else "the same pictures, model and rules give another answer"


def _all(judging: Judging) -> Iterator[FrameRecord]:
    while not judging.done:
        yield judging.next()
