"""What was verified as a table: one row for each input, in the order of the release."""

from __future__ import annotations

import csv as comma
import io
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditor.verify.verified import Verified

Row = Mapping[str, int | str | None]


def of(verified: Verified) -> tuple[Row, ...]:
    """Return a row for each verified claim; all rows have the same columns.

    ``label`` and ``true_label`` are class names (None: abstained, not committed); ``right`` is
    None without a true label; ``radius.AXIS`` counts units of that axis alone (None: nothing is
    certified); ``certified.AXIS=N,...`` is 1 where no attack within that declared budget changes
    the label, be it right or wrong.
    """
    classes = verified.certificate.audit.classes
    table = []
    for claim in verified.claims:
        true = claim.true_label
        row: dict[str, int | str | None] = {
            "index": claim.index,
            "source": claim.source,
            "tensor": claim.tensor,
            "true_label": None if true is None else classes[true],
            "label": None if claim.label is None else classes[claim.label],
            "right": None if true is None else int(claim.label == true),
        }
        for axis in verified.axes:
            row[f"radius.{axis}"] = claim.radius(axis)
        for budget in verified.budgets:
            name = ",".join(f"{axis}={amount}" for axis, amount in budget.amounts) or "none"
            row[f"certified.{name}"] = int(claim.label is not None and claim.certified(budget))
        table.append(row)
    return tuple(table)


def csv(table: Sequence[Row]) -> bytes:
    """Return RFC 4180 text in UTF-8 with one header line; None is an empty cell."""
    stream = io.StringIO()
    writer = comma.DictWriter(stream, list(table[0]) if table else [])
    writer.writeheader()
    writer.writerows(table)
    return stream.getvalue().encode()


def jsonl(table: Sequence[Row]) -> bytes:
    """Return one JSON object a line."""
    return "".join(json.dumps(row) + "\n" for row in table).encode()


def parquet(table: Sequence[Row]) -> bytes:
    """Return a Parquet file; needs pyarrow."""
    import pyarrow as pa  # noqa: PLC0415 - an optional package, needed here alone
    from pyarrow import parquet as writer  # noqa: PLC0415

    text = {"source", "tensor", "true_label", "label"}
    names = list(table[0]) if table else []
    schema = pa.schema([(name, pa.string() if name in text else pa.int64()) for name in names])
    sink = pa.BufferOutputStream()
    writer.write_table(pa.Table.from_pylist(list(table), schema=schema), sink)
    return bytes(sink.getvalue().to_pybytes())
