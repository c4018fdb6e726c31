"""Closed forms against every bag and every rewriting, and drawn members against closed forms."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

import auditor
from auditor.exact import binomial
from auditor.guarantee.training.bag import Bag
from tests.oracles import bagged_neighbours as oracle
from tests.run import small

#: (distance, label) of each example.
Data = tuple[tuple[int, int], ...]
HALF = fmpq(1, 2)
TINY = fmpq(1, 10**9)


def by_rank(data: Data) -> list[int]:
    return [label for _, label in sorted(data)]


def counted(data: Data, label: int, size: int, neighbours: int) -> fmpq:
    """The share of all bags in which the label wins, one bag after the other."""
    wins = 0
    for bag in product(data, repeat=size):
        voters = [own for _, own in sorted(bag)[:neighbours]]
        votes, others = voters.count(label), len(voters) - voters.count(label)
        wins += votes > others or (votes == others and label == 0)
    return fmpq(wins, len(data) ** size)


def rewritings(data: Data, changed: int) -> Iterator[Data]:
    """Every data set that differs in these many places; distances 0 .. 2 max are all that matter.

    Examples lie at even distances of at least 2, so that an attacker can come before, between,
    beside and behind them.
    """
    choices = [(far, label) for far in range(2 * len(data) + 3) for label in (0, 1)]
    for places in combinations(range(len(data)), changed):
        for new in product(choices, repeat=changed):
            other = list(data)
            for place, own in zip(places, new, strict=True):
                other[place] = own
            yield tuple(other)


TOYS: list[Data] = [
    ((2, 1), (4, 0), (6, 1)),
    ((2, 1), (2, 1), (4, 0)),
    ((2, 0), (4, 1), (6, 0)),
    ((2, 0), (2, 1), (2, 1)),
    ((2, 1), (4, 1), (6, 1), (8, 0)),
    ((2, 0), (4, 0), (6, 1), (8, 0)),
]


@pytest.mark.parametrize("data", TOYS, ids=str)
@pytest.mark.parametrize(("size", "neighbours"), [(1, 1), (2, 1), (3, 1), (3, 2), (3, 3), (2, 3)])
@pytest.mark.parametrize("label", [0, 1])
def test_shares_are_those_of_all_bags(data: Data, size: int, neighbours: int, label: int) -> None:
    wanted = counted(data, label, size, neighbours)
    assert oracle.share(by_rank(data), label, size, neighbours) == wanted
    if neighbours == 1:
        assert oracle.nearest_share(by_rank(data), label, size) == wanted


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(0, 1), min_size=1, max_size=5),
    st.integers(1, 4),
    st.integers(1, 5),
)
def test_shares_of_any_ranking(labels: list[int], size: int, neighbours: int) -> None:
    data = tuple(enumerate(labels))
    shares = [oracle.share(labels, label, size, neighbours) for label in (0, 1)]
    assert sum(shares) == 1
    assert shares == [counted(data, label, size, neighbours) for label in (0, 1)]


@given(st.lists(st.integers(0, 2), min_size=1, max_size=6), st.sampled_from([1, 3, 5]))
@settings(deadline=None)
def test_shares_of_bags_of_a_random_size(labels: list[int], sixths: int) -> None:
    """Every subset of the examples, with its chance."""
    chance = fmpq(sixths, 6)
    for label in range(3):
        total = fmpq(0)
        for inside in product((False, True), repeat=len(labels)):
            drawn = [own for own, there in zip(labels, inside, strict=True) if there]
            if drawn and drawn[0] == label:
                total += chance ** len(drawn) * (1 - chance) ** (len(labels) - len(drawn))
        assert oracle.poisson_share(labels, label, chance) == total


def test_shares_of_many_classes_add_up() -> None:
    labels = [2, 0, 1, 1, 2, 0]
    shares = [oracle.nearest_share(labels, label, 4) for label in range(3)]
    assert sum(shares) == 1
    # rank 0 and rank 4 are of class 2
    assert shares[2] == fmpq(6**4 - 5**4 + 2**4 - 1, 6**4)


@pytest.mark.parametrize("data", TOYS[:4], ids=str)
@pytest.mark.parametrize(("size", "neighbours"), [(1, 1), (2, 1), (3, 1), (3, 3)])
@pytest.mark.parametrize("label", [0, 1])
def test_no_rewriting_is_worse_than_the_worst(
    data: Data, size: int, neighbours: int, label: int
) -> None:
    for changed in (1, 2):
        worst = min(counted(other, label, size, neighbours) for other in rewritings(data, changed))
        found = oracle.attacked(by_rank(data), label, changed)
        assert oracle.share(found, label, size, neighbours) == worst


Formula = Callable[[Sequence[int], int, int], fmpq]


def _rank_from_one(labels: Sequence[int], label: int, size: int) -> fmpq:
    return oracle.nearest_share([*labels[1:], labels[0]], label, size)


def _poisson_like(labels: Sequence[int], label: int, size: int) -> fmpq:
    """Independent draws of each example: q (1 - q)^rank, which is another kind of bag."""
    n = len(labels)
    q = 1 - fmpq(n - 1, n) ** size
    return sum((q * (1 - q) ** i for i in range(n) if labels[i] == label), fmpq(0))


def _one_draw_more(labels: Sequence[int], label: int, size: int) -> fmpq:
    return oracle.nearest_share(labels, label, size + 1)


@pytest.mark.parametrize("wrong", [_rank_from_one, _poisson_like, _one_draw_more])
def test_formulas_that_are_slightly_wrong_are_caught(wrong: Formula) -> None:
    differ = [
        wrong(by_rank(data), 1, size) != counted(data, 1, size, 1)
        for data in TOYS
        for size in (2, 3)
    ]
    assert any(differ)


def _keeps_the_nearest(labels: Sequence[int], label: int, changed: int) -> list[int]:
    return oracle.attacked(labels[::-1], label, changed)[changed:][::-1] + [1 - label] * changed


def _only_inserts(labels: Sequence[int], label: int, changed: int) -> list[int]:
    return ([1 - label] * changed + list(labels))[: len(labels)]


@pytest.mark.parametrize("wrong", [_keeps_the_nearest, _only_inserts])
def test_attacks_that_are_not_the_worst_are_caught(
    wrong: Callable[[Sequence[int], int, int], list[int]],
) -> None:
    """A radius computed from a weaker attack would claim too much on some toy."""
    weaker = [
        oracle.share(wrong(by_rank(data), 1, 1), 1, 2, 1)
        > min(counted(other, 1, 2, 1) for other in rewritings(data, 1))
        for data in TOYS[:4]
    ]
    assert any(weaker)


@given(st.lists(st.integers(0, 1), min_size=2, max_size=40), st.integers(1, 12))
@settings(deadline=None)
def test_the_bound_for_every_learner_holds_for_this_one(labels: list[int], size: int) -> None:
    """Bagging's certificate knows nothing of the ranking, so it can only claim less."""
    n = len(labels)
    for label in (0, 1):
        before = oracle.nearest_share(labels, label, size)
        exact = oracle.radius(labels, label, size)
        for changed in range(n + 1):
            lost = 1 - Bag(size=size).survival(changed, n)
            after = oracle.nearest_share(oracle.attacked(labels, label, changed), label, size)
            assert after >= before - lost
            assert (after > HALF) == (changed <= exact)


