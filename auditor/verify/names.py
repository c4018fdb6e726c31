"""What the audit repeats from its recipe: classes, source, own code and front end (step 5)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from auditor.errors import StatementError
from auditor.format.audit import MAX_CLASSES, Audit
from auditor.format.fields import Fields

_FACTORY: Final = re.compile(
    r"python:([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*):[A-Za-z_][A-Za-z0-9_]*"
)


def learner_module(recipe: Mapping[str, object]) -> str | None:
    """Return the module of a recipe's own code, None if its learner is one of ours.

    Raises StatementError when the learner is not spelled as a recipe spells it.
    """
    learner = Fields(recipe, "recipe").section("learner")
    if learner.text("name", limit=256) != "python":
        return None
    match = _FACTORY.fullmatch(learner.text("factory", limit=1024))
    if match is None:
        raise StatementError(f"{learner.where}.factory: expected python:module:function")
    return match.group(1)


def own_front_end(recipe: Mapping[str, object]) -> tuple[str, str] | None:
    """Return (path, SHA-256 in hex) of a recipe's own front end, None if it has none.

    Raises StatementError when the front end is not spelled as a recipe spells it.
    """
    learner = Fields(recipe, "recipe").section("learner")
    if "frontEnd" not in learner.value:
        return None
    front_end = learner.section("frontEnd")
    if front_end.text("name", limit=256) != "onnx":
        return None
    return front_end.text("path", limit=1000), front_end.hexadecimal("sha256")


def check(audit: Audit) -> None:
    """(5) Check that names which a verdict prints are the recipe's, and that own code is listed.

    Else a label could be printed as another class, or code be run that no reader was told of.
    """
    recipe = Fields(audit.recipe, "audit.recipe")
    if recipe.texts("classes", limit=MAX_CLASSES) != audit.classes:
        raise StatementError("audit.dataset.classes: not the recipe's")
    if recipe.section("data").text("source", limit=1024) != audit.source:
        raise StatementError("audit.dataset.source: not the recipe's")
    module, front_end = learner_module(audit.recipe), own_front_end(audit.recipe)
    listed = [name for name, _ in audit.trusted if name.startswith("python:")]
    if listed != ([] if module is None else [f"python:{module}"]):
        raise StatementError(
            f"audit.recipe.trusted: expected {module or 'no code'} once, got {listed[:5]}"
        )
    graphs = [item for item in audit.trusted if item[0].startswith("onnx:")]
    if graphs != ([] if front_end is None else [(f"onnx:{front_end[0]}", front_end[1])]):
        raise StatementError(
            f"audit.recipe.trusted: expected {front_end or 'no front end'} once, got {graphs[:5]}"
        )
