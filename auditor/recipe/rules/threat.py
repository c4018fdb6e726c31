"""The rule between what is attacked and what is built on the training data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditor.errors import RecipeError
from auditor.guarantee.smoothing import threat_for
from auditor.recipe.rules.refusal import Refusal


def threat(recipe: Mapping[str, Any]) -> None:
    """The training side covers the threat, and nothing is made from what an attacker changes."""
    try:
        threat_for(recipe)
    except RecipeError as error:
        raise Refusal(str(error)) from None
