"""Exact label noise against every pattern and every attack, and drawn ridge members against it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations, product
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

import auditor
from auditor.exact import binomial
from auditor.exact.flips import FlipGroup
from auditor.exact.neyman_pearson import Bound
from tests.oracles import label_noise as oracle
from tests.oracles.label_noise import LabelNoise, Rounded
from tests.run import small

Floats = npt.NDArray[np.float64]
HALF = fmpq(1, 2)
TINY = fmpq(1, 10**9)
SLACK = Fraction(1, 1000)
KEEP = fmpq(200, 256)

TERMS = st.lists(st.integers(-6, 9), min_size=1, max_size=7)


def summed(terms: Sequence[int], keep: fmpq, least: int) -> fmpq:
    """P[sum of c_i e_i >= least], one pattern of noise after the other."""
    total = fmpq(0)
    for signs in product((1, -1), repeat=len(terms)):
        if sum(c * e for c, e in zip(terms, signs, strict=True)) >= least:
            turned = signs.count(-1)
            total += keep ** (len(terms) - turned) * (1 - keep) ** turned
    return total


@given(TERMS, st.integers(-30, 30), st.sampled_from([fmpq(3, 4), KEEP, fmpq(5, 8)]))
@settings(deadline=None)
def test_the_law_is_that_of_all_patterns(terms: list[int], least: int, keep: fmpq) -> None:
    assert LabelNoise(terms=tuple(terms), keep=keep).above(least) == summed(terms, keep, least)


@given(TERMS, st.sampled_from([fmpq(3, 4), fmpq(9, 16)]))
@settings(deadline=None, max_examples=60)
def test_the_bound_for_every_learner_holds_for_this_one(terms: list[int], keep: fmpq) -> None:
    """Flip noise's certificate holds for any function of the labels, so also for a linear one."""
    law = LabelNoise(terms=tuple(terms), keep=keep)
    share = law.above(1)
    for changed in range(min(4, len(terms) + 1)):
        least = Bound((FlipGroup(symbols=2, keep=keep, changed=changed),) * (changed > 0))
        for places in combinations(range(len(terms)), changed):
            assert law.turned(places).above(1) >= least.least(share)


def test_the_bound_is_met_by_some_linear_score() -> None:
    """One example that decides alone: nothing better can be said of two symbols."""
    law = LabelNoise(terms=(1,), keep=fmpq(3, 4))
    bound = Bound((FlipGroup(symbols=2, keep=fmpq(3, 4), changed=1),))
    assert law.turned((0,)).above(1) == bound.least(law.above(1)) == fmpq(1, 4)


Wrong = Callable[[LabelNoise, int], fmpq]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda law, least: law.above(least + 1),
        lambda law, least: law.above(least - 1),
        lambda law, least: LabelNoise(terms=law.terms, keep=1 - law.keep).above(least),
        lambda law, least: LabelNoise(terms=law.terms[1:], keep=law.keep).above(least),
    ],
)
def test_laws_that_are_slightly_wrong_are_caught(wrong: Wrong) -> None:
    toys = [(3, 1, -2), (1, 1, 1), (5, -1, -1), (2, 2, 1, 1)]
    right = [
        wrong(LabelNoise(terms=toy, keep=KEEP), least) == summed(toy, KEEP, least)
        for toy in toys
        for least in (-1, 0, 1)
    ]
    assert not all(right)


@given(
    st.lists(st.floats(-1, 1, allow_nan=False, width=32), min_size=1, max_size=7),
    st.integers(2, 8),
    st.sampled_from([0.0, 0.125]),
)
@settings(deadline=None, max_examples=80)
def test_rounding_is_paid_for(values: list[float], bits: int, slack: float) -> None:
    terms = np.array(values, np.float64)
    low, high = Rounded.of(terms, KEEP, bits).share_between(Fraction(slack))
    for d in (-slack, 0.0, slack):
        exact = fmpq(0)
        for signs in product((1, -1), repeat=len(values)):
            if sum(Fraction(c) * e for c, e in zip(values, signs, strict=True)) > d:
                turned = signs.count(-1)
                exact += KEEP ** (len(values) - turned) * (1 - KEEP) ** turned
        assert low <= exact <= high


