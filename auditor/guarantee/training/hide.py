"""Hiding at random on the training side: a third symbol, "hidden", in place of a value.

A member is trained on a copy of the whole set in which every feature (a pixel with all its
channels) and every label is shown with its own probability. A hidden feature has no value; an
example whose label is hidden is left out, features and all. ``show`` = 1 leaves a kind of
coordinate alone, and then no change of it is covered. It works on any alphabet: what is hidden
changes nothing, whatever it was (docs/methods/hide-training.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from flint import fmpq

from auditor.errors import RecipeError
from auditor.exact.rational import power_down
from auditor.guarantee import fields
from auditor.guarantee.threat import TRAIN_FEATURES, TRAIN_LABELS, Threat


@dataclass(frozen=True, slots=True, kw_only=True)
class HideTraining:
    """Probabilities with which training features and labels are shown."""

    method: ClassVar[str] = "hide"
    drawn: ClassVar[bool] = True

    show_features: fmpq
    show_labels: fmpq

    @classmethod
    def from_dict(cls, value: Mapping[str, object], where: str) -> HideTraining:
        """Read the parameters; RecipeError names what is wrong."""
        fields.only(value, ("method", "showFeatures", "showLabels"), where)
        shares = {}
        for key in ("showFeatures", "showLabels"):
            shares[key] = fields.probability(value, key, where)
            if shares[key] == 0:
                raise fields.refuse(where, key, "more than 0", value.get(key))
        if all(share == 1 for share in shares.values()):
            message = f"{where}: showFeatures and showLabels are both 1, so nothing is smoothed"
            raise RecipeError(message)
        return cls(show_features=shares["showFeatures"], show_labels=shares["showLabels"])

    @property
    def axes(self) -> tuple[str, ...]:
        """Return the axes along which something is hidden."""
        hidden = ((TRAIN_FEATURES, self.show_features), (TRAIN_LABELS, self.show_labels))
        return tuple(axis for axis, show in hidden if show < 1)

    def threat(self, unit: str) -> Threat:
        """Return the covered moves, priced in features and labels; RecipeError for groups."""
        if unit != "example":
            message = f"unit {unit!r}: groups need smoothing.training partition by 'group'"
            raise RecipeError(message)
        noisy = (("modify", self.show_features), ("relabel", self.show_labels))
        return Threat(unit=unit, moves=tuple((move, 1) for move, show in noisy if show < 1))

    def survival(self, features: int, labels: int) -> fmpq:
        """Return the least chance that no member sees a changed feature or label.

        Worst are changes in as many examples: a feature is then seen if it and its label are shown.
        Rounded down where the exact number is too long; a lower survival only weakens a claim.

        >>> half = HideTraining(show_features=fmpq(1, 2), show_labels=fmpq(1, 2))
        >>> str(half.survival(1, 0)), str(half.survival(2, 1))
        ('3/4', '9/32')
        """
        unseen = power_down(1 - self.show_features * self.show_labels, features)
        return unseen * power_down(1 - self.show_labels, labels)
