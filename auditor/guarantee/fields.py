"""Strict reading of recipe fields: each error names the key, the value and what is allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from flint import fmpq

from auditor.errors import RecipeError
from auditor.exact import rational

_MAX_DENOMINATOR: Final = 1 << 64


def mapping(source: Mapping[str, object], key: str, where: str) -> Mapping[str, object]:
    """Return the table at ``key``; RecipeError when it is missing or something else."""
    value = source.get(key)
    if not isinstance(value, Mapping):
        raise refuse(where, key, "a table", value)
    return value


def items(source: Mapping[str, object], key: str, where: str) -> Sequence[object]:
    """Return the list at ``key``; RecipeError when it is missing or something else."""
    value = source.get(key)
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
        raise refuse(where, key, "a list", value)
    return value


def integer(
    source: Mapping[str, object],
    key: str,
    where: str,
    *,
    low: int,
    high: int,
    default: int | None = None,
) -> int:
    """Return the whole number at ``key``, between ``low`` and ``high`` inclusive."""
    value = source.get(key, default)
    if type(value) is not int or not low <= value <= high:
        raise refuse(where, key, f"a whole number from {low} to {high}", value)
    return value


def choice(
    source: Mapping[str, object],
    key: str,
    where: str,
    allowed: Sequence[str],
    default: str | None = None,
) -> str:
    """Return the text at ``key``, which must be one of ``allowed``."""
    value = source.get(key, default)
    if not isinstance(value, str) or value not in allowed:
        raise refuse(where, key, "one of " + ", ".join(map(repr, allowed)), value)
    return value


def probability(source: Mapping[str, object], key: str, where: str) -> fmpq:
    """Return the rational at ``key``, between 0 and 1 inclusive, written such as '205/256'."""
    value = source.get(key)
    try:
        parsed = rational.parse(value)
    except ValueError:
        raise refuse(where, key, "a fraction such as '205/256'", value) from None
    if parsed > 1 or parsed.q > _MAX_DENOMINATOR:
        raise refuse(where, key, "a fraction from 0 to 1 with a denominator up to 2^64", value)
    return parsed


def only(source: Mapping[str, object], allowed: Sequence[str], where: str) -> None:
    """Raise RecipeError when ``source`` has a key that is not in ``allowed``."""
    for key in source:
        if key not in allowed:
            expected = ", ".join(allowed)
            message = f"{where}: unknown key {_shown(key)}; allowed: {expected}"
            raise RecipeError(message)


def refuse(where: str, key: str, expected: str, got: object) -> RecipeError:
    """Return the error for a value that is not what ``key`` allows."""
    found = "nothing" if got is None else _shown(got)
    return RecipeError(f"{where}.{key}: expected {expected}, got {found}")


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
