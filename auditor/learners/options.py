"""Reading a resolved recipe: numbers are decimal or rational strings there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from auditor.errors import RecipeError


@dataclass(frozen=True, slots=True)
class Options:
    """One table of a recipe. ``where`` names it in errors ("learner", "learner.frontEnd")."""

    table: Mapping[str, Any]
    where: str

    def real(self, key: str, default: str, *, least: float = float("-inf")) -> float:
        """Return a number as the nearest float. Raises RecipeError for anything else."""
        return self._real(key, self.table.get(key, default), least)

    def reals(self, key: str, default: Sequence[str]) -> tuple[float, ...]:
        """Return a list of numbers. Raises RecipeError for anything else."""
        value = self.table.get(key, default)
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise self.error(key, value, "a list of numbers")
        return tuple(self._real(key, entry, float("-inf")) for entry in value)

    def whole(self, key: str, default: int, *, least: int = 0) -> int:
        """Return an integer of at least ``least``. Raises RecipeError for anything else."""
        value = self.table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise self.error(key, value, f"an integer of at least {least}")
        return value

    def wholes(self, key: str, default: Sequence[int]) -> tuple[int, ...]:
        """Return a list of positive integers. Raises RecipeError for anything else."""
        value = self.table.get(key, default)
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise self.error(key, value, "a list of positive integers")
        for entry in value:
            if isinstance(entry, bool) or not isinstance(entry, int) or entry < 1:
                raise self.error(key, value, "a list of positive integers")
        return tuple(value)

    def switch(self, key: str, *, default: bool) -> bool:
        """Return true or false. Raises RecipeError for anything else."""
        value = self.table.get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, value, "true or false")
        return value

    def text(self, key: str, default: str) -> str:
        """Return a string. Raises RecipeError for anything else."""
        value = self.table.get(key, default)
        if not isinstance(value, str):
            raise self.error(key, value, "a string")
        return value

    def error(self, key: str, value: object, allowed: str) -> RecipeError:
        """Return the error that names key, value and what is allowed."""
        return RecipeError(f"{self.where}.{key}: expected {allowed}, got {value!r}")

    def _real(self, key: str, value: object, least: float) -> float:
        try:
            if not isinstance(value, int | float | str) or isinstance(value, bool):
                raise TypeError
            number = float(Fraction(value))
        except (TypeError, ValueError, ZeroDivisionError, OverflowError) as error:
            raise self.error(key, value, "a number") from error
        if number < least:
            raise self.error(key, value, f"a number of at least {least:g}")
        return number
