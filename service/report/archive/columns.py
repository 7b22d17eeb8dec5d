"""An archive as columns: of an audit's dataset, or of the store. Ten million rows fit, because no row is an object."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from imaging.errors import MissingExtra
from imaging.procedure import ProcedureVerdict
from service.errors import BadQuery
from service.store.choice import ALL, Choice
from service.store.store import Store
from service.store.tables import ProcedureRow

Codes = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

CATEGORIES = {
    "verdict": "verdict",
    "tissue": "tissue",
    "operator": "operator_hmac",
    "site": "site_hmac",
    "date": "study_date",
    "scanner": "scanner",
    "calibration": "calibration",
    "model": "model_sha256",
}
"""Names here, and in an audit's table ``procedures``."""
NUMBERS = (
    "p_inside", "signed_distance_mm", "angle_deg", "tip_visible_share", "advanced_unseen_mm", "passes",
    "recess_thickness_mm", "spacing_row_mm", "view", "quality", "grey_mean", "grey_sd", "frames", "needle_frames",
)  # fmt: skip
INSIDE = (ProcedureVerdict.CONFIRMED, ProcedureVerdict.PROBABLE)
MISSED = (ProcedureVerdict.EXTRA_ARTICULAR, ProcedureVerdict.PARTIAL)


@dataclass(frozen=True, eq=False)
class Category:
    """A column of few values: position of each row's in the labels, −1 where not known."""

    labels: Sequence[str]
    codes: Codes

    @classmethod
    def of(cls, values: Iterable[str | None]) -> "Category":
        """Column of plain values."""
        listed = ["" if value is None else value for value in values]
        labels, codes = np.unique(np.array(listed, dtype=np.str_), return_inverse=True)
        known = [label for label in labels.tolist() if label]
        return cls(known, codes.astype(np.int32) - (len(labels) - len(known)))

    def is_any(self, wanted: Iterable[str]) -> Flags:
        """Rows that hold one of these values."""
        positions = [at for at, label in enumerate(self.labels) if label in set(wanted)]
        return np.isin(self.codes, positions)

    def counts(self, among: Flags | None = None) -> dict[str, int]:
        """How often each value is there."""
        codes = self.codes if among is None else self.codes[among]
        numbers = np.bincount(codes[codes >= 0], minlength=len(self.labels))
        return {label: int(number) for label, number in zip(self.labels, numbers, strict=True)}

    def relabelled(self, labels: Sequence[str]) -> "Category":
        """Column with other labels, one for each of these; rows whose labels become the same hold one value then."""
        known = sorted(set(labels))
        place = np.array([*map(known.index, labels), -1], dtype=np.int32)
        return Category(known, place[self.codes])


@dataclass(frozen=True, eq=False)
class ArchiveColumns:
    """Procedures of an archive, one row each.

    Parameters
    ----------
    ids
        Identifiers, ``(n,)`` strings.
    service_ids
        Those by which a service knows the same files; "" where that is not known.
    categories, numbers
        By the names of `CATEGORIES` and `NUMBERS`; NaN where not known.
    reasons
        Values, and for each the row that it belongs to.
    failures
        Number of files that were not analysed by the code of their error.
    repeated
        Number of rows whose image (SOP Instance UID) an earlier row holds already; they are counted like all others.
    """

    ids: npt.NDArray[np.str_]
    service_ids: npt.NDArray[np.str_]
    categories: Mapping[str, Category]
    numbers: Mapping[str, Numbers]
    reasons: Category
    reason_rows: npt.NDArray[np.int64]
    failures: Mapping[str, int] = field(default_factory=dict)
    repeated: int = 0

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def verdict(self) -> Category:
        """Verdicts."""
        return self.categories["verdict"]

    @property
    def missed(self) -> Flags:
        """Procedures judged outside, wholly or in part."""
        return self.verdict.is_any(MISSED)

    @property
    def decided(self) -> Flags:
        """Procedures judged inside or outside."""
        return self.missed | self.verdict.is_any(INSIDE)

    @property
    def in_order(self) -> npt.NDArray[np.int64]:
        """Rows by date, as exactly as dates are kept; rows without one are left out."""
        date = self.categories["date"]
        dated = np.flatnonzero(date.codes >= 0)
        return dated[np.lexsort((self.ids[dated], date.codes[dated]))]


