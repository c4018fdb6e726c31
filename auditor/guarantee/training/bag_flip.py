"""Bags with flips inside (Zhang, Albarghouthi and D'Antoni 2022): BagFlip.

A member is trained on examples drawn with replacement, and in every copy each feature and each
label is kept with its own probability and otherwise replaced by another symbol, uniformly.

Covers rewriting some examples at will (``trainExamples``), as a plain bag does, and besides
changing others in part (``partialExamples``): at most ``featuresPerExample`` features of each, and
its label where ``labelsPerExample`` is 1. A kind of coordinate whose ``keep`` is 1 is left alone,
and then no partial change of it is covered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from flint import fmpq

from auditor.errors import RecipeError
from auditor.exact.bagged_flips import BaggedFlips
from auditor.exact.flips import FlipGroup, merge_flips
from auditor.guarantee import fields
from auditor.guarantee.threat import (
    FEATURES_PER_EXAMPLE,
    LABELS_PER_EXAMPLE,
    PARTIAL_EXAMPLES,
    TRAIN_EXAMPLES,
    Threat,
)
from auditor.guarantee.training.bag import MAX_SIZE, REWRITING, check_unit, untouched


@dataclass(frozen=True, slots=True, kw_only=True)
class BagFlip:
    """``size`` draws with replacement, and the keep probabilities inside every copy."""

    method: ClassVar[str] = "bag-flip"
    drawn: ClassVar[bool] = True

    size: int
    keep_features: fmpq
    keep_labels: fmpq

    @classmethod
    def from_dict(cls, value: Mapping[str, object], where: str) -> BagFlip:
        """Read the parameters; RecipeError names what is wrong."""
        fields.only(value, ("method", "size", "keepFeatures", "keepLabels"), where)
        params = cls(
            size=fields.integer(value, "size", where, low=1, high=MAX_SIZE),
            keep_features=fields.probability(value, "keepFeatures", where),
            keep_labels=fields.probability(value, "keepLabels", where),
        )
        if params.keep_features == 1 and params.keep_labels == 1:
            message = f"{where}: keepFeatures and keepLabels are both 1: use method 'bag'"
            raise RecipeError(message)
        return params

    @property
    def axes(self) -> tuple[str, ...]:
        """Return the covered axes: partial changes of what carries noise."""
        noisy = ((FEATURES_PER_EXAMPLE, self.keep_features), (LABELS_PER_EXAMPLE, self.keep_labels))
        return (TRAIN_EXAMPLES, PARTIAL_EXAMPLES, *(axis for axis, keep in noisy if keep < 1))

    def threat(self, unit: str) -> Threat:
        """Return the covered moves; RecipeError for groups, of which a bag would draw rows."""
        check_unit(unit)
        return Threat(unit=unit, moves=REWRITING)

    def survival(self, rewritten: int, examples: int) -> fmpq:
        """Return the chance that no example rewritten at will is drawn, perhaps rounded down."""
        return untouched(rewritten, examples, self.size)

    def groups(
        self, partial: Partial, rewritten: int, examples: int, alphabets: tuple[int, int]
    ) -> tuple[BaggedFlips, ...]:
        """Return the noise on partial changes, given that no rewritten example is drawn.

        ``alphabets``: the numbers of symbols and of classes. Then a draw is one of the partially
        changed with chance partial/(examples - rewritten).
        """
        left = examples - rewritten
        if left <= 0 or not partial.examples:
            return ()
        symbols, classes = alphabets
        noises = (
            (symbols, self.keep_features, partial.features),
            (classes, self.keep_labels, partial.labels),
        )
        flips = merge_flips(
            FlipGroup(symbols=size, keep=keep, changed=changed)
            for size, keep, changed in noises
            if changed
        )
        if not flips:
            return ()
        hits = fmpq(min(partial.examples, left), left)
        return (BaggedFlips(draws=self.size, hits=hits, flips=flips),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """``examples`` examples, of each of which so many values and labels are changed."""

    examples: int
    features: int
    labels: int
