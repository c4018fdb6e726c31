"""The 98 published inclusion proofs of the transparency-dev project, through our verifier.

The files ``testdata/inclusion/**`` of transparency-dev/merkle (Apache-2.0) are five proofs over
the eight leaves that Certificate Transparency implementations share, each with a fixed list of
changes, and sixteen proofs over trees of at most one leaf. The proofs and roots are listed here;
the changes are made again, under the names of the files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from auditor.errors import InclusionError
from auditor.format.merkle import leaf_hash, root_from_proof, verify_inclusion


def unhex(*texts: str) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(text) for text in texts)


EMPTY_TREE = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
SOME_HASH = "abacaba000000000000000000000000000000000000000000060061e00123456"
ROOT_8 = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One file. A leaf's hash of which nobody knows a leaf is taken for the leaf itself.

    The verifier hashes leaves itself, so no caller can hand it a hash, short or long.
    """

    name: str
    leaf: bytes
    index: int
    size: int
    proof: tuple[bytes, ...]
    root: bytes
    good: bool = False


HAPPY = [
    Proof(
        name=f"{number}/happy-path",
        leaf=bytes.fromhex(leaf),
        index=index,
        size=size,
        root=bytes.fromhex(root),
        proof=unhex(*proof),
        good=True,
    )
    for number, (leaf, index, size, root, proof) in enumerate(
        [
            ("", 0, 1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", []),
            (
                *("", 0, 8, ROOT_8),
                [
                    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
                ],
            ),
            (
                *("40414243", 5, 8, ROOT_8),
                [
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                ],
            ),
            (
                *("10", 2, 3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
                ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
            ),
            (
                *("00", 1, 5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
                [
                    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                ],
            ),
        ]
    )
]


def changed(good: Proof) -> Iterator[Proof]:
    path, (some, empty) = good.proof, unhex(SOME_HASH, EMPTY_TREE)
    changes: dict[str, dict[str, object]] = {
        "leafIdx-sub-1": {"index": (good.index - 1) % 2**64},
        "leafIdx-plus-1": {"index": good.index + 1},
        "leafIdx-XOR-2": {"index": good.index ^ 2},
        "treeSize-mul-2": {"size": good.size * 2},
        "treeSize-div-2": {"size": good.size // 2},
        "wrong-leaf": {"leaf": b"WrongLeaf"},
        "empty-root": {"root": empty},
        "random-root": {"root": some},
        "trailing-garbage": {"proof": (*path, b"")},
        "trailing-root": {"proof": (*path, good.root)},
        "preceding-garbage": {"proof": (b"", *path)},
        "preceding-root": {"proof": (good.root, *path)},
    }
    for at, node in enumerate(path):
        flipped = bytes([node[0] ^ 8]) + node[1:]
        changes[f"modified-proof-{at}-bit-3"] = {"proof": (*path[:at], flipped, *path[at + 1 :])}
    if path:
        changes["removed-component"] = {"proof": path[:-1]}
    if len(path) > 1:
        changes["inserted-component"] = {"proof": (path[0], some, *path[1:])}
    folder = good.name.removesuffix("happy-path")
    for name, change in changes.items():
        yield replace(good, name=folder + name, good=False, **change)  # type: ignore[arg-type]


def small() -> Iterator[Proof]:
    some, empty = unhex(SOME_HASH, EMPTY_TREE)
    for number, (index, size) in enumerate([(0, 0), (0, 1), (1, 0), (2, 1)]):
        for name, leaf, root in (
            ("random-leaf", some, b""),
            ("empty-root", b"", empty),
            ("empty-root-and-random-leaf", some, empty),
        ):
            yield Proof(
                name=f"additional/{number}/{name}",
                leaf=leaf,
                index=index,
                size=size,
                proof=(),
                root=root,
            )
    for name, leaf, root in (
        ("matching-root-and-leaf", b"data", leaf_hash(b"data")),
        ("empty-leaf", b"", leaf_hash(b"data")),
        ("empty-root", b"data", b""),
        ("empty-root-and-leaf", b"", b""),
    ):
        yield Proof(
            name=f"single-entry/{name}",
            leaf=leaf,
            index=0,
            size=1,
            proof=(),
            root=root,
            good=name == "matching-root-and-leaf",
        )


PROOFS = [*HAPPY, *(proof for good in HAPPY for proof in changed(good)), *small()]


def test_all_98_are_here() -> None:
    assert len({proof.name for proof in PROOFS}) == len(PROOFS) == 98
    folders = Counter(proof.name.split("/")[0] for proof in PROOFS)
    assert folders == {
        "0": 13,
        "1": 18,
        "2": 18,
        "3": 15,
        "4": 18,
        "additional": 12,
        "single-entry": 4,
    }
    assert sum(proof.good for proof in PROOFS) == 6


@pytest.mark.parametrize("case", PROOFS, ids=lambda case: case.name)
def test_a_proof_is_judged_as_published(case: Proof) -> None:
    arguments = (case.leaf, case.index, case.size, case.proof)
    if case.good:
        assert root_from_proof(*arguments) == case.root
        verify_inclusion(*arguments, case.root)
        return
    with pytest.raises(InclusionError):
        verify_inclusion(*arguments, case.root)


UNFIT = ("trailing-", "preceding-", "removed-", "inserted-")
MISFITS = [case for case in PROOFS if case.name.split("/")[-1].startswith(UNFIT)]


@pytest.mark.parametrize("case", MISFITS, ids=lambda case: case.name)
def test_a_proof_of_another_length_gives_no_root_at_all(case: Proof) -> None:
    with pytest.raises(InclusionError):
        root_from_proof(case.leaf, case.index, case.size, case.proof)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_hash_of_another_length_gives_no_root_at_all(length: int) -> None:
    for good in HAPPY[1:]:
        proof = (bytes(length), *good.proof[1:])
        with pytest.raises(InclusionError):
            root_from_proof(good.leaf, good.index, good.size, proof)
