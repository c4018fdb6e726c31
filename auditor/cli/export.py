"""``audit export``: one row for each input, for spreadsheets and data frames."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from auditor.cli.verify import trust_of
from auditor.errors import UsageError


class Table(StrEnum):
    """The format of the rows."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


def export(
    release: Annotated[Path, typer.Argument(metavar="RELEASE", help="The release folder.")],
    *,
    key: Annotated[
        list[Path] | None,
        typer.Option(help="A public key you trust (PEM). Repeat to accept any of them."),
    ] = None,
    trust: Annotated[
        Path | None, typer.Option(help="Keys, authorities and dates in one file (trust.toml).")
    ] = None,
    style: Annotated[Table, typer.Option("--format", help="What to write.")] = Table.CSV,
    out: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write. Default: stdout.")
    ] = None,
) -> None:
    """Write one row for each input: labels, radii, certified budgets.

    Signature and arithmetic are verified first. The same release gives the same bytes, with
    parquet under one version of pyarrow.

    Examples:
      audit export build/digits --key build/digits.pub -o digits.csv
      audit export build/digits --key build/digits.pub --format jsonl
    """
    from importlib.util import find_spec

    from auditor import clock, files, relying, rows

    if style is Table.PARQUET:
        if out is None:
            raise UsageError("--format parquet: expected -o FILE, for it is no text")
        if find_spec("pyarrow") is None:
            raise UsageError(
                "audit export --format parquet needs a package that is not installed "
                "(pyarrow): pip install 'auditor[run]'"
            )
    believed = trust_of(trust, key, None, None)
    verified = relying.verify(release, keys=key or (), trust=believed)
    if believed is not None:
        relying.timely(verified, believed, clock.machine())
    data = getattr(rows, style.value)(rows.of(verified))
    if out is None:
        typer.echo(data.decode(), nl=False)
    else:
        files.create(out, data, mode=0o644)
        typer.echo(f"Wrote {out} ({len(data):,} bytes): {len(verified.claims):,} inputs.")
