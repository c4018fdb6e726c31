"""``audit export``: a release as a table, one row an input."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from auditor.cli.believed import KeyOption, TrustOption, checked
from auditor.cli.screen import safe
from auditor.errors import UsageError

if TYPE_CHECKING:
    from auditor.report.records import Record


class Table(StrEnum):
    """What to write."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


def export(
    release: Annotated[
        Path, typer.Argument(metavar="RELEASE", help="A release folder or a single-input file.")
    ],
    *,
    key: KeyOption = None,
    trust: TrustOption = None,
    style: Annotated[Table, typer.Option("--format", help="What to write.")] = Table.CSV,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The file to write. Default: stdout.")
    ] = None,
) -> None:
    """Write a table: one row for each input.

    Label, truth, radii, and whether each declared budget is certified.

    Signature and arithmetic are checked first. The same release gives the same bytes. Parquet
    needs pyarrow (auditor[run]).

    Examples:
      audit export build/digits --key build/digits.pub -o digits.csv
      audit export release --key auditor.pub --format jsonl | jq .label
    """
    from auditor.files import write_atomic
    from auditor.report.records import records

    if style is Table.PARQUET and out is None:
        raise UsageError("export: expected -o FILE with --format parquet, which is no text")
    if style is Table.PARQUET and find_spec("pyarrow") is None:
        raise UsageError("export: --format parquet needs pyarrow: pip install 'auditor[run]'")
    rows = records(checked("export", release, key, trust))
    data = {Table.CSV: _csv, Table.JSONL: _jsonl, Table.PARQUET: _parquet}[style](rows)
    if out is None:
        typer.echo(data.decode(), nl=False)
    else:
        write_atomic(out, data)


# What spreadsheets compute: these marks, unless a plain number follows, as in the class -1.
_FORMULA: Final = re.compile(r"[=+\-@](?!\d+(?:\.\d+)?$)")


def _csv(rows: Sequence[Record]) -> bytes:
    """Return RFC 4180 text: 1 and 0 for yes and no, nothing for None; names made printable.

    A name that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow(_cell(value) for value in row.values())
    return text.getvalue().encode()


def _cell(value: int | str | bool | None) -> int | str | None:
    if isinstance(value, bool):
        return int(value)
    if not isinstance(value, str):
        return value
    text = safe(value).replace("\n", "\\n")
    return f"'{text}" if _FORMULA.match(text) else text


def _jsonl(rows: Sequence[Record]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def _parquet(rows: Sequence[Record]) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    kinds = {"index": pa.int64(), "right": pa.bool_()}
    prefixes = {"radius": pa.int64(), "certified": pa.bool_()}
    schema = pa.schema(
        [
            (name, kinds.get(name) or prefixes.get(name.split(".")[0], pa.string()))
            for name in rows[0]
        ]
    )
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.Table.from_pylist(list(rows), schema=schema), sink)
    data: bytes = sink.getvalue().to_pybytes()
    return data