def fisher(seed: int) -> tuple[Floats, npt.NDArray[np.int64], Floats]:
    generator = np.random.default_rng(seed)
    labels = np.where(np.arange(7) % 2, 1, -1)
    rows = generator.normal(size=(7, 3)) + labels[:, None]
    return rows, labels, generator.normal(size=(4, 3))


@pytest.mark.parametrize("seed", range(4))
def test_influences_are_what_refitting_shows(seed: int) -> None:
    """Ridge is fitted again for every pattern of labels, without using that it is linear."""
    from sklearn.linear_model import Ridge

    rows, _, inputs = fisher(seed)
    found = oracle.influences(rows, inputs, 0.1)
    for labels in product((1.0, -1.0), repeat=7):
        fitted = Ridge(alpha=0.7).fit(rows, np.array(labels))
        np.testing.assert_allclose(found @ labels, fitted.predict(inputs), atol=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_the_radius_without_noise_is_that_of_all_attacks(seed: int) -> None:
    rows, labels, inputs = fisher(seed)
    for terms in oracle.influences(rows, inputs, 0.1) * labels:
        own = terms if terms.sum() > 0 else -terms
        exact = oracle.radius_without_noise(own)
        for changed in range(8):
            worst = min(
                own.sum() - 2 * own[list(places)].sum()
                for size in range(changed + 1)
                for places in combinations(range(7), size)
            )
            assert (worst > 0) == (changed <= exact)


def plausible(votes: int, members: int, low: fmpq, high: fmpq) -> bool:
    """Whether so many votes are possible, at a tiny level, for some share from low to high."""
    few = binomial.tail_at_most(members, members - votes, 1 - low, TINY)
    many = binomial.tail_at_most(members, votes, high, TINY)
    return not few and not many


def test_drawn_members_vote_as_the_exact_law_says(tmp_path: Path) -> None:
    """The whole pipeline: noise on labels, ridge, ONNX, votes, and the bound on what they prove.

    It fails on right code with a chance below one in ten million.
    """
    members, bits, penalty = 400, 11, 0.05
    learner = f'name = "ridge"\nbalanced = false\npenalty = {penalty}'
    path = small.recipe(tmp_path, "flip", "none", learner=learner)
    text = path.read_text().replace("members = 120", f"members = {members}")
    text = text.replace('"230/256"', '"1"').replace('"250/256"', f'"{KEEP}"')
    text = text.replace("trainFeatures = [0, 1]", "trainLabels = [0, 1, 2, 3, 4, 5, 6]")
    text = text.replace('alpha = "1/20"', 'alpha = "1/1000000000"')
    path.write_text(text)
    auditor.run(path, out=tmp_path / "out", device="cpu", workers=0)
    verified = auditor.verify(tmp_path / "out", tmp_path / "out.pub")
    evidence = (tmp_path / "out" / "evidence.bin").read_bytes()
    data = small.digits()
    rows, inputs = (
        np.where(data[name].reshape(len(data[name]), -1) >= 8, 1.0, -1.0)
        for name in ("xTrain", "xTest")
    )
    signs = np.where(data["yTrain"] == 7, 1, -1)
    terms = oracle.influences(rows, inputs, penalty) * signs
    narrow, claimed = [], []
    for index, claim in enumerate(verified.claims):
        votes = evidence[index * members : (index + 1) * members]
        law = Rounded.of(terms[index], KEEP, bits)
        # members are float32 and abstain near a tie: their scores are the law's within the slack
        low, high = law.share_between(SLACK)
        assert plausible(votes.count(1), members, low, high)
        assert float(low) >= oracle.chernoff(terms[index], float(KEEP)) - 1e-6
        narrow.append(float(high - low))
        if claim.label is None:
            continue
        most = max((budget.get("trainLabels") for budget in claim.frontier), default=0)
        claimed.append(most)
        own = law if claim.label else Rounded.of(-terms[index], KEEP, bits)
        # the labels that hurt most if turned over one by one
        worst = np.argsort([-c for c in own.law.terms])[:most]
        assert own.turned(worst.tolist()).share_between(SLACK)[1] > HALF
    assert np.median(narrow) < 0.02  # the bracket is narrow enough to tell one input from another
    assert len(claimed) >= 8
    assert max(claimed) >= 1
