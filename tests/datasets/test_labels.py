"""Labels of sources against the classes of a recipe."""

from __future__ import annotations

import numpy as np
import pytest

from auditor.datasets.labels import by_index, by_text, known
from auditor.datasets.rows import OTHER, UNREADABLE
from auditor.errors import DataError

TITLES = (("0", "zero"), ("1", "one"), ("2", "two"))


def test_the_recipe_decides_the_order() -> None:
    chosen = known(["two", "0"], TITLES, "source")
    labels, faults, unlisted = by_index(np.array([0, 1, 2, 1]), chosen, ["zero", "one", "two"])
    assert labels.tolist() == [1, OTHER, 0, OTHER]
    assert (faults, unlisted) == ({}, {"one": 2})


def test_a_label_outside_the_sources_list_is_malformed() -> None:
    labels, faults, _ = by_index(np.array([0, 9, -1]), [0, 1], ["zero", "one"])
    assert labels.tolist() == [0, UNREADABLE, UNREADABLE]
    assert faults[1] == "label 9 is no class of the source"


def test_an_unknown_class_is_named_with_a_guess() -> None:
    with pytest.raises(
        DataError, match=r"classes: source has no class 'twoo' \(did you mean 'two'"
    ):
        known(["0", "twoo"], TITLES, "source")


def test_one_class_under_two_names() -> None:
    with pytest.raises(DataError, match=r"two of \['two', '2'\] name the same class"):
        known(["two", "2"], TITLES, "source")


def test_text_whole_numbers_and_what_is_neither() -> None:
    targets = ["1", 1, 1.0, " 1 ", b"1", 0.5, float("nan"), None, "", "x", True]
    labels, faults, unlisted = by_text(targets, ["1", "0"])
    assert labels.tolist() == [0] * 5 + [UNREADABLE] * 4 + [OTHER] * 2
    assert faults[5] == "label 0.5 is neither text nor a whole number"
    assert unlisted == {"x": 1, "True": 1}
