"""The table of learners, the recipe's schema, the starter and the tests name the same learners."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from auditor.learners import InputSpec
from auditor.learners.build import LEARNERS, build
from auditor.learners.front_ends.table import FRONT_ENDS
from auditor.recipe import resolve, starter
from auditor.recipe.schema import recipe_schema
from tests.learners import test_every_learner

#: What a learner cannot do without.
NEEDED: dict[str, dict[str, str]] = {"python": {"factory": "python:typer:echo"}}


def test_the_schema_has_the_learners_and_front_ends_of_the_tables() -> None:
    schema = recipe_schema()
    learner = schema["properties"]["learner"]
    branches = [branch["if"]["properties"]["name"]["const"] for branch in learner["allOf"]]
    chosen = list(dict.fromkeys(branches))
    assert len(branches) == len(chosen) + 1, "python has two forms: with its own training, or ours"
    assert learner["properties"]["name"]["enum"] == chosen == list(LEARNERS)
    front = schema["$defs"]["frontEnd"]
    chosen = [branch["if"]["properties"]["name"]["const"] for branch in front["allOf"]]
    assert front["properties"]["name"]["enum"] == chosen == [*FRONT_ENDS]


def test_the_starter_recipe_offers_every_learner() -> None:
    offered = starter().split("[learner]")[1].split("\nname")[0]
    missing = [name for name in LEARNERS if name not in offered]
    assert not missing


def test_every_learner_is_tested() -> None:
    tested = {table["name"] for table, _ in test_every_learner.TABLES.values()}
    assert tested | {"torchvision"} == set(LEARNERS)  # it has tests of its own, with small images


@pytest.mark.parametrize("name", LEARNERS)
def test_the_schema_has_the_learners_own_defaults(name: str) -> None:
    bare = {"name": name, **NEEDED.get(name, {})}
    document = {
        "version": 1,
        "name": "test",
        "classes": ["a", "b"],
        "selection": "none",
        "data": {"source": "sklearn:digits"},
        "alphabet": {"kind": "binary", "threshold": 8},
        "learner": bare,
        "smoothing": {"training": {"method": "partition", "parts": 5}},
        "claim": {"budgets": [{"trainExamples": 1}]},
    }
    assert settings(bare) == settings(resolve(document)["learner"])


def settings(table: dict[str, Any]) -> dict[str, Any]:
    recipe = {"learner": table, "smoothing": {"test": {"method": "none"}}}
    spec = InputSpec(shape=(1, 8, 8), symbols=2, masked=False, classes=2)
    learner: Any = build(recipe, spec, capacity=9)  # all of them are dataclasses
    fields = {field.name for field in dataclasses.fields(learner)} - {"maker", "make"}
    return {name: getattr(learner, name) for name in fields}
