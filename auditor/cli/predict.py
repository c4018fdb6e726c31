"""``audit predict``: the certified classifier's answer for new inputs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from auditor.cli.extras import need


def predict(
    release: Annotated[Path, typer.Argument(metavar="RELEASE", help="The release folder.")],
    images: Annotated[list[Path] | None, typer.Argument(help="Image files.")] = None,
    *,
    npy: Annotated[
        Path | None, typer.Option(help="A NumPy file of inputs (n, ...) as in the data source.")
    ] = None,
) -> None:
    """Ask the ensemble itself, by the very vote that is certified.

    Examples:
      audit predict build/digits seven.png
      audit predict build/digits --npy inputs.npy
    """
    need("replay", "predict")
