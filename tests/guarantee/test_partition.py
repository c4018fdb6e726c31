"""Where an example goes depends on itself or on its index, never on the others."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import DataError
from auditor.guarantee.training.bag import Bag
from auditor.guarantee.training.partition import Partition, assign, assign_by_class
from auditor.randomness import Stream

ROOT = bytes(range(32))


@given(st.integers(1, 200), st.integers(1, 30))
def test_index_parts_are_balanced(n: int, parts: int) -> None:
    assigned = assign(None, n, Partition(parts=parts, by="index"), ROOT)
    sizes = Counter(assigned)
    assert all(0 <= part < parts for part in assigned)
    if n >= parts:
        assert len(sizes) == parts
        assert max(sizes.values()) - min(sizes.values()) <= 1


@given(st.lists(st.integers(-2, 3), min_size=1, max_size=80), st.integers(1, 12))
def test_parts_by_class_are_balanced_in_every_class(labels: list[int], parts: int) -> None:
    assigned = assign_by_class(labels, Partition(parts=parts, by="class"), ROOT)
    for which in (None, *set(labels)):
        chosen = [p for p, y in zip(assigned, labels, strict=True) if which in {None, y}]
        sizes = [chosen.count(part) for part in range(parts)]
        assert max(sizes) - min(sizes) <= 1


def test_parts_by_class_are_those_of_the_specification() -> None:
    labels = [1, 0, 1, 1, 0, -2, 1]
    order = Stream(ROOT, "partition").permutation(7)
    dealt = [slot for label in (-2, 0, 1) for slot in order if labels[slot] == label]
    expected = [0] * 7
    for turn, slot in enumerate(dealt):
        expected[slot] = turn % 3
    assert assign_by_class(labels, Partition(parts=3, by="class"), ROOT) == expected


def test_index_parts_depend_on_the_root_and_nothing_else() -> None:
    params = Partition(parts=5, by="index")
    assert assign(None, 50, params, ROOT) == assign(None, 50, params, ROOT)
    assert assign(None, 50, params, ROOT) != assign(None, 50, params, bytes(32))


@pytest.mark.parametrize("by", ["id", "content", "group"])
@given(keys=st.lists(st.binary(max_size=8), max_size=30), extra=st.binary(max_size=8))
def test_keyed_parts_do_not_see_other_examples(by: str, keys: list[bytes], extra: bytes) -> None:
    params = Partition(parts=7, by=by)
    whole = assign([extra, *keys], len(keys) + 1, params, ROOT)
    assert whole[1:] == assign(keys, len(keys), params, ROOT)
    assert whole[:1] == assign([extra], 1, params, ROOT)


def test_equal_keys_share_a_part_and_text_is_utf8() -> None:
    params = Partition(parts=1000, by="id")
    first, second, third = assign(["ü", "ü".encode(), "v"], 3, params, ROOT)
    assert first == second != third


def test_the_ways_of_keying_are_independent() -> None:
    keys = [str(i) for i in range(50)]
    ways = [assign(keys, 50, Partition(parts=50, by=by), ROOT) for by in ("id", "content", "group")]
    assert ways[0] != ways[1] != ways[2]


@pytest.mark.parametrize("keys", [None, ["a"]])
def test_missing_keys_are_refused(keys: list[bytes | str] | None) -> None:
    with pytest.raises(DataError, match="expected 2 keys"):
        assign(keys, 2, Partition(parts=2, by="id"), ROOT)


def test_no_bag_survives_when_everything_is_rewritten() -> None:
    assert Bag(size=3).survival(5, 5) == 0
    assert Bag(size=3).survival(9, 5) == 0
    assert Bag(size=3).survival(0, 5) == 1
