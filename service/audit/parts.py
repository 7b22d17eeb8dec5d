"""Parquet files of an audit: one part per shard and table, whole or not there.

The part of ``procedures`` is written last and is the shard's receipt: it carries what became of each file.
"""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from service.audit.schema import TABLES
from service.durable import synchronise_folder

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""Rows of each table, by the table's name."""

_RECEIPT = b"sonoplace:outcomes"
_LAST = "procedures"


def prepare(out: Path) -> None:
    """Make the tables' folders, each with a part without rows, so that every table can be read at any time."""
    for name, schema in TABLES.items():
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        for left_over in folder.glob(".*.tmp"):
            left_over.unlink(missing_ok=True)
        _write(folder / "part-schema.parquet", schema.empty_table())


def write_parts(out: Path, shard: int, rows: Rows, outcomes: Mapping[str, Any]) -> None:
    """Write the parts of a shard; a table that it has no rows for gets none."""
    for name in sorted(TABLES, key=lambda table: table == _LAST):
        target = _path(out, name, shard)
        table = pa.Table.from_pylist(list(rows[name]), schema=TABLES[name])
        if name == _LAST:
            told = {**(table.schema.metadata or {}), _RECEIPT: json.dumps(outcomes).encode()}
            _write(target, table.replace_schema_metadata(told))
        elif table.num_rows:
            _write(target, table)
        else:
            target.unlink(missing_ok=True)


def receipt(out: Path, shard: int) -> dict[str, Any] | None:
    """What became of a shard's files; None if its parts are not all there."""
    path = _path(out, _LAST, shard)
    if not path.exists():
        return None
    outcomes: dict[str, Any] = json.loads((pq.read_schema(path).metadata or {})[_RECEIPT])
    return outcomes


def _path(out: Path, table: str, shard: int) -> Path:
    return out / table / f"part-{shard:08d}.parquet"


def _write(target: Path, table: pa.Table) -> None:
    """Under another name first, synchronised, then renamed: a part that has its name is whole."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".tmp")
    with os.fdopen(handle, "wb") as file:
        pq.write_table(table, file, compression="zstd")
        file.flush()
        os.fsync(file.fileno())
    Path(name).chmod(0o644)
    Path(name).replace(target)
    synchronise_folder(target.parent)
