"""Flip noise on training features and labels: the training side of Wang et al. 2020.

A member is trained on a noisy copy of the whole set in which every feature and every label is kept
with its own probability and otherwise replaced by another symbol, uniformly. ``keep`` = 1 leaves a
kind of coordinate alone, and then no change of it is covered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from flint import fmpq

from auditor.errors import RecipeError
from auditor.exact.flips import FlipGroup
from auditor.guarantee import fields
from auditor.guarantee.threat import TRAIN_FEATURES, TRAIN_LABELS, Threat


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipTraining:
    """Keep probabilities of training features and labels."""

    method: ClassVar[str] = "flip"
    drawn: ClassVar[bool] = True

    keep_features: fmpq
    keep_labels: fmpq

    @classmethod
    def from_dict(cls, value: Mapping[str, object], where: str) -> FlipTraining:
        """Read the parameters; RecipeError names what is wrong."""
        fields.only(value, ("method", "keepFeatures", "keepLabels"), where)
        params = cls(
            keep_features=fields.probability(value, "keepFeatures", where),
            keep_labels=fields.probability(value, "keepLabels", where),
        )
        if params.keep_features == 1 and params.keep_labels == 1:
            message = f"{where}: keepFeatures and keepLabels are both 1, so nothing is smoothed"
            raise RecipeError(message)
        return params

    @property
    def axes(self) -> tuple[str, ...]:
        """Return the axes that carry noise."""
        noisy = ((TRAIN_FEATURES, self.keep_features), (TRAIN_LABELS, self.keep_labels))
        return tuple(axis for axis, keep in noisy if keep < 1)

    def threat(self, unit: str) -> Threat:
        """Return the covered moves, priced in features and labels; RecipeError for groups."""
        if unit != "example":
            message = f"unit {unit!r}: groups need smoothing.training partition by 'group'"
            raise RecipeError(message)
        noisy = (("modify", self.keep_features), ("relabel", self.keep_labels))
        return Threat(unit=unit, moves=tuple((move, 1) for move, keep in noisy if keep < 1))

    def groups(
        self, features: int, labels: int, symbols: int, classes: int
    ) -> tuple[FlipGroup, ...]:
        """Return the noise on ``features`` changed features and ``labels`` changed labels."""
        groups = []
        if features:
            groups.append(FlipGroup(symbols=symbols, keep=self.keep_features, changed=features))
        if labels:
            groups.append(FlipGroup(symbols=classes, keep=self.keep_labels, changed=labels))
        return tuple(groups)
