"""Reviewers' corrections as a labelled folder, in the format that `models.evaluation` reads (README, evaluate).

One picture for each frame and reviewer, the newest correction each. What a reviewer did not speak of is not judged.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import orjson

from imaging.frame import Frame
from imaging.raster import encode_png
from service.record.reading import reviews_of
from service.store.chain import EntryKind
from service.store.store import Store
from service.stored_frames import stored_source
from service.wire import Correction, Review

_BACKGROUND, _RECESS, _NEEDLE, _NOT_JUDGED = 0, 1, 2, 255
_NEEDLE_WIDTH_PX = 3
_FIXED_BITS = 4
"""Corners are drawn to a sixteenth of a pixel."""


@dataclass(frozen=True, slots=True)
class Exported:
    """Names of what was written, and frames that were passed over because nothing says how large a pixel is."""

    written: tuple[str, ...]
    uncalibrated: tuple[str, ...]


def export_labels(store: Store, folder: Path) -> Exported:
    """Write every corrected frame: its grey levels, what is known of it, and its labels."""
    folder.mkdir(parents=True, exist_ok=True)
    written, uncalibrated = [], []
    for procedure_id in _reviewed(store):
        source = stored_source(store, store.procedure(procedure_id))
        for (index, reviewer), correction in _newest(store, procedure_id).items():
            frame, name = source.frame(index), f"{procedure_id}.{index:04d}.{reviewer}"
            if frame.spacing is None:
                uncalibrated.append(name)
            else:
                _write(folder, name, frame, correction)
                written.append(name)
    return Exported(tuple(written), tuple(uncalibrated))


def label_map(frame: Frame, correction: Correction) -> npt.NDArray[np.uint8]:
    """Labels ``[row, column]``: 0 background, 1 recess, 2 needle, 255 not judged."""
    labels = np.full((frame.height, frame.width), _NOT_JUDGED, np.uint8)
    if correction.recess_px is not None:
        box = frame.bmode
        labels[box.y0 : box.y1, box.x0 : box.x1] = _BACKGROUND
        outlines = [_fixed(outline) for outline in correction.recess_px]
        if outlines:
            cv2.fillPoly(labels, outlines, _RECESS, lineType=cv2.LINE_8, shift=_FIXED_BITS)
    if correction.shaft_px is not None:
        start, end = _fixed(correction.shaft_px).tolist()
        cv2.line(labels, start, end, _NEEDLE, _NEEDLE_WIDTH_PX, cv2.LINE_8, _FIXED_BITS)
    return labels


def _reviewed(store: Store) -> Iterator[str]:
    seen: set[str] = set()
    for entry in store.chain.of_kind(EntryKind.REVIEW):
        if entry.note.procedure_id not in seen:
            seen.add(entry.note.procedure_id)
            yield entry.note.procedure_id


def _newest(store: Store, procedure_id: str) -> dict[tuple[int, str], Correction]:
    """Newest correction of each frame by each reviewer."""
    newest: dict[tuple[int, str], Correction] = {}
    for answer in reviews_of(store, procedure_id):
        review: Review = answer.review
        if review.frame is not None and review.correction is not None:
            newest[review.frame, review.reviewer] = review.correction
    return newest


def _write(folder: Path, name: str, frame: Frame, correction: Correction) -> None:
    spacing = frame.require_spacing()
    recess = correction.recess_px
    known = {
        "spacing_mm": [spacing.row_mm, spacing.column_mm],
        "bmode_xyxy": list(frame.bmode.xyxy()),
        "recess": "unlabelled" if recess is None else "present" if recess else "absent",
        "needle": {"tip_xy": correction.tip_px, "shaft_xy": correction.shaft_px} if correction.shaft_px else None,
        "needle_judged": correction.needle_absent or correction.shaft_px is not None,
    }
    (folder / f"{name}.png").write_bytes(encode_png(frame.pixels))
    (folder / f"{name}.json").write_bytes(orjson.dumps(known, option=orjson.OPT_INDENT_2))
    (folder / f"{name}.labels.png").write_bytes(encode_png(label_map(frame, correction)))


def _fixed(points: object) -> npt.NDArray[np.int32]:
    fixed: npt.NDArray[np.int32] = np.rint(np.asarray(points, dtype=np.float64) * 2**_FIXED_BITS).astype(np.int32)
    return fixed
