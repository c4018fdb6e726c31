"""``audit init``: a commented recipe to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from auditor.errors import UsageError


def init(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Where to write it.")] = Path(
        "recipe.toml"
    ),
) -> None:
    """Write a commented starter recipe.

    Examples:
      audit init
      audit init experiments/first.toml && audit plan experiments/first.toml
    """
    from auditor import recipe

    if path.exists():
        raise UsageError(f"{path}: exists already, and is not overwritten")
    path.write_text(recipe.starter(), encoding="utf-8")
    typer.echo(f"Wrote {path}. Next: audit check {path}, then audit plan {path}.")
