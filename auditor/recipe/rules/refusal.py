"""How a rule says no."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 - becomes a RecipeError as soon as the file is known
    """Key, what is expected, what was got."""


def refuse(key: str, expected: str, got: object) -> Refusal:
    """Return the refusal of a key's value, for raising."""
    return Refusal(f"{key}: expected {expected}, got {got}")
