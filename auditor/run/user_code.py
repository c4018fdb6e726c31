"""A recipe's own code: found beside the recipe, listed by digest as a trusted artefact."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from auditor.errors import RecipeError
from auditor.learners import factory
from auditor.recipe import Recipe


def make_importable(recipe: Mapping[str, Any], base: Path) -> None:
    """Let a recipe's factory be imported from the recipe's own folder, in this process."""
    place = str(base.resolve())
    if recipe["learner"]["name"] == "python" and place not in sys.path:
        sys.path.insert(0, place)


def listed(loaded: Recipe) -> Recipe:
    """Return the recipe with the source file of its factory among the trusted artefacts.

    The guarantee assumes that nobody tampered with that file, so the certificate names it. Raises
    RecipeError when it is not there, or the recipe lists it with another digest.
    """
    make_importable(loaded.resolved, loaded.base)
    found = factory.source(loaded.resolved)
    if found is None:
        return loaded
    name, digest = f"python:{found[0]}", found[1]
    trusted = [dict(entry) for entry in loaded.resolved["trusted"]]
    for entry in trusted:
        if entry["name"] == name and entry["sha256"] != digest:
            msg = (
                f"trusted: {name}: expected SHA-256 {entry['sha256']}, its source file has {digest}"
            )
            raise RecipeError(msg)
    entry = {"name": name, "sha256": digest}
    if entry not in trusted:
        trusted.append(entry)
    return replace(loaded, resolved={**loaded.resolved, "trusted": trusted})