@given(
    st.lists(st.integers(0, 1), min_size=2, max_size=14), st.integers(1, 6), st.sampled_from([1, 3])
)
@settings(deadline=None, max_examples=50)
def test_radii_are_where_the_share_falls_to_one_half(
    labels: list[int], size: int, neighbours: int
) -> None:
    exact = oracle.radius(labels, 1, size, neighbours)
    shares = [
        oracle.share(oracle.attacked(labels, 1, changed), 1, size, neighbours)
        for changed in range(len(labels) + 1)
    ]
    assert [share > HALF for share in shares] == [
        changed <= exact for changed in range(len(shares))
    ]


def ranking(image: np.ndarray, data: dict[str, np.ndarray]) -> list[int]:
    """Labels (0: a one, 1: a seven) of the digits by (pixels that differ, label)."""
    symbols = (data["xTrain"].reshape(len(data["xTrain"]), -1) >= 8).astype(int)
    apart = (symbols != (image.reshape(-1) >= 8)).sum(-1)
    labels = (data["yTrain"] == 7).astype(int)
    pairs = zip(apart.tolist(), labels.tolist(), strict=True)
    return [label for _, label in sorted(pairs)]


def plausible(votes: int, members: int, share: fmpq) -> bool:
    """Whether so many votes are within both tails of a binomial at a tiny level."""
    if share in {0, 1}:
        return votes == members * share
    many = binomial.tail_at_most(members, votes, share, TINY)
    few = binomial.tail_at_most(members, members - votes, 1 - share, TINY)
    return not many and not few


@pytest.mark.parametrize("neighbours", [1, 3])
def test_drawn_members_vote_as_the_closed_form_says(neighbours: int, tmp_path: Path) -> None:
    """The whole pipeline: draws, members, ONNX, votes, and the bound on what they prove.

    Each test here fails on right code with a chance below one in ten million.
    """
    members, size = 400, 30
    learner = f'name = "nearest-neighbours"\nneighbours = {neighbours}'
    path = small.recipe(tmp_path, "bag", "none", learner=learner)
    text = path.read_text().replace("members = 120", f"members = {members}")
    text = text.replace("trainExamples = [0, 1]", "trainExamples = [0, 1, 2, 3, 4, 5, 6, 8]")
    text = text.replace('alpha = "1/20"', 'alpha = "1/1000000000"')
    path.write_text(text)
    auditor.run(path, out=tmp_path / "out", device="cpu", workers=0)
    verified = auditor.verify(tmp_path / "out", tmp_path / "out.pub")
    evidence = (tmp_path / "out" / "evidence.bin").read_bytes()
    data = small.digits()
    shares, claimed = [], []
    for index, claim in enumerate(verified.claims):
        votes = evidence[index * members : (index + 1) * members]
        labels = ranking(data["xTest"][index], data)
        seven = oracle.share(labels, 1, size, neighbours)
        assert votes.count(0) + votes.count(1) == members
        assert plausible(votes.count(1), members, seven)
        shares.append(seven)
        if claim.label is None:
            continue
        own = seven if claim.label else 1 - seven
        assert own > HALF
        most = max((budget.get("trainExamples") for budget in claim.frontier), default=0)
        assert most <= oracle.radius(labels, claim.label, size, neighbours)
        claimed.append(most)
    assert len(claimed) >= 8
    assert max(claimed) >= 2
    # an oracle of another bag, or of other labels, is told from the right one
    wrong = [
        plausible(evidence[i * members : (i + 1) * members].count(1), members, share)
        for i, share in enumerate(shares[1:] + shares[:1])
    ]
    assert not all(wrong)
