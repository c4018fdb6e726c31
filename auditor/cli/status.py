"""``audit status``: how far a run is, and how to go on."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer

from auditor.cli.screen import safe
from auditor.cli.verify import Format

_NEXT = {
    "finished": "audit verify {out} --key PUBLIC_KEY",
    "running": "nothing: it is going on; stop it when you like, it continues from here",
    "stopped": "give the same audit run command again: what is finished is kept",
    "awaiting-challenge": "audit run RECIPE --out {out} --challenge FILE",
}


def status(
    out: Annotated[Path, typer.Argument(metavar="RELEASE", help="What audit run --out names.")],
    *,
    style: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
) -> None:
    """Say how far a run is, and how to go on.

    Reads the folder of the run, beside the release that it will become. Nothing is changed, and
    nothing is verified.

    Example:
      audit status build/digits
    """
    from auditor.run.status import status as read

    found = read(out)
    if style is Format.JSON:
        typer.echo(json.dumps(dataclasses.asdict(found), indent=2))
        return
    lines = [f"state    {found.state}" + ("" if found.stage == found.state else f", {found.stage}")]
    if found.members is not None:
        trained = "" if found.trained is None else f"{found.trained:,} trained of "
        lines.append(f"members  {trained}{found.members:,}")
        lines.append(f"files    {_of(found.files, found.planned.get('files'))} finished")
        lines.append(f"inputs   {found.inputs:,}")
    if found.state != "finished":
        lines.append(f"votes    {_of(found.blocks, found.planned.get('blocks'))} blocks finished")
    if found.awaited:
        lines.append(f"awaits   a challenge ({found.awaited})")
    if found.seconds:
        spent = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in found.seconds.items())
        lines.append(f"so far   {spent}")
    lines.append(f"next     {_NEXT[found.state].format(out=out)}")
    typer.echo(safe("\n".join(lines)))


def _of(done: int, planned: int | None) -> str:
    return f"{done:,}" if planned is None else f"{done:,} of {planned:,}"
