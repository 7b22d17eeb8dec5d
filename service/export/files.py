"""Rows as files: CSV (RFC 4180, UTF-8) and Parquet with units and meaning in the metadata of every column."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from imaging.errors import MissingExtra
from service.export.columns import Column


def as_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[Column]) -> bytes:
    """CSV with a header; empty is not known. Values are numbers and codes, so none is a formula to a spreadsheet."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [column.name for column in columns], extrasaction="raise")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


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
