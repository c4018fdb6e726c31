"""``audit run``: from a recipe to a signed release."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from auditor.cli.extras import need
from auditor.cli.progress import Style


class Device(StrEnum):
    """Where members are trained and asked for their votes."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


def run(
    recipe: Annotated[
        Path, typer.Argument(help="The recipe, a TOML file (audit init writes one).")
    ],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="The release folder to make.")],
    key: Annotated[
        Path | None,
        typer.Option(help="The private key to sign with. Without it: OUT.key, made if absent."),
    ] = None,
    challenge: Annotated[
        Path | None,
        typer.Option(help="The challenge that the precommitment waits for (audit precommit)."),
    ] = None,
    time: Annotated[
        Path | None, typer.Option(help="A time stamp (RFC 3161) on the precommitment.")
    ] = None,
    device: Annotated[Device, typer.Option(help="Where to compute.")] = Device.AUTO,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes. Default: one for each CPU core.")
    ] = None,
    progress: Annotated[Style, typer.Option(help="How to show progress, on stderr.")] = Style.AUTO,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a finished release in OUT.")
    ] = False,
) -> None:
    """Train, count votes, certify and sign: recipe in, release out.

    A run that was stopped, even by kill -9, continues when the same command is given again, and
    ends in the same bytes. Certified accuracy is shown only at the end.

    Examples:
      audit run examples/digits/recipe.toml --out build/digits
      audit run recipe.toml --out release --key auditor.key --device cuda
      audit run recipe.toml --out release --challenge challenge.dsse.json
      audit run recipe.toml --out release --progress json 2> progress.jsonl
    """
    need("run", "run")
    from auditor.cli.closing import closing
    from auditor.cli.progress import display
    from auditor.run import pipeline

    shown = display(progress)
    try:
        result = pipeline.run(
            recipe,
            out=out,
            key=key,
            device=device.value,
            workers=workers,
            challenge=challenge,
            time=time,
            progress=shown,
            overwrite=overwrite,
        )
    finally:
        shown.done()
    typer.echo(closing(result.verified, result.release, result.public_key))