def of_dataset(out: Path) -> ArchiveColumns:
    """Columns of an audit's dataset.

    Raises
    ------
    BadQuery
        If there is none in this folder.
    MissingExtra
        If Arrow is not installed.
    """
    if not (out / "procedures").is_dir():
        msg = f"{out} holds no folder procedures: expected the folder that sonoplace audit wrote"
        raise BadQuery(msg)
    try:
        import pyarrow.compute as pc
        import pyarrow.dataset as ds
    except ModuleNotFoundError as error:
        raise MissingExtra(extra="audit", purpose="reading an audit's tables") from error
    procedures = ds.dataset(out / "procedures", format="parquet")
    wanted = ["procedure_id", "service_id", "sop_hmac", "reasons", *CATEGORIES.values(), *NUMBERS]
    table = procedures.to_table(columns=[name for name in wanted if name in procedures.schema.names])
    reasons = table.column("reasons").combine_chunks()
    failures = ds.dataset(out / "failures", format="parquet").to_table(columns=["code"])
    return ArchiveColumns(
        ids=np.array(table.column("procedure_id").to_pylist(), dtype=np.str_),
        service_ids=_service_ids(table),
        categories={name: _category(table.column(column)) for name, column in CATEGORIES.items()},
        numbers={name: _floats(table.column(name)) for name in NUMBERS},
        reasons=Category.of(pc.list_flatten(reasons).to_pylist()),
        reason_rows=np.asarray(pc.list_parent_indices(reasons), dtype=np.int64),
        failures=Category.of(failures.column("code").to_pylist()).counts(),
        repeated=_repeated(table.column("sop_hmac").drop_null()),
    )


def _service_ids(table: Any) -> npt.NDArray[np.str_]:  # noqa: ANN401 - Arrow comes without types
    """Column that tables of schema version 1 do not have."""
    known = table.column("service_id").to_pylist() if "service_id" in table.schema.names else [None] * len(table)
    return np.array([name or "" for name in known], dtype=np.str_)


def _repeated(images: Any) -> int:  # noqa: ANN401 - Arrow comes without types
    return len(images) - len(images.unique())


def _category(column: Any) -> Category:  # noqa: ANN401 - Arrow comes without types
    encoded = column.combine_chunks().dictionary_encode()
    labels = encoded.dictionary.to_pylist()
    order = np.argsort(np.array(labels, dtype=np.str_))
    place = np.empty(len(labels) + 1, dtype=np.int32)
    place[order] = np.arange(len(labels))
    place[-1] = -1
    indices = np.asarray(encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)
    return Category([labels[at] for at in order], place[indices])


def _floats(column: Any) -> Numbers:  # noqa: ANN401 - Arrow comes without types
    return np.asarray(column.cast("float64").to_numpy(), dtype=np.float64)


def of_store(store: Store, choice: Choice = ALL) -> ArchiveColumns:
    """Columns of the answered procedures of a store that fit; what only an audit measures is not known."""
    rows, failures = _rows(store, choice)

    def column(name: str) -> list[Any]:
        return [row.get(name) for row in rows]

    def numbers(name: str) -> Numbers:
        return np.array([np.nan if value is None else value for value in column(name)], dtype=np.float64)

    images = [image for image in column("image") if image]
    reasons = [(at, row["reason"]) for at, row in enumerate(rows) if row["reason"]]
    return ArchiveColumns(
        ids=np.array(column("id"), dtype=np.str_),
        service_ids=np.array(column("id"), dtype=np.str_),
        categories={name: Category.of(column(name)) for name in CATEGORIES},
        numbers={name: numbers(name) for name in NUMBERS},
        reasons=Category.of(reason for _, reason in reasons),
        reason_rows=np.array([at for at, _ in reasons], dtype=np.int64),
        failures=failures,
        repeated=len(images) - len(set(images)),
    )


def _rows(store: Store, choice: Choice) -> tuple[list[dict[str, Any]], Counter[str]]:
    """Rows of answered procedures, and how often others failed, by the code of the problem."""
    rows: list[dict[str, Any]] = []
    failures: Counter[str] = Counter()
    for row in store.chosen(choice):
        if row.status == "failed":
            failures[row.failure or "unexpected"] += 1
        elif row.status == "done":
            rows.append(_of_row(row, row.performed_on or f"{row.created_at:%Y-%m}"))
    return rows, failures


def _of_row(row: ProcedureRow, date: str) -> dict[str, Any]:
    summary = row.summary or {}
    return {
        **{name: summary.get(name) for name in NUMBERS},
        "id": row.id,
        "image": row.sop_uid_hmac,
        "verdict": row.verdict,
        "tissue": summary.get("tissue_at_tip"),
        "operator": row.operator,
        "site": row.site,
        "scanner": row.scanner,
        "date": date,
        "model": row.identity["model_sha256"],
        "reason": row.reason,
        "frames": row.frame_count,
    }
