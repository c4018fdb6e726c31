"""``audit extract``: one input's claim as one small file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def extract(
    release: Annotated[Path, typer.Argument(metavar="RELEASE", help="The release folder.")],
    *,
    number: Annotated[
        int,
        typer.Option("--input", min=0, help="The input's number: line of claims.jsonl, from 0."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write.")],
) -> None:
    """Take one input's claim out of a release, with its proof.

    The file is all that somebody with this one input needs: audit verify FILE --key PUB.

    Example:
      audit extract build/digits --input 17 -o input-17.cert.json
    """
    from auditor import files
    from auditor.release import extract as claim_file

    data = claim_file(release, number)
    files.create(out, data, mode=0o644)
    typer.echo(f"Wrote {out} ({len(data):,} bytes): the claim of input {number} of {release}.")
