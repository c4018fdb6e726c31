"""The data that a certificate is about, as the verifier brings them.

Nothing is taken from where the recipe says that it was: paths are looked up in the verifier's own
folder and nowhere else, nothing is downloaded, and what is found must be what was committed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, Final

from auditor import datasets
from auditor.datasets import Dataset
from auditor.datasets.places import VARIABLE
from auditor.errors import DataError, RecipeError, StatementError, UndecidedError, UsageError
from auditor.format.examples import salted_digest
from auditor.progress import Progress
from auditor.recipe import Recipe, file
from auditor.verify.names import learner_module
from auditor.verify.verified import Verified

_PATHS: Final = ("path", "test", "root")


@dataclass(frozen=True, kw_only=True)
class Brought:
    """Training set and inputs, seen to be the committed ones, and the recipe as signed."""

    recipe: Recipe
    train: Dataset
    inputs: Dataset


def bring(
    verified: Verified, recipe_toml: bytes, folder: Path | None, progress: Progress
) -> Brought:
    """Return the data of a verified release, read from ``folder``.

    ``recipe_toml`` is the release's recipe file. Raises StatementError when it is not the signed
    recipe, UsageError when ``folder`` is needed and not given, UndecidedError when the data cannot
    be read or are not the committed ones: then somebody has other data, and nobody knows who.
    """
    signed = verified.certificate.audit.recipe
    base = folder if folder is not None else Path.cwd()
    loaded = signed_recipe(signed, recipe_toml, base)
    data = _relocated(loaded.resolved["data"], given=folder is not None)
    progress.stage("reading data", 1, "data set")
    try:
        train, inputs = datasets.load(replace(loaded, resolved={**loaded.resolved, "data": data}))
    except DataError as error:
        raise UndecidedError(f"data: {error}") from error
    except ImportError as error:
        raise UsageError(
            f"data: {data['source']} needs the package {error.name}, which is not installed: "
            "pip install 'auditor[run]'"
        ) from error
    progress.advance(1)
    _same_data(verified, train)
    _same_inputs(verified, inputs)
    return Brought(recipe=loaded, train=train, inputs=inputs)


def signed_recipe(signed: Mapping[str, Any], text: bytes, base: Path) -> Recipe:
    """Return the recipe in ``text``, if it resolves to the signed one; raise StatementError.

    The run itself lists the source file of a recipe's own code among the trusted artefacts.
    """
    try:
        loaded = file.parse(text, base / "recipe.toml")
    except RecipeError as error:
        raise StatementError(f"recipe.toml: {error}") from error
    resolved = dict(loaded.resolved)
    module = learner_module(signed)
    own = [entry for entry in signed["trusted"] if entry not in resolved["trusted"]]
    if len(own) == 1 and own[0]["name"] == f"python:{module}":
        resolved["trusted"] = [*resolved["trusted"], *own]
    for key in sorted(resolved.keys() | signed.keys()):
        if resolved.get(key) != signed.get(key):
            raise StatementError(f"recipe.toml: resolves to another {key!r} than the signed recipe")
    return replace(loaded, resolved=resolved)


def _relocated(data: Mapping[str, Any], *, given: bool) -> dict[str, Any]:
    """Return the recipe's data table with its paths inside the verifier's folder."""
    moved = dict(data)
    for key in _PATHS:
        if key not in moved:
            continue
        if not given:
            raise UsageError(f"data.{key}: this recipe reads files; give their folder with --data")
        text = str(moved[key])
        inside = text.removeprefix(f"${{{VARIABLE}}}").lstrip("/") if "${" in text else text
        path = PurePosixPath(inside)
        if path.is_absolute() or ".." in path.parts or inside.startswith("~") or "${" in inside:
            raise UndecidedError(
                f"data.{key}: expected a path below the folder of --data, the recipe says {text!r}"
            )
        moved[key] = inside or "."
    if "download" in moved:
        moved["download"] = False
    return moved


def _same_data(verified: Verified, train: Dataset) -> None:
    audit = verified.certificate.audit
    for what, expected, got in (
        ("shape", tuple(audit.shape), tuple(train.shape)),
        ("size", audit.dataset_size, len(train)),
        ("dropped", audit.dropped, train.dropped),
        ("root", audit.dataset_root, train.root),
        ("groups", audit.groups, None if audit.groups is None else train.group_count),
    ):
        if expected != got:
            raise UndecidedError(f"data: expected {what} {expected}, got {got}: another data set")


def _same_inputs(verified: Verified, inputs: Dataset) -> None:
    if len(inputs) != len(verified.claims):
        raise UndecidedError(f"data: expected {len(verified.claims)} inputs, got {len(inputs)}")
    labels = inputs.labels.tolist()
    for claim in verified.claims:
        salt = bytes.fromhex(claim.salt)
        tensor = hashlib.sha256(inputs.tensor(claim.index)).digest()
        source = bytes.fromhex(inputs.source_digests[claim.index])
        found = (salted_digest(salt, source), salted_digest(salt, tensor), labels[claim.index])
        if found != (claim.source, claim.tensor, claim.true_label):
            raise UndecidedError(
                f"data: input {claim.index} is not the one of leaf {claim.index}, or has another "
                "label"
            )
