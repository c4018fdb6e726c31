"""Canonical bytes, digests, root and manifest of a data set."""

from __future__ import annotations

import hashlib
import json

import numpy as np

from auditor.datasets import Dataset
from auditor.format import merkle


def small(symbols: list[list[int]], *, dtype: type = np.uint8, ids: bool = False) -> Dataset:
    size = len(symbols)
    return Dataset(
        symbols=np.array(symbols, dtype),
        labels=np.arange(size, dtype=np.int64) % 2,
        ids=tuple(f"id{i}" for i in range(size)) if ids else None,
        groups=None,
        names=tuple(map(str, range(size))),
        source_digests=tuple("00" * 32 for _ in range(size)),
        class_names=("a", "b"),
        shape=(2,),
        positions=np.arange(size),
        slots=size + 1,
    )


def test_canonical_bytes_are_what_the_specification_says() -> None:
    data = small([[0, 1], [2, 3]], ids=True)
    assert list(data.examples()) == [
        b'auditor/example/v1\x00{"dtype":"uint8","id":"id0","label":0,"shape":[2]}\x00\x00\x01',
        b'auditor/example/v1\x00{"dtype":"uint8","id":"id1","label":1,"shape":[2]}\x00\x02\x03',
    ]
    assert data.tensor(1) == b'auditor/tensor/v1\x00{"dtype":"uint8","shape":[2]}\x00\x02\x03'


def test_wide_symbols_are_little_endian() -> None:
    data = small([[1, -1]], dtype=np.int32)
    assert data.tensor(0).endswith(b'"int32","shape":[2]}\x00\x01\x00\x00\x00\xff\xff\xff\xff')


def test_order_in_memory_changes_no_byte() -> None:
    data = small([[0, 1], [2, 3]])
    turned = small([[0, 1], [2, 3]])
    object.__setattr__(turned, "symbols", np.asfortranarray(turned.symbols))
    assert turned.root == data.root


def test_root_and_digests_are_over_the_examples() -> None:
    data = small([[0, 1], [2, 3], [4, 5]])
    examples = list(data.examples())
    assert data.root == merkle.Tree(examples).root.hex()
    assert data.example_digests[2] == hashlib.sha256(examples[2]).hexdigest()


def test_one_changed_symbol_label_or_id_changes_the_root() -> None:
    roots = {
        small([[0, 1], [2, 3]]).root,
        small([[0, 1], [2, 4]]).root,
        small([[2, 3], [0, 1]]).root,
        small([[0, 1], [2, 3]], ids=True).root,
        small([[0, 1], [2, 3]], dtype=np.int32).root,
    }
    assert len(roots) == 5


def test_taking_keeps_everything_beside_each_other() -> None:
    taken = small([[0, 1], [2, 3], [4, 5]], ids=True).take([2, 0])
    assert taken.symbols.tolist() == [[4, 5], [0, 1]]
    assert taken.ids == ("id2", "id0")
    assert taken.labels.tolist() == [0, 0]
    assert taken.positions.tolist() == [2, 0]
    assert len(taken) == 2


def test_the_manifest_is_plain_json() -> None:
    manifest = small([[0, 1], [2, 3]]).manifest()
    assert json.loads(json.dumps(manifest)) == manifest
    assert (manifest["size"], manifest["dropped"]) == (2, 1)
    assert manifest["counts"] == {"a": 1, "b": 1}
    assert len(manifest["examples"]) == 2
