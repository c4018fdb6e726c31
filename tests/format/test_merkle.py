from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import InclusionError
from auditor.format.merkle import Tree, leaf_hash, node_hash, root_from_proof, verify_inclusion

# The eight leaves and roots that Certificate Transparency implementations share.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def recursive_root(leaves: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.1, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    split = 1
    while 2 * split < len(leaves):
        split *= 2
    return node_hash(recursive_root(leaves[:split]), recursive_root(leaves[split:]))


@pytest.mark.parametrize("size", range(1, 9))
def test_known_roots(size: int) -> None:
    assert Tree(LEAVES[:size]).root.hex() == ROOTS[size - 1]


def test_the_empty_tree() -> None:
    assert Tree([]).root == hashlib.sha256(b"").digest()
    with pytest.raises(IndexError):
        Tree([]).proof(0)


@pytest.mark.parametrize("size", range(1, 35))
def test_every_proof_of_every_size(size: int) -> None:
    leaves = [b"%d" % i for i in range(size)]
    tree = Tree(leaves)
    assert tree.root == recursive_root(leaves)
    for index, leaf in enumerate(leaves):
        proof = tree.proof(index)
        verify_inclusion(leaf, index, size, proof, tree.root)
        wrong = [
            (leaf + b"!", index, size, proof),
            (leaf, index, size, (*proof, bytes(32))),
            (leaf, size, size, proof),
            (leaf, -1, size, proof),
            (leaf, index, 0, proof),
            *((leaf, other, size, proof) for other in range(size) if other != index),
            *((leaf, index, size, proof[:cut] + proof[cut + 1 :]) for cut in range(len(proof))),
            *((leaf, index, size, (*proof[:1], b"", *proof[2:])) for _ in proof[1:2]),
        ]
        for case in wrong:
            with pytest.raises(InclusionError):
                verify_inclusion(*case, tree.root)


@given(st.integers(2, 200), st.data())
def test_a_changed_hash_changes_the_root(size: int, data: st.DataObject) -> None:
    tree = Tree(b"%d" % i for i in range(size))
    index = data.draw(st.integers(0, size - 1))
    proof = list(tree.proof(index))
    at = data.draw(st.integers(0, len(proof) - 1))
    bit = data.draw(st.integers(0, 255))
    proof[at] = (int.from_bytes(proof[at], "big") ^ (1 << bit)).to_bytes(32, "big")
    assert root_from_proof(b"%d" % index, index, size, proof) != tree.root


def test_a_node_is_not_a_leaf() -> None:
    tree = Tree([b"a", b"b"])
    inner = leaf_hash(b"a") + leaf_hash(b"b")
    with pytest.raises(InclusionError):
        verify_inclusion(inner, 0, 1, (), tree.root)
