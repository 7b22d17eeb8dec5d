"""Reviewed frames as a labelled folder, in the format that `models.evaluation` reads (README, evaluate).

One picture for each frame and reader, by the reader's newest correction of it, which wins over the answer. What the
reader neither corrected nor confirmed is not judged. Frames that nobody reviewed are left out unless they are asked
for: their labels are then the answer's own, and say so. `service.procedures.labels_archive` packs the same files.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import orjson

from imaging.frame import Frame
from imaging.raster import encode_png
from service.record.as_read import FIXED_BITS, FrameAsRead, fixed, frame_as_read
from service.record.reading import reviews_of
from service.record.sight import EVERYTHING, Sight
from service.store.choice import ALL, Choice
from service.store.store import Store
from service.store.tables import ProcedureRow
from service.stored_frames import stored_source
from service.wire import Correction

_BACKGROUND, _RECESS, _NEEDLE, _NOT_JUDGED = 0, 1, 2, 255
_NEEDLE_WIDTH_PX = 3
_NOBODY = "answer"
"""Stands in a name for the reader, where nobody read the frame; no code of a reader has small letters."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One frame in one reader's eyes, named after procedure, index and reader."""

    name: str
    frame: Frame
    read: FrameAsRead

    @property
    def fault(self) -> str | None:
        """Why it cannot stand in a labelled folder; None if it can."""
        if self.read.spacing_mm is None:
            return "has no pixel spacing"
        if self.read.needle_by is None:
            return "has no word on the needle, which a labelled folder cannot leave open"
        return None

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Name and content of each file: grey levels, what is known, labels."""
        yield f"{self.name}.png", encode_png(self.frame.pixels)
        yield f"{self.name}.json", _known(self)
        yield f"{self.name}.labels.png", encode_png(label_map(self.frame, self.read))


@dataclass(frozen=True, slots=True)
class Exported:
    """Names of what was written, and of what was passed over with the reason."""

    written: tuple[str, ...]
    passed_over: tuple[tuple[str, str], ...]


def export_labels(store: Store, folder: Path, *, unreviewed: bool = False) -> Exported:
    """Write every corrected or confirmed frame: its grey levels, what is known of it, and its labels.

    Parameters
    ----------
    unreviewed
        Write all other frames of answered procedures, too, as they were answered.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written, passed_over = [], []
    chosen = answered(store, ALL) if unreviewed else reviewed(store)
    for labelled in labelled_frames(store, chosen, unreviewed=unreviewed):
        if labelled.fault is None:
            for name, content in labelled.files():
                (folder / name).write_bytes(content)
            written.append(labelled.name)
        else:
            passed_over.append((labelled.name, labelled.fault))
    return Exported(tuple(written), tuple(passed_over))


def reviewed(store: Store, choice: Choice = ALL) -> list[str]:
    """Identifiers of the chosen procedures that have a review."""
    return answered(store, replace(choice, reviewed=True))


def answered(store: Store, choice: Choice) -> list[str]:
    """Identifiers of the chosen procedures that are answered, each once however the store grows meanwhile."""
    return [row.id for row in store.chosen(choice) if row.status == "done"]


def labelled_frames(
    store: Store, procedure_ids: Iterable[str], sight: Sight = EVERYTHING, *, unreviewed: bool = False
) -> Iterator[Labelled]:
    """Frames of procedures in readers' eyes, one in memory at a time; those without a reader if they are asked for."""
    for procedure_id in procedure_ids:
        yield from _frames_of(store, store.procedure(procedure_id), sight, unreviewed=unreviewed)


def newest_corrections(store: Store, procedure_id: str, sight: Sight) -> dict[int, dict[str, Correction | None]]:
    """Newest correction of each frame by each reader, as far as they may be seen."""
    newest: dict[int, dict[str, Correction | None]] = {}
    for answer in sight.seen(reviews_of(store, procedure_id)):
        for correction in answer.review.corrections:
            newest.setdefault(correction.frame, {})[answer.review.reviewer] = correction
    return newest


def label_map(frame: Frame, read: FrameAsRead) -> npt.NDArray[np.uint8]:
    """Labels ``[row, column]``: 0 background, 1 recess, 2 needle, 255 not judged."""
    labels = np.full((frame.height, frame.width), _NOT_JUDGED, np.uint8)
    if read.recess_by is not None:
        box = frame.bmode
        labels[box.y0 : box.y1, box.x0 : box.x1] = _BACKGROUND
        labels[read.filled() > 0] = _RECESS
    if read.shaft is not None:
        start, end = fixed(read.shaft).tolist()
        cv2.line(labels, start, end, _NEEDLE, _NEEDLE_WIDTH_PX, cv2.LINE_8, FIXED_BITS)
    return labels


def _frames_of(store: Store, row: ProcedureRow, sight: Sight, *, unreviewed: bool) -> Iterator[Labelled]:
    corrections = newest_corrections(store, row.id, sight)
    if not corrections and not unreviewed:
        return
    source = stored_source(store, row)
    frames = enumerate(source.frames()) if unreviewed else ((at, source.frame(at)) for at in sorted(corrections))
    for index, frame in frames:
        answer = orjson.loads(store.frame_answer(row.id, index))
        for reader, correction in corrections.get(index, {_NOBODY: None}).items():
            read = frame_as_read(answer, correction, stands_by=correction is None)
            yield Labelled(f"{row.id}.{index:04d}.{reader}", frame, read)


def _known(labelled: Labelled) -> bytes:
    frame, read = labelled.frame, labelled.read
    spacing = frame.require_spacing()
    known = {
        "spacing_mm": [spacing.row_mm, spacing.column_mm],
        "bmode_xyxy": list(frame.bmode.xyxy()),
        "recess": "unlabelled" if read.recess_by is None else "present" if read.recess else "absent",
        "needle": {"tip_xy": read.tip, "shaft_xy": read.shaft} if read.shaft else None,
        "procedure": labelled.name.partition(".")[0],
        "labelled_by": {"recess": read.recess_by, "needle": read.needle_by},
    }
    return orjson.dumps(known, option=orjson.OPT_INDENT_2)
