"""A recipe's own code and front end: found beside the recipe, listed as trusted artefacts.

A front end's digest stands in the recipe, which lists it when it is resolved. Code has its digest
taken here.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from auditor.errors import RecipeError
from auditor.files import write_atomic
from auditor.learners import own_code
from auditor.learners.front_ends import own_graph
from auditor.recipe import Recipe

#: The recipe's own front end, as workers find it in the folder of a run.
_FRONT_END: Final = "own-front-end.onnx"


def listed(loaded: Recipe) -> Recipe:
    """Return the recipe with the source file of its factory among the trusted artefacts.

    The guarantee assumes that nobody tampered with that file, so the certificate names it. Raises
    RecipeError when it is not there, or the recipe lists it with another digest; and so for the
    recipe's own front end.
    """
    own_graph.read(loaded.resolved, loaded.base)
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


def bring_front_end(recipe: Mapping[str, Any], base: Path, folder: Path) -> None:
    """Copy the recipe's own front end, if it has one, to where workers read it.

    ``base`` is the folder that its path starts from. Raises RecipeError when it is not there or has
    another digest than the recipe says.
    """
    data = own_graph.read(recipe, base)
    if data is not None:
        keep_front_end(data, folder)


def keep_front_end(data: bytes, folder: Path) -> None:
    """Put a recipe's own front end into the folder of a run."""
    write_atomic(folder / _FRONT_END, data)


def kept_front_end(folder: Path) -> bytes | None:
    """Return the front end in the folder of a run, None if there is none of the recipe's own."""
    path = folder / _FRONT_END
    return path.read_bytes() if path.exists() else None
