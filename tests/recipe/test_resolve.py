"""The resolved form: exact, complete, and a fixed point."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from auditor.recipe import load, recipe_schema, resolve, starter
from auditor.recipe.budgets import expand

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("**/*.toml"))


def leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


def test_the_starter_is_valid_and_explains_every_table(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(starter())
    recipe = load(path)
    assert recipe.text == starter().encode()
    assert recipe.sha256 == hashlib.sha256(recipe.text).hexdigest()
    assert recipe.base == tmp_path
    assert starter().count("#") > 30


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_example_resolves_to_a_fixed_point_without_floats(path: Path) -> None:
    resolved = load(path).resolved
    assert resolve(resolved) == resolved
    assert {type(leaf) for leaf in leaves(resolved)} <= {int, str, bool}
    assert json.loads(json.dumps(resolved)) == resolved
    jsonschema.validate(resolved, recipe_schema())


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 9


def test_defaults_are_filled_in(document: dict[str, Any]) -> None:
    resolved = resolve(document)
    assert resolved["data"] == {"source": "sklearn:digits", "holdout": {"every": 5, "offset": 0}}
    assert resolved["alphabet"] == {"kind": "binary", "threshold": "8", "unit": "pixel"}
    assert resolved["learner"] == {"name": "naive-bayes", "smoothing": "1"}
    assert resolved["training"] == {"copies": [{}], "masks": 0}
    assert resolved["smoothing"]["training"]["by"] == "index"
    assert resolved["smoothing"]["test"] == {"method": "none"}
    assert (resolved["members"], resolved["draws"]) == (5, 0)
    assert resolved["claim"] == {
        "alpha": "0",
        "scope": "simultaneous",
        "bound": "top",
        "budgets": [{"trainExamples": 1}],
    }
    assert resolved["inputs"] == {"take": "all"}
    assert resolved["tau"] == "1/65536"
    assert resolved["trusted"] == []
    assert "preset" not in resolved


def test_resolving_leaves_the_document_alone(document: dict[str, Any]) -> None:
    before = json.dumps(document)
    resolve(document)["claim"]["budgets"].clear()
    assert json.dumps(document) == before


def test_noisy_inputs_of_fixed_members_have_draws_and_alpha(document: dict[str, Any]) -> None:
    document["smoothing"]["test"] = {"method": "hide", "show": "1/16"}
    resolved = resolve(document)
    assert resolved["draws"] == 1000
    assert resolved["claim"]["alpha"] == "1/1000"
    assert resolved["smoothing"]["test"]["show"] == "16/256"


def test_free_text_reaches_a_factory(document: dict[str, Any]) -> None:
    document["learner"] = {"name": "python", "factory": "python:a.b:make", "depth": "3"}
    assert resolve(document)["learner"]["depth"] == "3"


def test_runner_up(document: dict[str, Any]) -> None:
    document["classes"] = list("abc")
    document["smoothing"]["training"] = {"method": "bag", "size": 3}
    document["claim"] |= {"bound": "runner-up", "selectionDraws": 100}
    assert resolve(document)["claim"]["selectionDraws"] == 100


def test_a_grid_of_partial_changes_has_no_half_of_one() -> None:
    grid = {"partialExamples": [0, 9], "featuresPerExample": [0, 2], "labelsPerExample": [0, 1]}
    assert expand({**grid, "trainExamples": 3}, "recipe") == [
        {"trainExamples": 3},
        {"trainExamples": 3, "partialExamples": 9, "labelsPerExample": 1},
        {"trainExamples": 3, "partialExamples": 9, "featuresPerExample": 2},
        {
            "trainExamples": 3,
            "partialExamples": 9,
            "featuresPerExample": 2,
            "labelsPerExample": 1,
        },
    ]
    alone = [{"partialExamples": 9}, {"featuresPerExample": 2}]
    assert expand(alone, "recipe") == alone  # for the rules to refuse


def test_a_grid_of_budgets_is_a_sorted_product_without_repeats() -> None:
    grid = {"inputFeatures": [2, 0], "trainExamples": [5, 0, 5]}
    assert expand(grid, "recipe") == [
        {},
        {"inputFeatures": 2},
        {"trainExamples": 5},
        {"trainExamples": 5, "inputFeatures": 2},
    ]
    assert expand([{"total": 3}, {"total": [1, 3]}], "recipe") == [{"total": 3}, {"total": 1}]


def test_every_key_of_the_schema_is_described_and_every_table_is_closed() -> None:
    def walk(node: object, path: str) -> None:
        if isinstance(node, dict):
            if node.get("type") == "object" and "allOf" not in node:
                assert "additionalProperties" in node, path
                assert node["additionalProperties"] is not True, path
            for key, entry in node.get("properties", {}).items():
                if "/if" not in path:
                    assert entry.get("description"), f"{path}/{key}"
            for key, entry in node.items():
                walk(entry, f"{path}/{key}")
        elif isinstance(node, list):
            for index, entry in enumerate(node):
                walk(entry, f"{path}/{index}")

    jsonschema.Draft202012Validator.check_schema(recipe_schema())
    walk(recipe_schema(), "")
