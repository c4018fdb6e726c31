"""Selection, dropping, holding out: each example by itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.datasets import check, load
from auditor.datasets.load import chosen
from auditor.errors import DataError
from tests.datasets.conftest import Make

NPZ = {"source": "npz", "path": "d.npz"}
HELD = {**NPZ, "holdout": {"every": 3, "offset": 1}}


def write(folder: Path, x: np.ndarray, y: np.ndarray, **more: np.ndarray) -> None:
    np.savez(folder / "d.npz", allow_pickle=False, xTrain=x, yTrain=y, **more)


def test_rows_are_held_out_by_their_place_in_the_source(recipe: Make, tmp_path: Path) -> None:
    labels = np.array(list("axbaabxba"))
    write(tmp_path, np.arange(9.0)[:, None], labels)
    train, test = load(recipe(HELD))
    assert train.names == ("0", "2", "3", "5", "8")
    assert test.names == ("4", "7")
    assert train.labels.tolist() == [0, 1, 0, 1, 0]


def test_an_unlisted_row_has_no_slot_and_a_malformed_one_leaves_its_slot_empty(
    recipe: Make, tmp_path: Path
) -> None:
    values = np.array([[9.0], [9.0], [np.nan], [1.0], [2.0]])
    write(tmp_path, values, np.array(list("xabab")), xTest=values[:2], yTest=np.array(["a", "b"]))
    train, test = load(recipe(NPZ))
    assert train.names == ("1", "3", "4")
    assert train.positions.tolist() == [0, 2, 3]
    assert (train.slots, train.dropped) == (4, 1)
    assert len(test) == 2


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(row=st.integers(0, 11), value=st.sampled_from([np.nan, np.inf, 3.0, 1e300]))
def test_changing_one_example_changes_that_one_only(
    row: int, value: float, recipe: Make, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    values, labels = rng.uniform(0, 16, (12, 3)), np.array(list("ababxabbaabb"))
    write(tmp_path, values, labels, xTest=values, yTest=labels)
    before, _ = load(recipe(NPZ))
    changed = values.copy()
    changed[row, 1] = value
    write(tmp_path, changed, labels, xTest=values, yTest=labels)
    after, _ = load(recipe(NPZ))
    kept = dict(zip(before.positions.tolist(), before.example_digests, strict=True))
    now = dict(zip(after.positions.tolist(), after.example_digests, strict=True))
    touched = {slot for slot in kept if kept[slot] != now.get(slot)}
    names = dict(zip(before.positions.tolist(), before.names, strict=True))
    assert {names[slot] for slot in touched} <= {str(row)}
    assert after.slots == before.slots


def test_malformed_ids_and_groups(recipe: Make, tmp_path: Path) -> None:
    x, y = np.zeros((4, 1)), np.array(list("abab"))
    more = {"ids": np.array(["u", "v\nw", "", "z"]), "groups": np.array([1, 1, 2, 2])}
    write(tmp_path, x, y, xTest=x, yTest=y, **more)
    train, test = load(recipe({**NPZ, "id": "ids", "group": "groups"}))
    assert train.ids == ("u", "z")
    assert train.groups == ("1", "2")
    assert train.dropped == 2
    assert test.ids is None


def test_take() -> None:
    assert chosen("all", 3) == [0, 1, 2]
    assert chosen(2, 5) == [0, 2]
    assert chosen([4, 1], 5) == [4, 1]
    with pytest.raises(DataError, match=r"inputs\.take: expected at most 5, .*, got 6"):
        chosen(6, 5)
    with pytest.raises(DataError, match=r"inputs\.take: expected indices below 5, .*, got 7"):
        chosen([0, 7], 5)
    with pytest.raises(DataError, match="no well-formed example"):
        chosen("all", 0)


def test_a_class_without_training_examples(recipe: Make, tmp_path: Path) -> None:
    x = np.zeros((3, 1))
    write(tmp_path, x, np.array(["a", "a", "B"]), xTest=x, yTest=np.array(["a", "a", "b"]))
    sentence = r"classes: class 'b' has no training example .did you mean 'B'.*are not listed: B"
    with pytest.raises(DataError, match=sentence):
        load(recipe(NPZ))


def test_findings(recipe: Make, tmp_path: Path) -> None:
    x = np.array([[9.0, 1], [9, 1], [9, 2], [np.nan, 1], [9, 9], [0, 0]])
    y = np.array(list("aabbxa"))
    write(tmp_path, x, y, xTest=np.array([[9.0, 1], [10, 1]]), yTest=np.array(list("aa")))
    found = check(recipe(NPZ))
    assert not found.ok
    assert found.problems == (
        "training example 3: feature 0 is nan, not a finite number; a run drops it",
        "classes: class 'b' has no test example; labels found that are not listed: none",
    )
    assert found.advice == (
        "left out, as classes does not list their labels: 'x' (1)",
        "1 training examples repeat an earlier one, source byte for source byte",
        "1 test examples are also training examples, source byte for source byte",
        (
            "1 training examples have the same symbols as an earlier one of another class (the "
            "alphabet does not tell them apart)"
        ),
        "1 of 2 features have the same symbol in every training example: 1",
    )
    training = found.splits[0]
    assert (training.size, training.dropped, training.counts) == (4, 1, {"a": 3, "b": 1})
    text = str(found)
    assert "training: 4 examples (a 3, b 1), 1 dropped" in text
    assert text.endswith("2 to mend")


def test_findings_of_unreadable_data_are_one_problem(recipe: Make) -> None:
    found = check(recipe(NPZ))
    assert len(found.problems) == 1
    assert "does not exist" in found.problems[0]


def test_findings_of_values_off_the_grid_and_symbols_never_used(
    recipe: Make, tmp_path: Path
) -> None:
    x = np.array([[0.5], [2.0], [0.25]])
    write(tmp_path, x, np.array(list("aba")), xTest=x, yTest=np.array(list("aba")))
    grid = {"kind": "grid", "step": "1/4", "low": 0, "high": 1}
    found = check(recipe(NPZ, alphabet=grid))
    assert found.problems[0] == (
        "training example 1: feature 0 is 2.0, outside the alphabet (0 to 1); a run drops it"
    )
    unused = check(recipe(NPZ, alphabet={"kind": "levels", "edges": [1, 100]}))
    assert unused.advice[-1] == "symbols 2 never occur in training: values run from 0.25 to 2.0"


def test_a_clean_set_has_nothing_to_mend(recipe: Make) -> None:
    found = check(recipe({"source": "sklearn:digits"}, classes=["1", "7"]))
    assert found.ok
    assert str(found).endswith("nothing to mend")
