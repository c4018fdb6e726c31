"""A recipe's own code: found beside the recipe, listed by digest as a trusted artefact."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from auditor.errors import RecipeError
from auditor.learners import own_code
from auditor.recipe import Recipe


def listed(loaded: Recipe) -> Recipe:
    """Return the recipe with the source file of its factory among the trusted artefacts.

    The guarantee assumes that nobody tampered with that file, so the certificate names it. Raises
    RecipeError when it is not there, or the recipe lists it with another digest.
    """
    found = own_code.find(loaded.resolved, loaded.base)
    if found is None:
        return loaded
    entry = found.trusted
    trusted = [dict(each) for each in loaded.resolved["trusted"]]
    for each in trusted:
        if each["name"] == entry["name"] and each != entry:
            msg = (
                f"trusted: {entry['name']}: expected SHA-256 {each['sha256']}, its source file has "
                f"{entry['sha256']}"
            )
            raise RecipeError(msg)
    if entry not in trusted:
        trusted.append(entry)
    return replace(loaded, resolved={**loaded.resolved, "trusted": trusted})


def run(recipe: Mapping[str, Any], base: Path) -> None:
    """Run a recipe's own code in this process, so that its factory can be called; once is enough.

    What it imports is found beside the recipe, too. Raises RecipeError when its source is no longer
    the one that is listed.
    """
    found = own_code.find(recipe, base)
    if found is None:
        return
    if found.trusted not in recipe["trusted"]:
        msg = f"{found.path}: changed while the run was under way"
        raise RecipeError(msg)
    place = str(base.resolve())
    if place not in sys.path:
        sys.path.insert(0, place)
    own_code.load(found)
