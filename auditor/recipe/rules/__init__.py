"""What one key cannot say alone: rules between the keys of a resolved recipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from auditor.errors import RecipeError
from auditor.recipe.rules import claim, content, smoothing, threat
from auditor.recipe.rules.refusal import Refusal

#: In the order of a recipe, so that the first complaint is the one nearest to the top.
RULES: Final[tuple[Callable[[Mapping[str, Any]], None], ...]] = (
    content.alphabet,
    content.data,
    content.learner,
    content.copies,
    smoothing.training,
    smoothing.neighbours,
    smoothing.grid,
    smoothing.finite_aggregation,
    smoothing.vote,
    smoothing.test,
    smoothing.product,
    smoothing.members,
    threat.threat,
    claim.claim,
    claim.budgets,
    content.trusted,
)


def check(recipe: Mapping[str, Any], where: str) -> None:
    """Raise RecipeError for the first keys that contradict each other."""
    try:
        for rule in RULES:
            rule(recipe)
    except Refusal as refusal:
        raise RecipeError(f"{where}: {refusal}") from None
