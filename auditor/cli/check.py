"""``audit check``: read the data as the recipe says, and say what is odd about it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from auditor.cli.extras import need
from auditor.cli.failures import USAGE
from auditor.cli.screen import safe


def check(
    path: Annotated[Path, typer.Argument(metavar="RECIPE", help="The recipe, a TOML file.")],
) -> None:
    """Read the data only, and report counts, duplicates, oddities.

    Ends with exit code 2 when something needs mending.

    Example:
      audit check examples/digits/recipe.toml
    """
    need("run", "check")
    from auditor import datasets, recipe

    findings = datasets.check(recipe.load(path))
    typer.echo(safe(str(findings)))
    if not findings.ok:
        raise typer.Exit(USAGE)
