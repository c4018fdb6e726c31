"""``audit doctor``: what this machine can do, and what to install."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer

from auditor.cli.screen import paint, safe
from auditor.cli.verify import Format

_COLOURS = {"ok": "green", "missing": "yellow", "broken": "red"}


def doctor(
    folder: Annotated[
        Path, typer.Argument(help="Where releases will be written.", exists=True, file_okay=False)
    ] = Path(),
    *,
    style: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
) -> None:
    """Look at this machine, and say what to install.

    Python, the packages of every extra, graphics cards, ONNX providers, the sandbox for strangers'
    members, memory and disk. Ends with exit code 1 where something is installed and does not work;
    what is only missing is no failure.

    Examples:
      audit doctor
      audit doctor /data/releases --format json
    """
    from auditor.doctor import examine

    found = examine(folder)
    if style is Format.JSON:
        typer.echo(json.dumps([dataclasses.asdict(each) for each in found], indent=2))
    else:
        width = max(len(each.what) for each in found)
        for each in found:
            mark = paint(each.result.ljust(7), _COLOURS[each.result])
            typer.echo(f"{mark}  {each.what.ljust(width)}  {safe(each.detail)}")
            if each.advice:
                typer.echo(f"{' ' * (width + 11)}{each.advice}")
    raise typer.Exit(int(any(each.result == "broken" for each in found)))
