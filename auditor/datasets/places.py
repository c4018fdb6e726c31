"""Where files are: relative to the recipe, with ${AUDIT_DATA} from the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from auditor.errors import DataError

#: The one variable that a recipe may name, so that it says the same on every machine.
VARIABLE: Final = "AUDIT_DATA"


def place(text: str, base: Path, key: str) -> Path:
    """Return the path that ``data.<key>`` names; it need not exist.

    Raises DataError when it names the variable and that is not set.
    """
    mark = f"${{{VARIABLE}}}"
    if mark in text:
        value = os.environ.get(VARIABLE, "")
        if not value:
            raise DataError(
                f"data.{key}: {text} needs the environment variable {VARIABLE}, which is not set: "
                f"set it to the folder that holds the data, or write the path into the recipe"
            )
        text = text.replace(mark, value)
    return base / Path(text).expanduser()


def existing(text: str, base: Path, key: str, *, folder: bool = False) -> Path:
    """Return the path that ``data.<key>`` names. Raises DataError when it is not there."""
    path = place(text, base, key)
    if not (path.is_dir() if folder else path.is_file()):
        what = "folder" if folder else "file"
        problem = f"is not a {what}" if path.exists() else "does not exist"
        raise DataError(f"data.{key}: expected a {what}, {path} {problem}")
    return path
