"""Published rules give their published numbers, and certify no more than is true."""

from __future__ import annotations

from pathlib import Path

import pytest
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from auditor.exact.flips import FlipGroup
from auditor.exact.neyman_pearson import threshold
from auditor.exact.rational import power_down
from benchmarks.peers import __main__ as peers
from benchmarks.peers import published
from benchmarks.peers.cases import CASES, Case, Votes
from tests.run import small

ALPHA = 0.001


@pytest.mark.parametrize(
    ("p", "q", "relaxed", "tight"),
    # floor(ln(4p(1-p)) / (2(1-2q) ln(q/(1-q)))), and the largest r with p > p*(r)
    [(90, 2, 0, 1), (99, 2, 1, 2), (99, 3, 4, 7), (90, 4, 6, 10), (99, 4, 19, 33)],
)
def test_the_relaxation_and_the_tight_bound_for_labels(
    p: int, q: int, relaxed: int, tight: int
) -> None:
    assert published.rosenfeld_radius(p / 100, q / 10) == relaxed

    def holds(changed: int) -> bool:
        group = FlipGroup(symbols=2, keep=fmpq(10 - q, 10), changed=changed)
        p_star = threshold([group])
        return p_star is not None and fmpq(p, 100) > p_star

    assert holds(tight)
    assert not holds(tight + 1)


def test_hoeffding_costs_more_than_a_third_of_the_radius() -> None:
    low, _ = published.clopper_pearson(1000, 1000, ALPHA)
    assert published.rab_radius(1000, 1000, ALPHA, 1.0) == pytest.approx(1.565, abs=1e-3)
    assert float(norm.ppf(low)) == pytest.approx(2.463, abs=1e-3)
    assert published.rab_radius(500, 1000, ALPHA, 1.0) == -1


@given(own=st.integers(500, 1000), changed=st.integers(0, 120))
def test_bagging_of_two_classes_never_certifies_more_than_the_exact_bound(
    own: int, changed: int
) -> None:
    examples, size = 13007, 50
    reach = published.jia_radius([own, 1000 - own], 1000, size, examples, ALPHA)
    low, _ = published.clopper_pearson(own, 1000, ALPHA)
    p_star = threshold([], power_down(fmpq(examples - changed, examples), size))
    exact = p_star is not None and low > float(p_star.p) / float(p_star.q)
    assert exact or reach < changed


@given(st.lists(st.integers(0, 9), min_size=3, max_size=3), st.integers(0, 4))
def test_partitions_survive_any_set_of_changed_members(votes: list[int], changed: int) -> None:
    label = max(range(3), key=votes.__getitem__)
    if published.dpa_radius(votes, label) < changed:
        return
    taken = [*votes]
    taken[label] -= min(changed, taken[label])
    for rival in range(3):
        if rival != label:
            worst = [*taken]
            worst[rival] += changed
            assert max(range(3), key=worst.__getitem__) == label


def test_blocks_survive_every_reached_view() -> None:
    assert published.block_smoothing_holds([20, 8], 0, 6)
    assert not published.block_smoothing_holds([8, 20], 1, 6), "a tie goes to the smaller class"
    assert not published.block_smoothing_holds([20, 9], 0, 6)


def test_every_case_has_a_recipe_and_budgets_that_it_declares() -> None:
    for case in CASES:
        assert (peers.RECIPES / case.recipe).is_file(), case.name
        assert case.amounts[0] == 0
        assert list(case.amounts) == sorted(case.amounts)


def test_a_comparison_end_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small.recipe(tmp_path, "bag", "none")
    monkeypatch.setattr(peers, "RECIPES", tmp_path)

    def never(votes: Votes, amount: int) -> bool:
        assert sum(votes.counts) <= votes.draws == 120
        return amount == 0

    case = Case(
        name="small",
        recipe="recipe.toml",
        peer="nobody",
        attack="images",
        axis="trainExamples",
        amounts=(0, 1),
        holds=never,
    )
    found = peers.compare(case, tmp_path / "out")
    zero, one = found["rows"]
    assert zero["published"] == found["right"] >= zero["ours"] >= one["ours"] > 0
    assert one["published"] == 0
    assert "| nobody | " in peers.table(found)
    again = peers.compare(case, tmp_path / "out")
    assert {**again, "seconds": 0} == {**found, "seconds": 0}, "the release is used again"
