"""Text for a terminal: safe to print, and coloured only where that is wanted."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Mapping, Sequence

import typer

from auditor.format.visible import visible


def safe(text: str) -> str:
    r"""Return text with every letter that cannot be seen, but the line feed, made visible.

    Names in a certificate come from whoever signed it; none of them may move the cursor.

    >>> safe("a\x1b[2Jb")
    'a\\x1b[2Jb'
    """
    return visible(text, "\n")


def paint(text: str, colour: str) -> str:
    """Colour and embolden text, unless NO_COLOR is set; typer drops colour off a terminal."""
    if os.environ.get("NO_COLOR"):
        return text
    return typer.style(text, fg=colour, bold=True)


def show(text: str, colours: Mapping[str, str]) -> None:
    """Print a text, its first words coloured where ``colours`` knows them."""
    text = safe(text)
    for word, colour in colours.items():
        if text.startswith(word):
            text = paint(word, colour) + text.removeprefix(word)
            break
    typer.echo(text, nl=False)


def table(rows: Sequence[tuple[str, ...]], indent: str = "  ") -> list[str]:
    """Lay out rows of equal length: first column to the left, the others to the right.

    >>> table([("budget", "inputs"), ("no change", "7")])
    ['  budget     inputs', '  no change       7']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        indent
        + "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def paragraph(*sentences: str, indent: str = "  ") -> list[str]:
    """Break sentences into lines of at most 96 characters."""
    return textwrap.wrap(" ".join(sentences), 96, initial_indent=indent, subsequent_indent=indent)
