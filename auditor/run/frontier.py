"""What a smoothing could certify at best, before anything is trained.

Nothing is known about a classifier yet but a vote share to hope for. Given that, what can be
certified follows from the recipe and the size of the data alone, by the very rules that a run and
a verifier use: a made-up row of evidence is judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from auditor import datasets, recipe
from auditor.errors import RecipeError
from auditor.guarantee.claim import Rule
from auditor.guarantee.smoothing import rule_for
from auditor.guarantee.threat import (
    FEATURES_PER_EXAMPLE,
    LABELS_PER_EXAMPLE,
    PARTIAL_EXAMPLES,
    Budget,
)
from auditor.guarantee.vote.counts import most
from auditor.recipe.vary import vary
from auditor.run import commit, ideal

#: Amounts of the input axis at which the training axis is looked at besides.
_BESIDES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier:
    """One smoothing: ``changes`` to the recipe, and what each vote share allows at best.

    ``alone[share][axis]`` is the largest amount of an axis by itself; no axes: not even the label
    is certified. ``joint[share][t]`` is the largest amount of the first of ``pair`` beside ``t`` of
    the second, for the shares and amounts that were asked for.
    """

    changes: Mapping[str, str]
    members: int
    draws: int
    axes: tuple[str, ...]
    alone: Mapping[Fraction, Mapping[str, int]]
    pair: tuple[str, str] | None
    joint: Mapping[Fraction, Mapping[int, int]]

    @property
    def words(self) -> str:
        """Say what was changed."""
        changed = ", ".join(f"{key} = {value}" for key, value in self.changes.items())
        return changed or "as the recipe says"


def frontiers(
    path: Path | str,
    *,
    shares: Sequence[Fraction],
    more: Sequence[Fraction] = (),
    agreement: Fraction = Fraction(1),
    changes: Sequence[Mapping[str, str]] = ({},),
) -> tuple[Frontier, ...]:
    """Return the frontier of a recipe with each of these changes made (``recipe.vary``).

    At vote shares ``more`` only single axes are looked at. The data are read for their size. Each
    budget is judged as if it alone were declared. Raises RecipeError, DataError and UsageError as
    ``run`` would.
    """
    loaded = recipe.load(path)
    varied = [vary(loaded, change) for change in changes]
    train, inputs = datasets.load(loaded)
    declared = commit.declare(inputs, b"a plan declares nothing")
    audit = commit.audit_of(loaded, train, declared, "cpu").to_dict()
    return tuple(
        _frontier(_Judge(audit, resolved, agreement), change, shares, more)
        for change, resolved in zip(changes, varied, strict=True)
    )


class _Judge:
    """Tells of any budget whether a vote share certifies it under one recipe."""

    def __init__(
        self, audit: Mapping[str, Any], resolved: Mapping[str, Any], agreement: Fraction
    ) -> None:
        sizes = {"members": resolved["members"], "draws": resolved["draws"]}
        self._audit = {**audit, "recipe": resolved, **sizes}
        self._agreement = agreement
        self._rules: dict[Budget, Rule | None] = {}
        self.rule = rule_for(self._audit)  # what is wrong with the recipe itself is said here

    def holds(self, share: Fraction, amounts: Mapping[str, int]) -> bool:
        """Return whether class 0 is certified at these amounts."""
        budget = Budget.of(amounts)
        if budget not in self._rules:
            self._rules[budget] = self._only(budget)
        rule = self._rules[budget]
        if rule is None:
            return False
        judged = rule.judge(ideal.row(rule, share, self._agreement))
        reached = any(other.covers(budget) for other in judged.frontier)
        return judged.label == 0 and (reached or not budget.amounts)

    def most(self, share: Fraction, axis: str, beside: Mapping[str, int]) -> int:
        """Return the largest certified amount of an axis, the other amounts being ``beside``."""
        beside = {**_half(axis, self.rule.axes), **beside}
        step = 1
        while self.holds(share, {**beside, axis: step}):
            step *= 2
        # half of a partial change is no budget, but none of it changes nothing
        return max(0, most(lambda amount: self.holds(share, {**beside, axis: amount}), step - 1))

    def _only(self, budget: Budget) -> Rule | None:
        """Return the rule with one budget; None where no bound exists or it is out of reach."""
        recipe_ = self._audit["recipe"]
        claim = {**recipe_["claim"], "budgets": [budget.to_json()]}
        try:
            return rule_for({**self._audit, "recipe": {**recipe_, "claim": claim}})
        except RecipeError:
            return None


def _half(axis: str, axes: Sequence[str]) -> dict[str, int]:
    """Return what an axis of partly changed examples is nothing without: one of the others."""
    caps = [cap for cap in (FEATURES_PER_EXAMPLE, LABELS_PER_EXAMPLE) if cap in axes]
    if axis == PARTIAL_EXAMPLES:
        return dict.fromkeys(caps, 1)
    return {PARTIAL_EXAMPLES: 1} if axis in caps else {}


def _frontier(
    judge: _Judge, changes: Mapping[str, str], shares: Sequence[Fraction], more: Sequence[Fraction]
) -> Frontier:
    axes = judge.rule.axes
    alone = {
        share: {axis: judge.most(share, axis, {}) for axis in axes}
        if judge.holds(share, {})
        else {}
        for share in sorted({*shares, *more})
    }
    pair = _pair(axes)
    joint = {}
    if pair:
        along, across = pair
        amounts = _spread(max((alone[share].get(across, 0) for share in shares), default=0))
        joint = {
            share: {
                t: judge.most(share, along, {across: t})
                for t in amounts
                if judge.holds(share, {across: t})
            }
            for share in shares
        }
    return Frontier(
        changes=dict(changes),
        members=judge.rule.members,
        draws=judge.rule.views if judge.rule.randomised and not judge.rule.drawn else 0,
        axes=axes,
        alone=alone,
        pair=pair,
        joint=joint,
    )


def _pair(axes: Sequence[str]) -> tuple[str, str] | None:
    """Return the first training axis and the first axis of the input, if there are both."""
    training = [axis for axis in axes if axis.startswith("train")]
    test = [axis for axis in axes if axis.startswith("input")]
    return (training[0], test[0]) if training and test else None


def _spread(top: int) -> list[int]:
    """Return some amounts from 1 to ``top``, evenly spaced.

    >>> _spread(3), _spread(100)
    ([1, 2, 3], [13, 25, 38, 50, 63, 75, 88, 100])
    """
    count = min(top, _BESIDES)
    return [-(-top * place // count) for place in range(1, count + 1)]
