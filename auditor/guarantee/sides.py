"""Both sides of a smoothing, read from a resolved recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flint import fmpq

from auditor.errors import RecipeError
from auditor.exact import rational
from auditor.guarantee import fields
from auditor.guarantee.test.flip import FlipTest
from auditor.guarantee.test.hide import Hide
from auditor.guarantee.test.none import NoTest
from auditor.guarantee.test.two_mask import GroupMasks, WindowMasks
from auditor.guarantee.test.units import Layout
from auditor.guarantee.test.views import Views
from auditor.guarantee.threat import INPUT_FEATURES, TOTAL, TRAIN_FEATURES, TRAIN_LABELS
from auditor.guarantee.training.bag import Bag
from auditor.guarantee.training.finite_aggregation import FiniteAggregation
from auditor.guarantee.training.flip import FlipTraining
from auditor.guarantee.training.grid import Grid
from auditor.guarantee.training.none import NoTraining
from auditor.guarantee.training.partition import Partition

Training = NoTraining | FlipTraining | Bag | Partition | Grid | FiniteAggregation
Test = NoTest | FlipTest | Hide | Views | GroupMasks | WindowMasks

TRAINING_METHODS: Final = ("none", "flip", "bag", "partition", "grid", "finite-aggregation")
TEST_METHODS: Final = ("none", "flip", "hide", "views", "two-mask")

PLURALITY: Final = "plurality"
RUN_OFF: Final = "run-off"
VOTE_METHODS: Final = (PLURALITY, RUN_OFF)

WHERE: Final = "smoothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoothing:
    """Both sides of a smoothing over inputs of one layout and alphabet, and its vote."""

    training: Training
    test: Test
    vote: str
    layout: Layout
    symbols: int

    @property
    def axes(self) -> tuple[str, ...]:
        """Return the axes along which budgets can be certified."""
        axes = (*self.training.axes, *self.test.axes)
        # a total may be spent anywhere, so everything it names must carry flips
        seed = (TRAIN_FEATURES, TRAIN_LABELS, INPUT_FEATURES)
        return (*axes, TOTAL) if axes == seed and isinstance(self.test, FlipTest) else axes


def read(recipe: Mapping[str, object], shape: Sequence[object]) -> Smoothing:
    """Read the smoothing of a resolved recipe for inputs of ``shape``; RecipeError if malformed."""
    alphabet = fields.mapping(recipe, "alphabet", "recipe")
    unit = fields.choice(alphabet, "unit", "alphabet", ("pixel", "channel"))
    layout = Layout.from_json(shape, unit, "dataset")
    sides = fields.mapping(recipe, "smoothing", "recipe")
    fields.only(sides, ("training", "test", "vote"), WHERE)
    return Smoothing(
        training=read_training(recipe),
        test=_test(fields.mapping(sides, "test", WHERE), layout),
        vote=_vote(sides),
        layout=layout,
        symbols=symbols(alphabet),
    )


def read_training(recipe: Mapping[str, object]) -> Training:
    """Read the training side of a resolved recipe; RecipeError if malformed."""
    sides = fields.mapping(recipe, "smoothing", "recipe")
    return _training(fields.mapping(sides, "training", WHERE))


def symbols(alphabet: Mapping[str, object]) -> int:
    """Return the number of symbols of an alphabet.

    >>> symbols({"kind": "grid", "step": "1/4", "low": "0", "high": "1"})
    5
    """
    kind = fields.choice(alphabet, "kind", "alphabet", ("binary", "levels", "grid"))
    if kind == "binary":
        return 2
    if kind == "levels":
        edges = fields.items(alphabet, "edges", "alphabet")
        if not edges:
            raise fields.refuse("alphabet", "edges", "at least one edge", [])
        return len(edges) + 1
    low, high, step = (_number(alphabet, key) for key in ("low", "high", "step"))
    if step <= 0 or high <= low or ((high - low) / step).q != 1:
        message = "alphabet: expected low < high and a step that divides high - low"
        raise RecipeError(message)
    return int(((high - low) / step).p) + 1


def _training(value: Mapping[str, object]) -> Training:
    where = f"{WHERE}.training"
    match fields.choice(value, "method", where, TRAINING_METHODS):
        case "none":
            return NoTraining.from_dict(value, where)
        case "flip":
            return FlipTraining.from_dict(value, where)
        case "bag":
            return Bag.from_dict(value, where)
        case "grid":
            return Grid.from_dict(value, where)
        case "finite-aggregation":
            return FiniteAggregation.from_dict(value, where)
        case _:
            return Partition.from_dict(value, where)


def _test(value: Mapping[str, object], layout: Layout) -> Test:
    where = f"{WHERE}.test"
    match fields.choice(value, "method", where, TEST_METHODS):
        case "none":
            return NoTest.from_dict(value, where)
        case "flip":
            return FlipTest.from_dict(value, where)
        case "hide":
            return Hide.from_dict(value, where)
        case "views":
            return Views.from_dict(value, where)
        case _ if "window" in value:
            return WindowMasks.from_dict(value, where, layout)
        case _:
            return GroupMasks.from_dict(value, where)


def _vote(sides: Mapping[str, object]) -> str:
    """Return how fixed members vote: plurality where nothing is said."""
    if "vote" not in sides:
        return PLURALITY
    where = f"{WHERE}.vote"
    vote = fields.mapping(sides, "vote", WHERE)
    fields.only(vote, ("method",), where)
    return fields.choice(vote, "method", where, VOTE_METHODS)


def _number(alphabet: Mapping[str, object], key: str) -> fmpq:
    try:
        return rational.parse_number(alphabet.get(key))
    except ValueError:
        raise fields.refuse("alphabet", key, "a number as text", alphabet.get(key)) from None
