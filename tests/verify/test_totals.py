"""Claims counted at every budget: the quick way and the naive one agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.guarantee.threat import AXES, Budget
from auditor.verify.totals import certified

AMOUNTS = st.dictionaries(st.sampled_from(AXES[:3]), st.integers(0, 4)).map(Budget.of)
FRONTIERS = st.dictionaries(st.lists(AMOUNTS, max_size=4).map(tuple), st.integers(1, 9), max_size=4)


@given(st.lists(AMOUNTS, max_size=6), FRONTIERS)
def test_a_claim_holds_where_some_point_is_as_large_on_every_axis(
    budgets: list[Budget], frontiers: dict[tuple[Budget, ...], int]
) -> None:
    naive = tuple(
        sum(n for points, n in frontiers.items() if any(p.covers(b) for p in points))
        for b in budgets
    )
    assert certified(budgets, frontiers) == naive


def test_points_are_not_compared_with_budgets_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signed folder can have 512 budgets, and as many points in every frontier."""
    budgets = [Budget.of({"trainExamples": 512 - i, "inputFeatures": i}) for i in range(512)]
    monkeypatch.delattr(Budget, "covers")
    assert certified(budgets, {tuple(budgets): 2, tuple(budgets[:9]): 1}) == (3,) * 9 + (2,) * 503
