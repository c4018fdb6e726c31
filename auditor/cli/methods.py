"""``audit methods``: what can be certified, how, and whose idea it is."""

from __future__ import annotations

import json
from enum import StrEnum
from itertools import groupby
from typing import Annotated

import typer

from auditor import methods as table
from auditor.cli.screen import paragraph
from auditor.methods import Method


class Style(StrEnum):
    """How a list of methods is printed."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def methods(
    *,
    axis: Annotated[
        str | None, typer.Option(metavar="AXIS", help="Only those that certify this axis.")
    ] = None,
    style: Annotated[Style, typer.Option("--format", help="How to print it.")] = Style.TEXT,
) -> None:
    """List every method with its threat, its cost and its source.

    A recipe takes one of the training sides and one of the test sides.

    Examples:
      audit methods
      audit methods --axis inputPatch
      audit methods --format json
    """
    chosen = [method for method in table.methods() if axis is None or axis in method.axes]
    if not chosen:
        known = sorted({name for method in table.methods() for name in method.axes})
        raise typer.BadParameter(f"expected one of {', '.join(known)}, got {axis!r}")
    if style is Style.JSON:
        typer.echo(json.dumps([method.to_json() for method in chosen], indent=2))
        return
    for side, rows in groupby(chosen, key=lambda method: method.side):
        if style is Style.MARKDOWN:
            typer.echo("\n".join([*table.markdown(side, tuple(rows)), ""]))
        else:
            typer.echo("\n".join([side, "", *map(_text, rows)]))


def _text(method: Method) -> str:
    table_ = "" if method.side == "threat" else f"[smoothing.{method.side}] "
    lines = [f"  {method.name}", f"    {table_}{method.recipe}"]
    rows = (
        ("stops", method.threat),
        ("axes", ", ".join(method.axes)),
        ("random", method.random or "nothing: alpha is 0, no claim can fail by chance"),
        ("costs", method.cost),
        ("keeps", method.evidence),
        ("source", method.source),
        ("proof", method.doc),
        ("recipe", method.example),
    )
    for name, text in rows:
        if text:
            first, *rest = paragraph(text, indent=" " * 12)
            lines += [f"    {name:<8}{first.strip()}", *rest]
    return "\n".join([*lines, ""])
