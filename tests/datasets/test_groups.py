"""Where groups come from, and what is said of them before a run."""

from __future__ import annotations

import runpy
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from auditor import recipe as recipes
from auditor.datasets import check, load
from auditor.datasets.sources.scikit import FORMS
from auditor.errors import DataError, RecipeError
from auditor.recipe import Recipe

Make = Callable[..., Recipe]

FORM = {"source": "sklearn:digits", "group": "form", "holdout": {"every": 3, "offset": 0}}


def test_every_form_begins_with_the_digits_in_order() -> None:
    target = load_digits().target
    assert (len(FORMS), FORMS[0]) == (14, 0)
    for first in FORMS:
        assert target[first : first + 10].tolist() == list(range(10))
    thrice = [
        at for at in range(len(target) - 29) if (np.diff(target[at : at + 30]) % 10 == 1).all()
    ]
    assert {at for at in thrice if target[at] == 0} <= set(FORMS)


def test_forms_go_by_the_place_of_a_row(recipe: Make) -> None:
    train, test = load(recipe(FORM, classes=["1", "7"]))
    assert train.group_count == 14
    assert train.groups is not None
    assert test.groups is not None
    assert list(train.groups) == sorted(train.groups)
    assert train.groups[0] == "form 01"
    assert train.groups[-1] == "form 14"
    assert train.manifest()["groups"] == Counter(train.groups)


def test_other_sources_of_scikit_have_no_groups(recipe: Make) -> None:
    with pytest.raises(DataError, match="sklearn:iris has no groups"):
        load(recipe({**FORM, "source": "sklearn:iris"}, classes=["setosa", "virginica"]))


def test_folders_of_images_name_their_groups(recipe: Make, tmp_path: Path) -> None:
    for split, name, group, number in (
        ("train", "a", "anna", 1),
        ("train", "a", "ben", 0),
        ("train", "b", "anna", 2),
        ("test", "a", "carl", 0),
        ("test", "b", "anna", 0),
    ):
        folder = tmp_path / split / name / group
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 3), 10 * number).save(folder / f"{number}.png")
    Image.new("L", (4, 3)).save(tmp_path / "train" / "a" / "loose.png")
    data = {"source": "images", "path": ".", "shape": [1, 3, 4], "group": "folder"}
    train, test = load(recipe(data, classes=["a", "b"]))
    assert train.groups == ("anna", "ben", "anna")
    assert test.groups == ("carl", "anna")
    assert train.names == ("train/a/anna/1.png", "train/a/ben/0.png", "train/b/anna/2.png")


def grouped(folder: Path, sizes: list[int], smoothing: dict[str, Any], recipe: Make) -> list[str]:
    total = sum(sizes)
    names = np.repeat([f"g{at}" for at in range(len(sizes))], sizes)
    np.savez(
        folder / "d.npz",
        xTrain=np.arange(4 * total).reshape(total, 4) % 2,
        yTrain=np.arange(total) % 2,
        xTest=np.zeros((2, 4)),
        yTest=np.arange(2),
        who=names,
    )
    data = {"source": "npz", "path": "d.npz", "group": "who"}
    found = check(recipe(data, classes=["0", "1"], unit="group", smoothing=smoothing))
    return [sentence for sentence in found.advice if "group" in sentence]


PARTS: dict[str, Any] = {
    "training": {"method": "partition", "parts": 3, "by": "group"},
    "test": {"method": "none"},
}
BAG: dict[str, Any] = {"training": {"method": "bag", "size": 3}, "test": {"method": "none"}}


def test_the_number_and_the_largest_of_the_groups_are_said(recipe: Make, tmp_path: Path) -> None:
    said = grouped(tmp_path, [2, 3, 2, 3, 2, 3, 2, 3], PARTS, recipe)
    assert said == [
        "8 groups of 2 to 3 training examples; the largest, 'g1', holds 15% of all",
    ]


def test_a_group_with_half_of_the_data_is_said(recipe: Make, tmp_path: Path) -> None:
    said = grouped(tmp_path, [10, 2, 2, 2, 2, 2], BAG, recipe)
    assert said[0] == "6 groups of 2 to 10 training examples; the largest, 'g0', holds 50% of all"
    assert "against any one group is one against 'g0' too" in said[1]
    assert "the other 50% of the examples" in said[1]


def test_empty_parts_and_large_bags_are_said(recipe: Make, tmp_path: Path) -> None:
    parts = {**PARTS, "training": {**PARTS["training"], "parts": 60}}
    assert "of 60 parts hold no group" in grouped(tmp_path, [2] * 8, parts, recipe)[1]
    bags = {**BAG, "training": {"method": "bag", "size": 5}}
    assert "a bag of 5 groups of 8" in grouped(tmp_path, [2] * 8, bags, recipe)[1]


def test_a_group_column_is_needed_where_groups_are_the_unit(recipe: Make) -> None:
    with pytest.raises(RecipeError, match=r"data\.group: expected the column"):
        recipe({"source": "sklearn:digits"}, classes=["1", "7"], unit="group", smoothing=BAG)


EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
METHODS = ("bag-of-groups", "parts-by-group", "labels-only", "features-only")


@pytest.mark.parametrize("name", METHODS)
def test_the_examples_fit_their_data(name: str) -> None:
    found = check(recipes.load(EXAMPLES / "methods" / f"{name}.toml"))
    assert found.ok, found.problems
    grouped_by = [sentence for sentence in found.advice if sentence.startswith("14 groups")]
    assert len(grouped_by) == ("group" in name)


def test_the_table_of_forms_has_a_contributor_a_row(tmp_path: Path) -> None:
    script = runpy.run_path(str(EXAMPLES / "table" / "forms.py"))
    script["main"](tmp_path / "forms.csv")
    shutil.copy(EXAMPLES / "table" / "forms.toml", tmp_path)
    train, test = load(recipes.load(tmp_path / "forms.toml"))
    same, inputs = load(recipes.load(EXAMPLES / "methods" / "parts-by-group.toml"))
    ones_and_sevens = [at for at, label in enumerate(same.labels.tolist()) if label in {1, 7}]
    assert np.array_equal(train.symbols, same.symbols[ones_and_sevens])
    assert train.groups == same.take(ones_and_sevens).groups
    assert (len(train), len(test), len(inputs)) == (241, 120, 599)
