"""Both sides of a smoothing, read from a resolved recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from auditor.guarantee import fields, grid
from auditor.guarantee.test.ablation import Ablation
from auditor.guarantee.test.flip import FlipTest
from auditor.guarantee.test.gaussian import GaussianTest
from auditor.guarantee.test.hide import Hide
from auditor.guarantee.test.joint_masks import JointMasks, TwoMasks
from auditor.guarantee.test.none import NoTest
from auditor.guarantee.test.two_mask import GroupMasks, WindowMasks
from auditor.guarantee.test.uniform import UniformTest
from auditor.guarantee.test.units import Layout
from auditor.guarantee.test.views import Views
from auditor.guarantee.threat import INPUT_FEATURES, TOTAL, TRAIN_FEATURES, TRAIN_LABELS
from auditor.guarantee.training.bag import Bag
from auditor.guarantee.training.bag_flip import BagFlip
from auditor.guarantee.training.finite_aggregation import FiniteAggregation
from auditor.guarantee.training.flip import FlipTraining
from auditor.guarantee.training.gaussian import GaussianTraining
from auditor.guarantee.training.grid import Grid
from auditor.guarantee.training.hide import HideTraining
from auditor.guarantee.training.neighbours import Neighbours
from auditor.guarantee.training.none import NoTraining
from auditor.guarantee.training.partition import Partition
from auditor.guarantee.training.poisson_bag import PoissonBag
from auditor.guarantee.training.uniform import UniformTraining

Bags = Bag | PoissonBag | BagFlip
DrawnTraining = FlipTraining | HideTraining | Bags | GaussianTraining | UniformTraining
FixedTraining = NoTraining | Partition | FiniteAggregation | Grid | Neighbours
Training = FixedTraining | DrawnTraining
FixedViews = Views | Ablation | TwoMasks
Noise = FlipTest | Hide | GaussianTest | UniformTest
Test = NoTest | Noise | FixedViews

DRAWN_METHODS: Final = frozenset(
    {"flip", "hide", "bag", "poisson-bag", "bag-flip", "gaussian", "uniform"}
)
"""Training sides whose members are random draws, good for one vote on an input."""
_TRAINING: Final = {
    side.method: side
    for side in (
        *(NoTraining, FlipTraining, HideTraining, Bag, PoissonBag, BagFlip),
        *(Partition, FiniteAggregation, Grid, Neighbours),
    )
}
_ON_A_GRID: Final = {side.method: side for side in (GaussianTraining, UniformTraining)}
TRAINING_METHODS: Final = (*_TRAINING, *_ON_A_GRID)
TEST_METHODS: Final = (
    *("none", "flip", "hide", "gaussian", "uniform", "views", "two-mask", "ablation"),
)

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
        flips = isinstance(self.training, FlipTraining) and isinstance(self.test, FlipTest)
        return (*axes, TOTAL) if axes == seed and flips else axes


def read(recipe: Mapping[str, object], shape: Sequence[object]) -> Smoothing:
    """Read the smoothing of a resolved recipe for inputs of ``shape``; RecipeError if malformed."""
    alphabet = fields.mapping(recipe, "alphabet", "recipe")
    unit = fields.choice(alphabet, "unit", "alphabet", ("pixel", "channel"))
    layout = Layout.from_json(shape, unit, "dataset")
    sides = fields.mapping(recipe, "smoothing", "recipe")
    fields.only(sides, ("training", "test", "vote"), WHERE)
    return Smoothing(
        training=read_training(recipe),
        test=_test(fields.mapping(sides, "test", WHERE), layout, alphabet),
        vote=_vote(sides),
        layout=layout,
        symbols=symbols(alphabet),
    )


def read_training(recipe: Mapping[str, object]) -> Training:
    """Read the training side of a resolved recipe; RecipeError if malformed."""
    sides = fields.mapping(recipe, "smoothing", "recipe")
    return _training(fields.mapping(sides, "training", WHERE), recipe)


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
    low, high, step = grid.grid(alphabet)
    return int(((high - low) / step).p) + 1


def _training(value: Mapping[str, object], recipe: Mapping[str, object]) -> Training:
    where = f"{WHERE}.training"
    method = fields.choice(value, "method", where, TRAINING_METHODS)
    if method in _ON_A_GRID:
        alphabet = fields.mapping(recipe, "alphabet", "recipe")
        return _ON_A_GRID[method].from_dict(value, where, alphabet)
    return _TRAINING[method].from_dict(value, where)


def _test(value: Mapping[str, object], layout: Layout, alphabet: Mapping[str, object]) -> Test:
    where = f"{WHERE}.test"
    match fields.choice(value, "method", where, TEST_METHODS):
        case "none":
            return NoTest.from_dict(value, where)
        case "flip":
            return FlipTest.from_dict(value, where)
        case "hide":
            return Hide.from_dict(value, where)
        case "gaussian":
            return GaussianTest.from_dict(value, where, alphabet)
        case "uniform":
            return UniformTest.from_dict(value, where, alphabet)
        case "views":
            return Views.from_dict(value, where)
        case "ablation":
            return Ablation.from_dict(value, where, layout)
        case _ if "window" in value and "groups" in value:
            return JointMasks.from_dict(value, where, layout)
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
