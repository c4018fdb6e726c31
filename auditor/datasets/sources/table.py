"""CSV and Parquet tables: one row an example, one column a feature."""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from auditor.datasets.labels import by_text
from auditor.datasets.places import existing
from auditor.datasets.rows import Rows
from auditor.errors import DataError


@dataclass(frozen=True, kw_only=True)
class _Table:
    """Cells by column name, digests of the records, and why which rows have another length."""

    columns: tuple[str, ...]
    cells: Mapping[str, Sequence[Any]]
    records: Sequence[str] | None
    ragged: Mapping[int, str]


def read(data: Mapping[str, Any], base: Path, classes: Sequence[str]) -> tuple[Rows, Rows | None]:
    """Return the rows of the table ``data.path`` and, if given, ``data.test``."""
    train = _rows(existing(data["path"], base, "path"), data, classes)
    if "test" not in data:
        return train, None
    path = existing(data["test"], base, "test")
    test = _rows(path, data, classes)
    if test.columns != train.columns:
        odd = sorted(set(test.columns) ^ set(train.columns)) or ["their order"]
        raise DataError(f"{path}: its columns are not those of {data['path']}: {odd[0]} differs")
    return train, test


def _rows(path: Path, data: Mapping[str, Any], classes: Sequence[str]) -> Rows:
    reader = _parquet if path.suffix.lower() in {".parquet", ".pq"} else _csv
    table = reader(path, data)
    special = [data[key] for key in ("label", "id", "group") if key in data]
    for column in [*special, *data["ignore"]]:
        if column not in table.columns:
            raise DataError(
                f"{path}: missing column {column!r}; it has {', '.join(table.columns[:30])}"
            )
    features = tuple(c for c in table.columns if c not in {*special, *data["ignore"]})
    if not features:
        raise DataError(f"{path}: no column is left as a feature")
    faults = dict(table.ragged)
    values = np.stack([_numbers(name, table.cells[name], faults) for name in features], 1)
    # In a record of another length no cell is sure to be the label: it has none, and its slot.
    cells = table.cells[data["label"]]
    said = [None if row in table.ragged else cell for row, cell in enumerate(cells)]
    labels, bad_labels, unlisted = by_text(said, classes)
    return Rows(
        values=values,
        labels=labels,
        shape=(len(features),),
        ids=_names(table, data.get("id")),
        groups=_names(table, data.get("group")),
        digests=table.records,
        faults=bad_labels | faults,
        unlisted=unlisted,
        columns=features,
    )


def _names(table: _Table, column: str | None) -> list[str] | None:
    if column is None:
        return None
    return ["" if cell is None else str(cell) for cell in table.cells[column]]


def _numbers(name: str, cells: Sequence[Any], faults: dict[int, str]) -> npt.NDArray[np.float64]:
    """Return a column as doubles; cells that are no finite number are noted and become 0."""
    column = np.zeros(len(cells))
    for row, cell in enumerate(cells):
        try:
            value = float(cell)
        except (TypeError, ValueError):
            value = math.nan
        if math.isfinite(value):
            column[row] = value
        else:
            said = "empty" if cell in {None, ""} else f"{cell!r}, not a finite number"
            faults.setdefault(row, f"column {name!r} is {said}")
    return column


def _csv(path: Path, data: Mapping[str, Any]) -> _Table:
    lines: list[str] = []

    def recorded(text: io.TextIOBase) -> Iterator[str]:
        for line in text:
            lines.append(line)
            yield line

    cells: list[list[str]] = []
    records: list[str] = []
    header: list[str] | None = None
    try:
        # A byte that is no UTF-8 spoils its own cell, not the file.
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as text:
            for record in csv.reader(recorded(text)):
                source = "".join(lines).rstrip("\r\n")
                lines.clear()
                if not record:
                    continue
                if header is None and data["header"]:
                    header = [name.strip() for name in record]
                    continue
                cells.append(record)
                records.append(hashlib.sha256(source.encode()).hexdigest())
    except (OSError, csv.Error) as error:
        raise DataError(f"{path}: not a readable CSV file: {error}") from None
    if not cells:
        raise DataError(f"{path}: expected rows, got none")
    columns = header or [str(i) for i in range(len(cells[0]))]
    if len(set(columns)) != len(columns):
        twice = next(name for name in columns if columns.count(name) > 1)
        raise DataError(f"{path}: two columns are called {twice!r}")
    ragged = {
        row: f"{len(record)} cells, expected {len(columns)}"
        for row, record in enumerate(cells)
        if len(record) != len(columns)
    }
    padded = [record + [""] * (len(columns) - len(record)) for record in cells]
    return _Table(
        columns=tuple(columns),
        cells={name: [record[i] for record in padded] for i, name in enumerate(columns)},
        records=records,
        ragged=ragged,
    )


def _parquet(path: Path, data: Mapping[str, Any]) -> _Table:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path}: not a readable Parquet file: {error}") from None
    special = {data[key] for key in ("label", "id", "group") if key in data} | {*data["ignore"]}
    for entry in table.schema:
        number = (
            pa.types.is_integer(entry.type)
            or pa.types.is_floating(entry.type)
            or pa.types.is_boolean(entry.type)
        )
        if entry.name not in special and not number:
            raise DataError(
                f"{path}: column {entry.name!r} has type {entry.type}, expected numbers; "
                "list it under data.ignore or make it the label, id or group"
            )
    return _Table(
        columns=tuple(table.column_names),
        cells={name: table.column(name).to_pylist() for name in table.column_names},
        records=None,
        ragged={},
    )
