"""From a recipe's smoothing to the rule that is deployed, certified and verified.

A smoothing is a training side, a test side and a vote. Members that are random draws give one vote
an input (:mod:`~auditor.guarantee.vote.draws`); fixed members vote inside each view, over random
noise (:mod:`~auditor.guarantee.vote.nested`) or a fixed family of views
(:mod:`~auditor.guarantee.vote.margin`), or in another way (:mod:`~auditor.guarantee.aggregation`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flint import fmpq

from auditor.errors import RecipeError
from auditor.guarantee import aggregation, fields, multiplicity, sides, trusted
from auditor.guarantee.claim import Rule
from auditor.guarantee.noise import Shift
from auditor.guarantee.sides import WHERE, FixedViews, Noise, Smoothing
from auditor.guarantee.spending import Spending
from auditor.guarantee.test.none import NoTest
from auditor.guarantee.threat import TOTAL, Budget, Threat
from auditor.guarantee.training.bag import Bag
from auditor.guarantee.training.grid import Grid
from auditor.guarantee.training.neighbours import Neighbours
from auditor.guarantee.training.none import NoTraining
from auditor.guarantee.training.partition import MAX_PARTS, Partition
from auditor.guarantee.vote.draws import DrawsRule
from auditor.guarantee.vote.margin import MarginRule
from auditor.guarantee.vote.nested import NestedRule
from auditor.randomness import design_root

_MAX_CLASSES: Final = 255  # a vote is one byte, and 255 an abstention
_MAX_BUDGETS: Final = 512
_MAX_VOTES: Final = 1 << 20
_MAX_WAYS: Final = 1 << 10  # where every input asks about all of them
_MAX_EXAMPLES: Final = 1 << 40


def rule_for(audit: Mapping[str, object]) -> Rule:
    """Return the rule of an audit: its vote, its bound, its budgets.

    ``audit`` is the AUDIT object that both statements sign. RecipeError, with the reason, for
    anything malformed, for a product of sides that proves nothing, and for a budget along an axis
    that the smoothing does not cover. No other error is raised.
    """
    recipe = fields.mapping(audit, "recipe", "audit")
    dataset = fields.mapping(audit, "dataset", "audit")
    smoothing = sides.read(recipe, fields.items(dataset, "shape", "dataset"))
    classes = len(fields.items(dataset, "classes", "dataset"))
    if not 2 <= classes <= _MAX_CLASSES:
        raise fields.refuse("dataset", "classes", f"2 to {_MAX_CLASSES} classes", classes)
    _check_threat(audit, recipe)
    _check_groups(dataset, recipe)
    claim = fields.mapping(recipe, "claim", "recipe")
    budgets = _budgets(claim, smoothing)
    builder = _Builder(audit=audit, recipe=recipe, claim=claim, smoothing=smoothing)
    try:
        rule = builder.rule(classes, budgets)
        rule.thresholds()  # a bound that cannot be computed is refused here, not at the first vote
    except ValueError as error:  # a bound that exact arithmetic refuses: keep too small, too large
        message = f"{WHERE}: {error}"
        raise RecipeError(message) from error
    return rule


def threat_for(recipe: Mapping[str, object]) -> Threat:
    """Return the threat that the recipe's training side covers."""
    unit = fields.choice(recipe, "unit", "recipe", ("example", "group"), "example")
    training = sides.read_training(recipe)
    return trusted.narrow(training.threat(unit), training, recipe)


def views_for(recipe: Mapping[str, object], shape: Sequence[object]) -> tuple[bytes, ...]:
    """Return the masks of the fixed views in canonical order: one byte a value, 1 = visible.

    A single all-visible mask for test ``none``; RecipeError for random noise, which has none.
    """
    smoothing = sides.read(recipe, shape)
    test = smoothing.test
    if isinstance(test, Noise):
        message = f"{WHERE}.test: method {test.method!r} is random and has no fixed views"
        raise RecipeError(message)
    return test.views(smoothing.layout, _design_root(recipe))


