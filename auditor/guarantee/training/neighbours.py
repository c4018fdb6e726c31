"""The nearest training examples vote: one fixed member, as many voters as it asks neighbours.

Examples are ranked by (distance to what is shown of the input, label), and the first ``count`` of
them are the voters; where there are fewer examples, the missing voters abstain. Whatever is done to
one example changes at most one voter (docs/methods/nearest-neighbours.md):

* one that is removed makes room for the next in the ranking;
* one that is inserted drives out the last;
* one that is modified or relabelled does both at once, and then the one that made room is the one
  that is driven out.

So a margin of at least 2c survives c examples inserted, deleted, modified or relabelled, as it
survives c touched parts of a partition. Nothing is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from auditor.errors import RecipeError
from auditor.guarantee import fields
from auditor.guarantee.threat import TRAIN_EXAMPLES, Threat

LEARNER: Final = "nearest-neighbours"
MAX_VOTERS: Final = 65535  # votes are counted in 16 bits


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """``count`` nearest training examples, one vote each."""

    method: ClassVar[str] = "neighbours"
    drawn: ClassVar[bool] = False
    axes: ClassVar[tuple[str, ...]] = (TRAIN_EXAMPLES,)

    count: int

    @classmethod
    def from_dict(cls, value: Mapping[str, object], where: str) -> Neighbours:
        """Read the parameters; RecipeError names what is wrong."""
        fields.only(value, ("method", "count"), where)
        return cls(count=fields.integer(value, "count", where, low=1, high=MAX_VOTERS))

    def threat(self, unit: str) -> Threat:
        """Return the covered moves; RecipeError for groups, whose examples are voters each."""
        if unit != "example":
            message = (
                f"unit {unit!r}: every example is a voter; groups need smoothing.training partition"
            )
            raise RecipeError(message)
        moves = (("insert", 1), ("delete", 1), ("modify", 1), ("relabel", 1))
        return Threat(unit=unit, moves=moves)

    def check(self, recipe: Mapping[str, object]) -> None:
        """Raise RecipeError unless the learner is the one that this side speaks of.

        That an example is no more than one voter is a property of the learner: it asks as many
        neighbours, and knows every example once, none of them left out.
        """
        learner = fields.mapping(recipe, "learner", "recipe")
        fields.choice(learner, "name", "learner", (LEARNER,))
        fields.integer(learner, "neighbours", "learner", low=self.count, high=self.count)
        training = recipe.get("training", {})
        if not isinstance(training, Mapping):
            raise fields.refuse("recipe", "training", "a table", training)
        if training.get("copies", [{}]) != [{}]:
            message = "training.copies: expected [{}], as a copy of an example is one more voter"
            raise RecipeError(message)
        if training.get("masks", 0) != 0:
            message = "training.masks: expected 0, as a masked example is one more voter"
            raise RecipeError(message)
        if "capacity" in training:
            message = "training.capacity: expected nothing, as every example is in the ranking"
            raise RecipeError(message)


def neighbours(recipe: Mapping[str, object]) -> int | None:
    """Return how many training examples vote under a resolved recipe; None: members do."""
    where = "smoothing"
    side = fields.mapping(fields.mapping(recipe, where, "recipe"), "training", where)
    if side.get("method") != Neighbours.method:
        return None
    return Neighbours.from_dict(side, f"{where}.training").count


def votes_each(recipe: Mapping[str, object]) -> int:
    """Return how many votes one member of a resolved recipe gives in one view."""
    return neighbours(recipe) or 1
