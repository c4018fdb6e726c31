"""No smoothing of the training side: one fixed member, trained on everything as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from auditor.errors import RecipeError
from auditor.guarantee import fields
from auditor.guarantee.threat import Threat


@dataclass(frozen=True, slots=True, kw_only=True)
class NoTraining:
    """The training set is taken as given: no move on it is covered."""

    method: ClassVar[str] = "none"
    drawn: ClassVar[bool] = False
    axes: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def from_dict(cls, value: Mapping[str, object], where: str) -> NoTraining:
        """Read the parameters; RecipeError names what is wrong."""
        fields.only(value, ("method",), where)
        return cls()

    def threat(self, unit: str) -> Threat:
        """Return the covered moves: none; RecipeError for groups."""
        if unit != "example":
            message = f"unit {unit!r}: groups need smoothing.training partition by 'group'"
            raise RecipeError(message)
        return Threat(unit=unit, moves=())
