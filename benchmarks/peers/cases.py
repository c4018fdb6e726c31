"""What is compared: a recipe of ours, a published rule on the same votes, and the budgets.

A case runs one recipe. Both rules then judge the very same votes at the same level: alpha = 1/1000
for all inputs together, so 1/1000 over their number for each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from auditor.guarantee.threat import Budget
from benchmarks.peers import published


@dataclass(frozen=True, slots=True, kw_only=True)
class Votes:
    """One input's votes and what its level is: counts by class of ``draws`` votes cast."""

    counts: Sequence[int]
    draws: int
    alpha: float
    audit: Mapping[str, Any]
    needed: Mapping[Budget, float]
    """By declared budget, the vote probability to exceed (p*), where something is drawn."""

    @property
    def label(self) -> int:
        """The class with most votes, the smallest index on ties."""
        return max(range(len(self.counts)), key=self.counts.__getitem__)

    @property
    def training(self) -> Mapping[str, Any]:
        """The recipe's training side."""
        side: Mapping[str, Any] = self.audit["recipe"]["smoothing"]["training"]
        return side


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One comparison.

    ``holds(votes, amount)`` says whether the published rule certifies that much. ``axis`` is ours
    for the same attack, beside ``fixed`` amounts of others.
    """

    name: str
    recipe: str
    peer: str
    attack: str
    axis: str
    amounts: Sequence[int]
    holds: Callable[[Votes, int], bool]
    fixed: Mapping[str, int] | None = None

    def budget(self, amount: int) -> dict[str, int]:
        """Return our budget for an amount."""
        return {self.axis: amount, **(self.fixed or {})} if amount else {}


def _jia(votes: Votes, amount: int) -> bool:
    reach = published.jia_radius(
        votes.counts,
        votes.draws,
        int(votes.training["size"]),
        int(votes.audit["dataset"]["size"]),
        votes.alpha,
    )
    return reach >= amount


def _dpa_rewritten(votes: Votes, amount: int) -> bool:
    return published.dpa_radius(votes.counts, votes.label) >= 2 * amount


def _rosenfeld(votes: Votes, amount: int) -> bool:
    low, _ = published.clopper_pearson(votes.counts[votes.label], votes.draws, votes.alpha)
    keep = votes.training["keepLabels"].split("/")
    return published.rosenfeld_radius(low, 1 - int(keep[0]) / int(keep[1])) >= amount


def _rab(votes: Votes, amount: int) -> bool:
    recipe = votes.audit["recipe"]
    sigma = float(Fraction(votes.training["sigma"]))
    radius = published.rab_radius(votes.counts[votes.label], votes.draws, votes.alpha, sigma)
    step = Fraction(recipe["alphabet"]["step"])
    return radius > math.sqrt(amount) * float(step) or (radius >= 0 and not amount)


def _bagflip(votes: Votes, amount: int) -> bool:
    """BagFlip's own confidence, and its bisection of p_A in 13 steps, over the exact bound."""
    low, _ = published.clopper_pearson(
        votes.counts[votes.label], votes.draws, votes.alpha / len(votes.counts)
    )
    rounded = math.floor(low * 2**13) / 2**13
    budget = Budget.of({"partialExamples": amount, "featuresPerExample": 1} if amount else {})
    return rounded > votes.needed.get(budget, 0.5)


def _blocks(votes: Votes, amount: int) -> bool:
    size = int(votes.audit["recipe"]["smoothing"]["test"]["size"])
    reached = amount + size - 1 if amount else 0
    return published.block_smoothing_holds(votes.counts, votes.label, reached)


CASES: tuple[Case, ...] = (
    Case(
        name="bagging, 1 against 7",
        recipe="bag-17.toml",
        peer="Jia, Cao, Gong 2021",
        attack="training images rewritten",
        axis="trainExamples",
        amounts=(0, 25, 50, 100, 150, 160),
        holds=_jia,
    ),
    Case(
        name="bagging, ten classes",
        recipe="bag-10.toml",
        peer="Jia, Cao, Gong 2021",
        attack="training images rewritten",
        axis="trainExamples",
        amounts=(0, 50, 100, 200, 300, 390),
        holds=_jia,
    ),
    Case(
        name="partitions, 1 against 7",
        recipe="partition-17.toml",
        peer="DPA: Levine, Feizi 2021",
        attack="training images rewritten",
        axis="trainExamples",
        amounts=(0, 65, 130, 250, 400),
        holds=_dpa_rewritten,
    ),
    Case(
        name="partitions, ten classes",
        recipe="partition-10.toml",
        peer="DPA: Levine, Feizi 2021",
        attack="training images rewritten",
        axis="trainExamples",
        amounts=(0, 100, 200, 300, 400),
        holds=_dpa_rewritten,
    ),
    Case(
        name="label noise, 1 against 7",
        recipe="labels-17.toml",
        peer="Rosenfeld et al. 2020",
        attack="training labels flipped",
        axis="trainLabels",
        amounts=(0, 5, 10, 20, 30, 50),
        holds=_rosenfeld,
    ),
    Case(
        name="Gaussian noise, 1 against 7",
        recipe="gaussian-17.toml",
        peer="RAB: Weber et al. 2023",
        attack="squared l2 distance of the input, in sixteenths of a pixel's range",
        axis="inputSquares",
        amounts=(0, 16, 64, 144, 256),
        holds=_rab,
    ),
    Case(
        name="flips inside bags, 1 against 7",
        recipe="bag-flip-17.toml",
        peer="BagFlip: Zhang, Albarghouthi, D'Antoni 2022",
        attack="training images with one changed pixel each",
        axis="partialExamples",
        amounts=(0, 50, 100, 150, 200),
        holds=_bagflip,
        fixed={"featuresPerExample": 1},
    ),
    Case(
        name="bands of columns, 1 against 7",
        recipe="columns-17.toml",
        peer="derandomised smoothing: Levine, Feizi 2020",
        attack="a square of the input repainted, of side",
        axis="inputPatch",
        amounts=(0, 1, 3, 5, 7),
        holds=_blocks,
    ),
)
