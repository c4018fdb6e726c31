"""Bagged nearest neighbours in closed form: the truth that drawn members are an estimate of.

For one input the n training examples are ranked by (distance, label), see
``auditor/learners/nearest_neighbours.py``; all that matters is the sequence of their labels. A bag
is ``size`` draws with replacement, and its ``neighbours`` nearest draws vote. Every number here is
a rational; proofs are in ``docs/methods/nearest-neighbours.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import comb

from flint import fmpq, fmpz

_HALF = fmpq(1, 2)


def nearest_share(labels: Sequence[int], label: int, size: int) -> fmpq:
    """Return the chance that the nearest draw has ``label``.

    The nearest draw is of rank i (from 0) if no draw is of a smaller rank but not all are of a
    larger one: ((n - i)^size - (n - i - 1)^size) / n^size.

    >>> str(nearest_share([1, 0], 1, 2)), str(nearest_share([1, 0], 1, 1))
    ('3/4', '1/2')
    """
    n = len(labels)
    powers = [fmpz(n - rank) ** size for rank in range(n + 1)]
    own = (powers[rank] - powers[rank + 1] for rank in range(n) if labels[rank] == label)
    return fmpq(sum(own, fmpz(0)), powers[0])


def poisson_share(labels: Sequence[int], label: int, chance: fmpq) -> fmpq:
    """Return the chance of ``label`` if every example is in the bag with ``chance``, by itself.

    The nearest one is of rank i (from 0) if it is in the bag and none before it is; an empty bag
    says nothing.

    >>> str(poisson_share([1, 0], 0, fmpq(1, 3)))
    '2/9'
    """
    mine = (rank for rank, own in enumerate(labels) if own == label)
    return sum((chance * (1 - chance) ** rank for rank in mine), fmpq(0))


def share(labels: Sequence[int], label: int, size: int, neighbours: int) -> fmpq:
    """Return the chance that ``label`` wins the vote of the nearest draws; labels are 0 and 1.

    Where fewer draws than ``neighbours`` are made, all of them vote; 0 wins a tie.

    Let the last voter be of rank i: then L < neighbours draws are of smaller ranks, each of them
    uniformly, and at least neighbours - L are of rank i. So with a of the i labels before rank i
    being ``label``, the voters are Bin(L, a/i) plus neighbours - L copies of the label at i.

    >>> str(share([1, 0, 0], 1, 3, 3)), str(share([1, 0, 0], 0, 3, 3))
    ('7/27', '20/27')
    """
    n, voters = len(labels), min(size, neighbours)
    needed = voters // 2 + 1 if label else (voters + 1) // 2
    total = fmpz(0)
    before = [0, *accumulate(int(own == label) for own in labels)]
    for rank, own in enumerate(labels):
        for nearer in range(voters):
            rest = size - nearer
            # at least voters - nearer of the rest are of this rank, the others of larger ones
            here = sum(
                (
                    comb(rest, same) * fmpz(n - rank - 1) ** (rest - same)
                    for same in range(voters - nearer, rest + 1)
                ),
                fmpz(0),
            )
            mine = before[rank]
            least = needed - (voters - nearer if own == label else 0)
            ways = sum(
                (
                    comb(nearer, won) * fmpz(mine) ** won * fmpz(rank - mine) ** (nearer - won)
                    for won in range(max(0, least), nearer + 1)
                ),
                fmpz(0),
            )
            total += comb(size, nearer) * ways * here
    return fmpq(total, fmpz(n) ** size)


def attacked(labels: Sequence[int], label: int, rewritten: int) -> list[int]:
    """Return the labels after the worst rewriting of so many examples, for ``label``.

    The first examples of the label go; as many of another label come to the front.
    """
    left, gone = [], 0
    for own in labels:
        if own == label and gone < rewritten:
            gone += 1
        else:
            left.append(own)
    # where there are fewer to take away, others of the tail are rewritten instead
    return [1 - label if label < 2 else 0] * rewritten + left[: len(labels) - rewritten]


def radius(labels: Sequence[int], label: int, size: int, neighbours: int = 1) -> int:
    """Return how many examples may be rewritten with ``label`` still above one half; -1: none.

    Exact: with one more, some rewriting leaves the label with one half or less.
    """

    def holds(rewritten: int) -> bool:
        changed = attacked(labels, label, rewritten)
        if neighbours == 1:
            return nearest_share(changed, label, size) > _HALF
        return share(changed, label, size, neighbours) > _HALF

    low, high = -1, len(labels)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
