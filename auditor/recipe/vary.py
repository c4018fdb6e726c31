"""A recipe with other noise, other draws: what somebody compares before choosing."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from auditor.errors import RecipeError, UsageError
from auditor.recipe.file import Recipe
from auditor.recipe.resolved import resolve

#: What may be varied: nothing that changes how data are read.
VARIED: Final = ("smoothing.", "claim.", "members", "draws")


def vary(recipe: Recipe, changes: Mapping[str, str]) -> dict[str, Any]:
    """Return the resolved recipe with ``changes`` made: values as TOML text, by dotted key.

    What follows from a changed key (members from parts) follows again. Raises UsageError for a key
    that may not be varied, RecipeError as loading the changed recipe would.
    """
    if not changes:
        return recipe.resolved
    document = tomllib.loads(recipe.text.decode("utf-8"), parse_float=Decimal)
    for key, text in changes.items():
        if not key.startswith(VARIED):
            allowed = "smoothing.*, claim.*, members or draws"
            raise UsageError(f"--vary: expected a key of {allowed}, got {key!r}")
        _set(document, key, _value(text))
    words = ", ".join(f"{key} = {text}" for key, text in changes.items())
    return resolve(document, where=f"{recipe.path} with {words}")


def _value(text: str) -> object:
    """Read a TOML value; what is none, such as 205/256, is text.

    >>> _value("60"), _value("205/256"), _value("0.8")
    (60, '205/256', Decimal('0.8'))
    """
    try:
        return tomllib.loads(f"value = {text}", parse_float=Decimal)["value"]
    except (tomllib.TOMLDecodeError, ArithmeticError):
        return text


def _set(document: dict[str, Any], key: str, value: object) -> None:
    *tables, last = key.split(".")
    table = document
    for name in tables:
        inner = table.get(name, {})
        if not isinstance(inner, Mapping):
            raise RecipeError(f"--vary {key}: expected {name} to be a table, got {inner!r}")
        table[name] = copy.copy(inner)
        table = table[name]
    table[last] = value
