"""Inclusion proofs: a leaf is in the signed tree at its own index, by the one proof there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from auditor.format import b64, leaf, merkle
from auditor.format.single import build
from tests.vectors.forging import BASE, changed, forged, made
from tests.vectors.form import INPUT, Vector, add, container, folder, single, vector

PROOF: Final[dict[str, Any]] = container(BASE)["inclusion"]
HASHES: Final[list[str]] = PROOF["hashes"]
ZERO: Final = b64.encode(bytes(32))


def _inclusion(expect: str = "inclusion", **changes: object) -> Vector:
    return single(expect, BASE, inclusion={**PROOF, **changes})


CASES: dict[str, tuple[str, str, dict[str, object]]] = {
    "proof-component-removed": ("A proof with one hash less.", "inclusion", {"hashes": HASHES[1:]}),
    "proof-without-its-end": (
        "A proof without its last hash.",
        "inclusion",
        {"hashes": HASHES[:-1]},
    ),
    "proof-component-added": (
        "A proof with one hash more.",
        "inclusion",
        {"hashes": [*HASHES, "A" * 43 + "="]},
    ),
    "proof-empty": ("No proof.", "inclusion", {"hashes": []}),
    "proof-of-64-hashes": (
        "As many hashes as a proof may have, far more than this tree is deep.",
        "inclusion",
        {"hashes": HASHES + [ZERO] * (64 - len(HASHES))},
    ),
    "proof-of-65-hashes": (
        "More hashes than a proof may have.",
        "envelope",
        {"hashes": HASHES + [ZERO] * (65 - len(HASHES))},
    ),
    "proof-reversed": ("From the root to the leaf.", "inclusion", {"hashes": HASHES[::-1]}),
    "proof-hash-of-31-bytes": (
        "A hash without its last byte.",
        "inclusion",
        {"hashes": [b64.encode(b64.decode(HASHES[0], "")[:-1]), *HASHES[1:]]},
    ),
    "proof-hash-of-33-bytes": (
        "A hash with a byte more, for a node of other bytes.",
        "inclusion",
        {"hashes": [b64.encode(b64.decode(HASHES[0], "") + b"\x00"), *HASHES[1:]]},
    ),
    "proof-with-a-changed-hash": ("Another hash.", "inclusion", {"hashes": [ZERO, *HASHES[1:]]}),
    "proof-as-text": ("A proof that is no list.", "envelope", {"hashes": "".join(HASHES)}),
    "proof-of-numbers": ("Hashes that are no text.", "envelope", {"hashes": [1, 2, 3]}),
    "proof-of-another-size": (
        "The container's tree size is not the signed one.",
        "inclusion",
        {"size": 4},
    ),
    "proof-of-a-larger-size": ("A larger tree.", "inclusion", {"size": 6}),
    "proof-of-size-zero": ("A tree of nothing.", "envelope", {"size": 0}),
    "proof-of-another-index": (
        "The container's index is not the leaf's.",
        "inclusion",
        {"index": 0},
    ),
    "proof-beyond-the-tree": ("An index outside the tree.", "inclusion", {"index": 5}),
    "proof-far-beyond-the-tree": (
        "An index that equals the leaf's modulo 2^16.",
        "inclusion",
        {"index": 65_537},
    ),
    "proof-below-zero": ("An index below zero.", "envelope", {"index": -4}),
    "proof-index-as-text": ("An index in quotes.", "envelope", {"index": "1"}),
    "proof-index-as-a-boolean": ("True is not 1.", "envelope", {"index": True}),
    "proof-index-beyond-the-cap": (
        "An index beyond a million inputs.",
        "envelope",
        {"index": 1_000_001},
    ),
}
for _name, (_comment, _expect, _changes) in CASES.items():
    add(
        _name,
        _comment,
        lambda expect=_expect, changes=_changes: _inclusion(expect, **changes),  # type: ignore[misc]
    )


@vector
def leaf_of_another_input() -> Vector:
    """A leaf of the same tree with another leaf's proof."""
    return single("inclusion", BASE, leaf=b64.encode(BASE.leaves[0]))


@vector
def leaf_and_proof_of_another_input() -> Vector:
    """A leaf that is in the tree, under the index of another."""
    inclusion = {**container(BASE, 0)["inclusion"], "index": INPUT}
    return single("inclusion", BASE, leaf=b64.encode(BASE.leaves[0]), inclusion=inclusion)


@vector
def leaf_with_a_line_feed() -> Vector:
    """A leaf is its line without the line feed."""
    return single("inclusion", BASE, leaf=b64.encode(BASE.leaves[INPUT] + b"\n"))