def blocks_for(recipe: Mapping[str, object], shape: Sequence[object]) -> tuple[bytes, ...]:
    """Return what each block of a grid shows: one byte a value, 1 = in the block.

    RecipeError for another training side than a grid.
    """
    smoothing = sides.read(recipe, shape)
    training = smoothing.training
    if not isinstance(training, Grid):
        message = f"{WHERE}.training: method {training.method!r} has no blocks of features"
        raise RecipeError(message)
    training.check(smoothing.layout, f"{WHERE}.training")
    return training.masks(smoothing.layout, _design_root(recipe))


def _design_root(recipe: Mapping[str, object]) -> bytes:
    seed = recipe.get("designSeed")
    if not isinstance(seed, str):
        raise fields.refuse("recipe", "designSeed", "text", seed)
    return design_root(seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Builder:
    audit: Mapping[str, object]
    recipe: Mapping[str, object]
    claim: Mapping[str, object]
    smoothing: Smoothing

    def rule(self, classes: int, budgets: tuple[Budget, ...]) -> Rule:
        training, test = self.smoothing.training, self.smoothing.test
        axes = self.smoothing.axes
        if aggregation.applies(self.smoothing):
            self._members(aggregation.members(self.smoothing, classes))
            self._certain()
            return aggregation.rule(self.smoothing, classes, budgets)
        if training.drawn:
            if isinstance(test, FixedViews):
                message = (
                    f"{WHERE}: {training.method} x {test.method}: a drawn member would vote twice "
                    "on an input; use training 'partition' or 'none', or a test side that is noise"
                )
                raise RecipeError(message)
            self._count("draws", 0, 0)
            members = self._count("members", 1, _MAX_VOTES)
            selection = self._selection(members)
            return DrawsRule(
                classes=classes,
                members=members,
                axes=axes,
                budgets=budgets,
                shifts=self._shifts(budgets, classes, every_input=selection > 0),
                share=self._share(),
                selection=selection,
            )
        if isinstance(training, NoTraining) and isinstance(test, NoTest):
            message = f"{WHERE}: neither side is smoothed, so nothing can be certified"
            raise RecipeError(message)
        if isinstance(training, Neighbours):
            training.check(self.recipe)
        each = training.count if isinstance(training, Neighbours) else 1
        members = self._members(training.parts if isinstance(training, Partition) else 1)
        if isinstance(test, Noise):
            return NestedRule(
                classes=classes,
                members=members,
                each=each,
                views=self._count("draws", 1, _MAX_VOTES),
                axes=axes,
                budgets=budgets,
                shifts=self._shifts(budgets, classes),
                share=self._share(),
            )
        self._certain()
        if not isinstance(test, NoTest):
            test.check(self.smoothing.layout, f"{WHERE}.test")
        return MarginRule(
            classes=classes, members=members, each=each, axes=axes, budgets=budgets, test=test
        )

    def _members(self, fixed: int) -> int:
        """Return the number of fixed members, which the recipe's parts decide."""
        members = self._count("members", 1, MAX_PARTS)
        if members != fixed:
            raise fields.refuse("audit", "members", f"{fixed} (its parts)", members)
        if self.claim.get("bound", "top") != "top":
            raise fields.refuse("claim", "bound", "'top' with fixed members", self.claim["bound"])
        return members

    def _certain(self) -> None:
        """Raise RecipeError unless draws and alpha are zero, as nothing is random."""
        self._count("draws", 0, 0)
        alpha = fields.probability(self.claim, "alpha", "claim")
        if alpha != 0:
            raise fields.refuse("claim", "alpha", "'0': nothing is random", str(alpha))

    def _count(self, key: str, low: int, high: int) -> int:
        count = fields.integer(self.audit, key, "audit", low=low, high=high)
        planned = self.recipe.get(key, count)
        if planned != count or type(planned) is not int:
            raise fields.refuse("audit", key, f"{planned} (the recipe's)", count)
        return count

    def _share(self) -> fmpq:
        alpha = fields.probability(self.claim, "alpha", "claim")
        if not 0 < alpha <= fmpq(1, 4):
            raise fields.refuse("claim", "alpha", "more than 0 and at most 1/4", str(alpha))
        scope = fields.choice(self.claim, "scope", "claim", multiplicity.SCOPES)
        inputs = fields.mapping(self.audit, "inputs", "audit")
        size = fields.integer(inputs, "size", "inputs", low=1, high=_MAX_EXAMPLES)
        return multiplicity.input_share(alpha, scope, size)

    def _selection(self, members: int) -> int:
        bound = fields.choice(self.claim, "bound", "claim", ("top", "runner-up"), "top")
        if bound == "top":
            return fields.integer(self.claim, "selectionDraws", "claim", low=0, high=0, default=0)
        return fields.integer(self.claim, "selectionDraws", "claim", low=1, high=members - 1)

    def _shifts(
        self, budgets: tuple[Budget, ...], classes: int, *, every_input: bool = False
    ) -> dict[Budget, tuple[Shift, ...]]:
        dataset = fields.mapping(self.audit, "dataset", "audit")
        units = fields.integer(dataset, "size", "dataset", low=1, high=_MAX_EXAMPLES)
        if isinstance(self.smoothing.training, Bag) and self.recipe.get("unit") == "group":
            units = fields.integer(dataset, "groups", "dataset", low=1, high=units)
        spending = Spending(smoothing=self.smoothing, classes=classes, units=units)
        shifts = spending.shifts(budgets)
        ways = sum(map(len, shifts.values()))
        if every_input and ways > _MAX_WAYS:
            message = f"claim.budgets: {ways} ways of spending, more than {_MAX_WAYS}"
            raise RecipeError(message)
        return shifts


def _budgets(claim: Mapping[str, object], smoothing: Smoothing) -> tuple[Budget, ...]:
    """Return the declared budgets, each along covered axes and named once."""
    listed = fields.items(claim, "budgets", "claim")
    if not 1 <= len(listed) <= _MAX_BUDGETS:
        raise fields.refuse("claim", "budgets", f"1 to {_MAX_BUDGETS} budgets", len(listed))
    budgets = []
    for index, value in enumerate(listed):
        where = f"claim.budgets[{index}]"
        budget = Budget.from_json(value, where)
        for axis, _ in budget.amounts:
            if axis not in smoothing.axes:
                allowed = ", ".join(smoothing.axes)
                message = f"{where}: {axis} is not covered by this smoothing; allowed: {allowed}"
                raise RecipeError(message)
        budget.check_partial(where)
        if budget.get(TOTAL) and len(budget.amounts) > 1:
            message = f"{where}: total stands alone: it already counts every change"
            raise RecipeError(message)
        if budget in budgets:
            message = f"{where}: {budget} is declared twice"
            raise RecipeError(message)
        budgets.append(budget)
    return tuple(budgets)


def _check_threat(audit: Mapping[str, object], recipe: Mapping[str, object]) -> None:
    """Raise RecipeError when the audit claims moves that its smoothing does not cover."""
    expected = threat_for(recipe).to_json()
    if "threat" in audit and audit["threat"] != expected:
        raise fields.refuse("audit", "threat", str(expected), audit["threat"])


def _check_groups(dataset: Mapping[str, object], recipe: Mapping[str, object]) -> None:
    """Raise RecipeError when a number of groups is there without groups, or is none of them."""
    if "groups" not in dataset:
        return
    if recipe.get("unit") != "group":
        raise fields.refuse("dataset", "groups", "nothing without unit 'group'", dataset["groups"])
    size = fields.integer(dataset, "size", "dataset", low=1, high=_MAX_EXAMPLES)
    fields.integer(dataset, "groups", "dataset", low=1, high=size)
