"""Disjoint parts, one fixed member each (Levine and Feizi 2021).

Where an example goes depends on itself alone, or on its index, never on the other examples; so
whatever an attacker does to one unit touches the members of the parts that hold it before or
after. The price of a move is the number of parts it can touch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from auditor.errors import DataError, RecipeError
from auditor.guarantee import fields
from auditor.guarantee.threat import TRAIN_EXAMPLES, Threat
from auditor.randomness import Stream, derive

MAX_PARTS: Final = 65535  # votes are counted in 16 bits

_MOVES: Final = {
    # the number of examples is fixed: nothing can be inserted or deleted
    "index": (("modify", 1), ("relabel", 1)),
    "id": (("insert", 1), ("delete", 1), ("modify", 1), ("relabel", 1)),
    # a modified example leaves one part and enters another
    "content": (("insert", 1), ("delete", 1), ("modify", 2), ("relabel", 2)),
    # all rows of one group are in one part, so anything done to them costs 1 together
    "group": (("insert", 1), ("delete", 1), ("modify", 1), ("relabel", 1)),
    # the labels of all examples decide: only features can change (guarantee/trusted.py)
    "class": (("modify", 1),),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """``parts`` parts, assigned by ``index``, ``id``, ``content``, ``group`` or ``class``."""

    method: ClassVar[str] = "partition"
    drawn: ClassVar[bool] = False
    axes: ClassVar[tuple[str, ...]] = (TRAIN_EXAMPLES,)

    parts: int
    by: str

    @classmethod
    def from_dict(cls, value: Mapping[str, object], where: str) -> Partition:
        """Read the parameters; RecipeError names what is wrong."""
        fields.only(value, ("method", "parts", "by"), where)
        return cls(
            parts=fields.integer(value, "parts", where, low=1, high=MAX_PARTS),
            by=fields.choice(value, "by", where, tuple(_MOVES)),
        )

    def threat(self, unit: str) -> Threat:
        """Return the covered moves; RecipeError when unit and assignment do not fit."""
        if (unit == "group") != (self.by == "group"):
            message = (
                f"unit {unit!r} does not fit smoothing.training.by {self.by!r}: 'group' needs both"
            )
            raise RecipeError(message)
        return Threat(unit=unit, moves=_MOVES[self.by])


def assign(
    keys: Sequence[bytes | str] | None, n: int, params: Partition, design_root: bytes
) -> list[int]:
    """Return the part of each of ``n`` examples.

    ``keys`` are the examples' ids, content digests or groups; None for assignment by index, which
    deals a random permutation of the indices into parts whose sizes differ by at most one. Keyed
    assignment takes a keyed hash of the key modulo the number of parts, so one example's part does
    not depend on which others exist. DataError when there are not ``n`` keys.
    """
    if params.by == "index":
        places = Stream(design_root, "partition").permutation(n)
        # position p of the permutation belongs to part floor(p * parts / n)
        part_of = [0] * n
        for position, example in enumerate(places):
            part_of[example] = position * params.parts // n
        return part_of
    if keys is None or len(keys) != n:
        found = "none" if keys is None else str(len(keys))
        message = f"partition by {params.by}: expected {n} keys, got {found}"
        raise DataError(message)
    parts: dict[bytes, int] = {}
    result = []
    for key in keys:
        raw = key.encode() if isinstance(key, str) else key
        if raw not in parts:
            digest = derive("auditor/partition/v1", design_root, params.by.encode("ascii"), raw)
            parts[raw] = int.from_bytes(digest, "big") % params.parts
        result.append(parts[raw])
    return result


def assign_by_class(labels: Sequence[int], params: Partition, design_root: bytes) -> list[int]:
    """Return the part of each slot, given the labels of all of them.

    The slots are dealt out in turn, class by class, those of a class in the order of a random
    permutation of all slots: parts differ by at most one slot, and by at most one of each class.
    Only labels and their places decide. A slot whose label cannot be read has a negative one.
    """
    places = Stream(design_root, "partition").permutation(len(labels))
    part_of = [0] * len(labels)
    for turn, slot in enumerate(sorted(places, key=labels.__getitem__)):  # stable: keeps the order
        part_of[slot] = turn % params.parts
    return part_of