@vector
def leaf_re_encoded() -> Vector:
    """The same JSON in other bytes is another leaf."""
    line = BASE.leaves[INPUT].replace(b":", b": ")
    return single("inclusion", BASE, leaf=b64.encode(line))


def _children() -> bytes:
    """Return the two hashes under the node over leaves 0 and 1."""
    return merkle.leaf_hash(BASE.leaves[0]) + merkle.leaf_hash(BASE.leaves[1])


def _node_as_leaf(data: bytes, size: int = 5) -> Vector:
    """Return a node passed off as a leaf, with the proof of that node."""
    inclusion = {"index": 0, "size": size, "hashes": HASHES[1:]}
    return single("inclusion", BASE, leaf=b64.encode(data), inclusion=inclusion)


for _name, _comment, _data in (
    ("node-as-leaf", "Two hashes as a leaf: a tree without prefixes would have it.", _children),
    (
        "prefixed-node-as-leaf",
        "The same with a node's prefix in front: a leaf's prefix comes before it.",
        lambda: b"\x01" + _children(),
    ),
):
    add(_name, _comment, lambda data=_data: _node_as_leaf(data()))  # type: ignore[misc]


@vector
def node_as_leaf_of_a_smaller_tree() -> Vector:
    """The same in a tree of three, which is what is left above the leaves: sizes are signed."""
    return _node_as_leaf(_children(), 3)


@vector
def proof_in_a_tree_of_one() -> Vector:
    """A hash in the proof of a tree that is a single leaf."""
    one = made(recipe=changed("partition"), inputs=1)
    return single("inclusion", one, 0, inclusion={"index": 0, "size": 1, "hashes": [ZERO]})


@vector
def proof_in_another_tree() -> Vector:
    """A leaf with a good proof in a tree that the certificate does not sign."""
    lie = forged(item=lambda item: item)
    lines = [*lie.leaves[:INPUT], lie.leaves[INPUT].replace(b'"label":1', b'"label":0')]
    tree = merkle.Tree([*lines, *lie.leaves[INPUT + 1 :]])
    data = build(
        certificate=lie.contents["certificate.dsse.json"],
        precommitment=lie.contents["precommit.dsse.json"],
        leaf=lines[INPUT],
        row=lie.rows[INPUT],
        index=INPUT,
        size=5,
        proof=tree.proof(INPUT),
    )
    return Vector(expect="inclusion", file=data)


# --- all leaves -----------------------------------------------------------------------------------

LINES: Final = BASE.leaves
FOLDERS: dict[str, tuple[str, str, Callable[[], bytes]]] = {
    "claims-swapped": (
        "Two leaves in each other's place.",
        "inclusion",
        lambda: leaf.join([LINES[1], LINES[0], *LINES[2:]]),
    ),
    "claim-left-out": ("One leaf less than signed.", "inclusion", lambda: leaf.join(LINES[:-1])),
    "claim-twice": (
        "One leaf more than signed.",
        "inclusion",
        lambda: leaf.join([*LINES, LINES[0]]),
    ),
    "claim-in-anothers-place": (
        "One leaf twice, another left out.",
        "inclusion",
        lambda: leaf.join([LINES[0], *LINES[:-1]]),
    ),
    "claims-without-the-last-line-feed": (
        "Each line has its line feed.",
        "inclusion",
        lambda: leaf.join(LINES)[:-1],
    ),
    "claims-with-an-empty-line": (
        "A line feed more.",
        "inclusion",
        lambda: leaf.join(LINES) + b"\n",
    ),
    "claims-with-carriage-returns": (
        "A carriage return belongs to its line.",
        "inclusion",
        lambda: b"".join(line + b"\r\n" for line in LINES),
    ),
    "claims-as-line-feeds": ("As many lines, all empty.", "inclusion", lambda: b"\n" * 5),
    "no-claims": ("An empty file.", "inclusion", lambda: b""),
}
for _name, (_comment, _expect, _claims) in FOLDERS.items():
    add(
        _name,
        _comment,
        lambda expect=_expect, claims=_claims: folder(  # type: ignore[misc]
            expect, BASE, {"claims.jsonl": claims()}
        ),
    )


@vector
def claims_out_of_order() -> Vector:
    """A tree, signed, whose second leaf says that it is the first."""
    line = BASE.leaves[INPUT].replace(b'"index":1', b'"index":0')
    return folder("statement", forged(line=lambda _: line))
