"""Rows as files: CSV (RFC 4180, UTF-8) and Parquet with units and meaning in the metadata of every column."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from imaging.errors import MissingExtra
from service.export.columns import Column

_APOSTROPHE = "'"
_FORMULA = (*"=+-@\t\r\n\0＝＋－＠", _APOSTROPHE)
"""What a formula begins with in a cell (OWASP, CSV Injection; ASVS 5, 1.2.10), and the apostrophe that undoes it."""


def as_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[Column]) -> bytes:
    """CSV with a header; empty is not known.

    A text that a spreadsheet would take for a formula, as the code ``-A1``, has an apostrophe before it, and so has one
    that begins with an apostrophe: taking one off gives every text back. Numbers are never changed.
    """
    texts = [column.name for column in columns if column.kind == "text"]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [column.name for column in columns], extrasaction="raise")
    writer.writeheader()
    writer.writerows({**row, **{name: _plain(row.get(name)) for name in texts}} for row in rows)
    return text.getvalue().encode()


def _plain(said: str | None) -> str | None:
    return _APOSTROPHE + said if said and said.startswith(_FORMULA) else said


def as_parquet(rows: Iterable[Mapping[str, Any]], columns: Sequence[Column]) -> bytes:
    """Parquet; the same rows give the same bytes.

    Raises
    ------
    MissingExtra
        If Arrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError as error:
        raise MissingExtra(extra="audit", purpose="a table as Parquet") from error
    kinds = {"text": pa.string(), "real": pa.float64(), "whole": pa.int64(), "flag": pa.bool_()}
    schema = pa.schema(
        [
            pa.field(column.name, kinds[column.kind], metadata={"description": column.description, "unit": column.unit})
            for column in columns
        ]
    )
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows], schema), buffer, compression="zstd")
    return buffer.getvalue()
