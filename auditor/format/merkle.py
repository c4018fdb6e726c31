"""The tree over leaves: RFC 9162, section 2.1, with SHA-256.

A leaf's hash is SHA-256(0x00 || bytes), a node's SHA-256(0x01 || left || right); the prefixes keep
a leaf from being passed off as a node.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

from auditor.errors import InclusionError

NAME: Final = "RFC9162_SHA256"


def leaf_hash(data: bytes) -> bytes:
    """Return the hash (32 bytes) of one leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash (32 bytes) of the node over two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """All levels of the tree over some leaves, for its root and its inclusion proofs.

    The RFC splits at the largest power of two below the size. Pairing neighbours from the left and
    carrying an unpaired last hash up unchanged gives the same tree, level by level.

    >>> Tree([]).root == hashlib.sha256().digest()
    True
    """

    __slots__ = ("_levels", "root", "size")

    def __init__(self, leaves: Iterable[bytes]) -> None:
        level = [leaf_hash(leaf) for leaf in leaves]
        self.size = len(level)
        self._levels = [level]
        while len(level) > 1:
            paired = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
            level = [*paired, level[-1]] if len(level) % 2 else paired
            self._levels.append(level)
        self.root = level[0] if level else hashlib.sha256().digest()

    def proof(self, index: int) -> tuple[bytes, ...]:
        """Return the hashes from the leaf to the root. Requires 0 <= index < size."""
        if not 0 <= index < self.size:
            raise IndexError(f"index {index} is not within a tree of {self.size} leaves")
        path = []
        for level in self._levels[:-1]:
            sibling = index ^ 1
            if sibling < len(level):
                path.append(level[sibling])
            index //= 2
        return tuple(path)


def root_from_proof(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """Return the root that ``proof`` gives for ``leaf`` (RFC 9162, section 2.1.3.2).

    Raises InclusionError when the index is outside the tree or the proof has the wrong length.
    """
    if not 0 <= index < size:
        raise InclusionError(f"inclusion: index {index} is not within a tree of {size} leaves")
    position, last, node = index, size - 1, leaf_hash(leaf)
    for sibling in proof:
        if last == 0 or len(sibling) != 32:
            raise InclusionError(f"inclusion: the proof does not fit a tree of {size} leaves")
        if position % 2 or position == last:
            node = node_hash(sibling, node)
            while position % 2 == 0 and position:
                position, last = position // 2, last // 2
        else:
            node = node_hash(node, sibling)
        position, last = position // 2, last // 2
    if last != 0:
        raise InclusionError(f"inclusion: the proof is too short for a tree of {size} leaves")
    return node


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Return if ``leaf`` is leaf ``index`` of the tree with this size and root, else raise."""
    computed = root_from_proof(leaf, index, size, proof)
    if computed != root:
        raise InclusionError(
            f"inclusion of leaf {index}: expected root {root.hex()}, got {computed.hex()}"
        )
