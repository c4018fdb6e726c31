"""``audit verify``: check a release or a single-input file, and say what was checked."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from auditor.cli.screen import show


class Format(StrEnum):
    """How to print the verdict."""

    TEXT = "text"
    JSON = "json"


def verify(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="A release folder or a single-input file.")
    ],
    *,
    key: Annotated[
        list[Path], typer.Option(help="A public key you trust (PEM). Repeat to accept any of them.")
    ],
    style: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
) -> None:
    """Check a certificate: its signature, and every claim's arithmetic.

    Needs no torch and no numpy, and runs no model.

    The verdict is on stdout, also when it is a bad one. It ends with what was not checked.

    Examples:
      audit verify build/digits --key build/digits.pub
      audit verify input-17.cert.json --key auditor.pub
      audit verify build/digits --key build/digits.pub --format json | jq .verdict
    """
    from auditor import release
    from auditor.errors import AuditorError, VerificationError
    from auditor.verify import verdict

    as_json = style is Format.JSON
    try:
        verified = release.verify(path, key)
    except AuditorError as error:
        # A misused command has no verdict; only who reads JSON gets an object in every case.
        if as_json:
            typer.echo(verdict.failure_json(error), nl=False)
        elif isinstance(error, VerificationError):
            show(verdict.failure_text(error), {"NOT VERIFIED": "red", "UNDECIDED": "yellow"})
        if isinstance(error, VerificationError):
            raise typer.Exit(error.exit_code) from None
        raise
    if as_json:
        typer.echo(verdict.to_json(verified), nl=False)
    else:
        show(verdict.text(verified), {"VERIFIED": "green"})
