"""From a document as written to the resolved form, which is signed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from auditor.errors import RecipeError
from auditor.recipe import presets, rules
from auditor.recipe.budgets import expand
from auditor.recipe.complete import complete
from auditor.recipe.forms import drawn, fixed_members, randomised, symbols
from auditor.recipe.numbers import weight
from auditor.recipe.schema import path_text, validate


def resolve(document: Mapping[str, Any], *, where: str = "recipe") -> dict[str, Any]:
    """Return the resolved recipe: integers, strings, booleans, tables and lists only.

    Resolving a resolved recipe changes nothing. ``where`` starts every error. Raises RecipeError,
    naming the key, the value and what is allowed.
    """
    _finite(document, (), where)
    document = presets.fill(document)
    validate(document, where)
    recipe = complete(document, where)
    _default_numbers(recipe)
    recipe["claim"]["budgets"] = expand(recipe["claim"]["budgets"], where)
    _weights(recipe, where)
    _list_front_end(recipe)
    rules.check(recipe, where)
    return recipe


def _finite(value: object, path: tuple[str | int, ...], where: str) -> None:
    """Refuse nan and inf, which TOML allows and nothing here can mean."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            _finite(item, (*path, key), where)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _finite(item, (*path, index), where)
    elif isinstance(value, float):
        raise RecipeError(
            f"{where}: {path_text(path)}: expected text or Decimal, got the "
            f"floating-point number {value!r}"
        )
    elif isinstance(value, Decimal) and not value.is_finite():
        raise RecipeError(f"{where}: {path_text(path)}: expected a finite number, got {value}")


def _default_numbers(recipe: dict[str, Any]) -> None:
    """Fill what follows from other keys: members, draws, alpha."""
    training = recipe["smoothing"]["training"]
    recipe.setdefault("members", fixed_members(training) or 1000)
    if training["method"] == "neighbours":
        recipe["learner"].setdefault("chunk", 1)
    sampled = randomised(recipe) and not drawn(recipe)
    recipe.setdefault("draws", 1000 if sampled else 0)
    recipe["claim"].setdefault("alpha", "1/1000" if randomised(recipe) else "0")


def _list_front_end(recipe: dict[str, Any]) -> None:
    """List a front end of the recipe's own among the trusted artefacts, before all others."""
    front_end = recipe["learner"].get("frontEnd", {})
    if front_end.get("name") == "onnx":
        entry = {"name": f"onnx:{front_end['path']}", "sha256": front_end["sha256"]}
        if entry not in recipe["trusted"]:
            recipe["trusted"] = [entry, *recipe["trusted"]]


def _weights(recipe: dict[str, Any], where: str) -> None:
    """Write every noise level as "w/256" or "w/65536", or "1" for no noise."""
    alphabet = symbols(recipe["alphabet"])
    training, test = recipe["smoothing"]["training"], recipe["smoothing"]["test"]
    levels = [
        (training, "training", "keepFeatures", alphabet),
        (training, "training", "keepLabels", len(recipe["classes"])),
        (training, "training", "rate", None),
        (training, "training", "showFeatures", None),
        (training, "training", "showLabels", None),
        (test, "test", "keep", alphabet),
        (test, "test", "show", None),
    ]
    for table, side, key, size in levels:
        if key not in table:
            continue
        if alphabet is None and key in {"keepFeatures", "keep"} and table[key] != "1":
            raise RecipeError(
                f'{where}: smoothing.{side}.{key}: expected 1 with alphabet.kind "grid" (flips '
                f"need a finite alphabet: binary or levels), got {table[key]!r}"
            )
        try:
            table[key] = weight(table[key], size)
        except ValueError as error:
            raise RecipeError(
                f"{where}: smoothing.{side}.{key}: got {table[key]!r}, {error}"
            ) from None
