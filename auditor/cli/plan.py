"""``audit plan``: what a run will take and what it can reach, before anything is spent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from auditor.cli.extras import need
from auditor.cli.failures import USAGE, complain
from auditor.cli.run import Device


def plan(
    path: Annotated[Path, typer.Argument(metavar="RECIPE", help="The recipe, a TOML file.")],
    *,
    device: Annotated[Device, typer.Option(help="Where the run will compute.")] = Device.AUTO,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes.")] = None,
) -> None:
    """Say what a run will take, and what it can certify at all.

    Time, memory and disk come from a short real measurement.

    Ends with exit code 2 when no budget can be certified whatever the votes: a run would be
    refused.

    Examples:
      audit plan examples/digits/recipe.toml
      audit plan recipe.toml --device cuda
    """
    need("run", "plan")
    from auditor import recipe
    from auditor.cli.forecast import forecast
    from auditor.run.plan import plan as plan_run

    planned = plan_run(path, device=device.value, workers=workers)
    typer.echo(forecast(planned, recipe.load(path).resolved))
    if not planned.reachable:
        complain("no budget above zero can be certified, whatever the votes; a run is refused")
        raise typer.Exit(USAGE)
