"""From a recipe's smoothing to the rule that is deployed, certified and verified.

A smoothing is a training side, a test side and a vote. Members that are random draws give one vote
an input (:mod:`~auditor.guarantee.vote.draws`); fixed members vote inside each view, over random
noise (:mod:`~auditor.guarantee.vote.nested`) or a fixed family of views
(:mod:`~auditor.guarantee.vote.margin`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flint import fmpq

from auditor.errors import RecipeError
from auditor.exact import neyman_pearson, rational
from auditor.guarantee import fields, multiplicity
from auditor.guarantee.claim import Rule
from auditor.guarantee.noise import Shift
from auditor.guarantee.test.flip import FlipTest
from auditor.guarantee.test.hide import Hide
from auditor.guarantee.test.none import NoTest
from auditor.guarantee.test.two_mask import GroupMasks, WindowMasks
from auditor.guarantee.test.units import Layout
from auditor.guarantee.test.views import Views
from auditor.guarantee.threat import (
    INPUT_FEATURES,
    TOTAL,
    TRAIN_EXAMPLES,
    TRAIN_FEATURES,
    TRAIN_LABELS,
    Budget,
    Threat,
)
from auditor.guarantee.training.bag import Bag
from auditor.guarantee.training.flip import FlipTraining
from auditor.guarantee.training.none import NoTraining
from auditor.guarantee.training.partition import MAX_PARTS, Partition
from auditor.guarantee.vote.draws import DrawsRule
from auditor.guarantee.vote.margin import MarginRule
from auditor.guarantee.vote.nested import NestedRule
from auditor.randomness import design_root

Training = NoTraining | FlipTraining | Bag | Partition
Test = NoTest | FlipTest | Hide | Views | GroupMasks | WindowMasks

TRAINING_METHODS: Final = ("none", "flip", "bag", "partition")
TEST_METHODS: Final = ("none", "flip", "hide", "views", "two-mask")

MAX_CLASSES: Final = 255
MAX_BUDGETS: Final = 1024
MAX_MEMBERS: Final = 1 << 24
MAX_EXAMPLES: Final = 1 << 40
MAX_SPLITS: Final = 1 << 14
MAX_TYPES: Final = 1 << 20

_WHERE: Final = "smoothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoothing:
    """Both sides of a smoothing over inputs of one layout and alphabet."""

    training: Training
    test: Test
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
    unit = fields.choice(alphabet, "unit", "alphabet", ("pixel", "channel"), "channel")
    layout = Layout.from_json(shape, unit, "dataset")
    sides = fields.mapping(recipe, "smoothing", "recipe")
    fields.only(sides, ("training", "test"), _WHERE)
    return Smoothing(
        training=_training(fields.mapping(sides, "training", _WHERE)),
        test=_test(fields.mapping(sides, "test", _WHERE), layout),
        layout=layout,
        symbols=symbols(alphabet),
    )


def threat_for(recipe: Mapping[str, object]) -> Threat:
    """Return the threat that the recipe's training side covers."""
    unit = fields.choice(recipe, "unit", "recipe", ("example", "group"), "example")
    sides = fields.mapping(recipe, "smoothing", "recipe")
    return _training(fields.mapping(sides, "training", _WHERE)).threat(unit)


def views_for(recipe: Mapping[str, object], shape: Sequence[object]) -> tuple[bytes, ...]:
    """Return the masks of the fixed views in canonical order: one byte a value, 1 = visible.

    A single all-visible mask for test ``none``; RecipeError for random noise, which has none.
    """
    smoothing = read(recipe, shape)
    test = smoothing.test
    if isinstance(test, FlipTest | Hide):
        message = f"{_WHERE}.test: method {test.method!r} is random and has no fixed views"
        raise RecipeError(message)
    seed = recipe.get("designSeed")
    if not isinstance(seed, str):
        raise fields.refuse("recipe", "designSeed", "text", seed)
    return test.views(smoothing.layout, design_root(seed))


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


def rule_for(audit: Mapping[str, object]) -> Rule:
    """Return the rule of an audit: its vote, its bound, its budgets.

    ``audit`` is the AUDIT object that both statements sign. RecipeError, with the reason, for
    anything malformed, for a product of sides that proves nothing, and for a budget along an axis
    that the smoothing does not cover. No other error is raised.
    """
    recipe = fields.mapping(audit, "recipe", "audit")
    dataset = fields.mapping(audit, "dataset", "audit")
    smoothing = read(recipe, fields.items(dataset, "shape", "dataset"))
    classes = len(fields.items(dataset, "classes", "dataset"))
    if not 2 <= classes <= MAX_CLASSES:  # noqa: PLR2004
        raise fields.refuse("dataset", "classes", f"2 to {MAX_CLASSES} classes", classes)
    _check_threat(audit, recipe)
    claim = fields.mapping(recipe, "claim", "recipe")
    budgets = _budgets(claim, smoothing)
    builder = _Builder(audit=audit, recipe=recipe, claim=claim, smoothing=smoothing)
    try:
        return builder.rule(classes, budgets)
    except ValueError as error:  # a bound that exact arithmetic refuses: keep too small, too large
        message = f"{_WHERE}: {error}"
        raise RecipeError(message) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Builder:
    audit: Mapping[str, object]
    recipe: Mapping[str, object]
    claim: Mapping[str, object]
    smoothing: Smoothing

    def rule(self, classes: int, budgets: tuple[Budget, ...]) -> Rule:
        training, test = self.smoothing.training, self.smoothing.test
        axes = self.smoothing.axes
        if isinstance(training, FlipTraining | Bag):
            if isinstance(test, Views | GroupMasks | WindowMasks):
                message = (
                    f"{_WHERE}: {training.method} x {test.method}: a drawn member would vote twice "
                    "on an input; use training 'partition' or 'none', or test 'flip', 'hide' or 'none'"
                )
                raise RecipeError(message)
            self._count("draws", 0, 0)
            return DrawsRule(
                classes=classes,
                members=(members := self._count("members", 1, MAX_MEMBERS)),
                axes=axes,
                budgets=budgets,
                shifts=self._shifts(budgets, classes),
                share=self._share(),
                selection=self._selection(members),
            )
        if isinstance(training, NoTraining) and isinstance(test, NoTest):
            message = f"{_WHERE}: neither side is smoothed, so nothing can be certified"
            raise RecipeError(message)
        fixed = training.parts if isinstance(training, Partition) else 1
        members = self._count("members", 1, MAX_PARTS)
        if members != fixed:
            raise fields.refuse("audit", "members", f"{fixed} (its parts)", members)
        if self.claim.get("bound", "top") != "top":
            raise fields.refuse("claim", "bound", "'top' with fixed members", self.claim["bound"])
        if isinstance(test, FlipTest | Hide):
            return NestedRule(
                classes=classes,
                members=members,
                views=self._count("draws", 1, MAX_MEMBERS),
                axes=axes,
                budgets=budgets,
                shifts=self._shifts(budgets, classes),
                share=self._share(),
            )
        self._count("draws", 0, 0)
        alpha = fields.probability(self.claim, "alpha", "claim")
        if alpha != 0:
            raise fields.refuse("claim", "alpha", "'0': nothing is random", str(alpha))
        if not isinstance(test, NoTest):
            test.check(self.smoothing.layout, f"{_WHERE}.test")
        return MarginRule(classes=classes, members=members, axes=axes, budgets=budgets, test=test)

    def _count(self, key: str, low: int, high: int) -> int:
        count = fields.integer(self.audit, key, "audit", low=low, high=high)
        planned = self.recipe.get(key, count)
        if planned != count:
            raise fields.refuse("audit", key, f"{planned} (the recipe's)", count)
        return count

    def _share(self) -> fmpq:
        alpha = fields.probability(self.claim, "alpha", "claim")
        if not 0 < alpha <= fmpq(1, 4):
            raise fields.refuse("claim", "alpha", "more than 0 and at most 1/4", str(alpha))
        scope = fields.choice(self.claim, "scope", "claim", multiplicity.SCOPES)
        inputs = fields.mapping(self.audit, "inputs", "audit")
        size = fields.integer(inputs, "size", "inputs", low=1, high=MAX_EXAMPLES)
        return multiplicity.input_share(alpha, scope, size)

    def _selection(self, members: int) -> int:
        bound = fields.choice(self.claim, "bound", "claim", ("top", "runner-up"), "top")
        if bound == "top":
            return fields.integer(self.claim, "selectionDraws", "claim", low=0, high=0, default=0)
        return fields.integer(self.claim, "selectionDraws", "claim", low=1, high=members - 1)

    def _shifts(self, budgets: tuple[Budget, ...], classes: int) -> dict[Budget, tuple[Shift, ...]]:
        shifts = {budget: self._ways(budget, classes) for budget in budgets}
        cost = sum(
            neyman_pearson.type_count(shift.groups) for ways in shifts.values() for shift in ways
        )
        if cost > MAX_TYPES:
            message = f"claim.budgets: the bounds would sum {cost} terms, more than {MAX_TYPES}"
            raise RecipeError(message)
        return shifts

    def _ways(self, budget: Budget, classes: int) -> tuple[Shift, ...]:
        """Return every way of spending a budget."""
        total = budget.get(TOTAL)
        if not total:
            spent = (
                budget.get(TRAIN_FEATURES),
                budget.get(TRAIN_LABELS),
                budget.get(INPUT_FEATURES),
            )
            return (self._shift(*spent, examples=budget.get(TRAIN_EXAMPLES), classes=classes),)
        if (total + 1) * (total + 2) // 2 > MAX_SPLITS:
            raise fields.refuse(
                "claim", "budgets", f"a total with at most {MAX_SPLITS} splits", total
            )
        # spending less is never worse for the claim, so the full splits are enough
        splits = (
            (features, labels, total - features - labels)
            for features in range(total + 1)
            for labels in range(total - features + 1)
        )
        ways = (self._shift(*split, examples=0, classes=classes) for split in splits)
        return tuple(dict.fromkeys(ways))  # equal noise makes most splits equal

    def _shift(
        self, features: int, labels: int, changed: int, *, examples: int, classes: int
    ) -> Shift:
        training, test = self.smoothing.training, self.smoothing.test
        per_unit = self.smoothing.layout.per_unit
        symbols = self.smoothing.symbols
        groups: tuple[neyman_pearson.FlipGroup, ...] = ()
        survival = fmpq(1)
        if isinstance(training, FlipTraining):
            groups += training.groups(features * per_unit, labels, symbols, classes)
        elif isinstance(training, Bag):
            dataset = fields.mapping(self.audit, "dataset", "audit")
            size = fields.integer(dataset, "size", "dataset", low=1, high=MAX_EXAMPLES)
            survival *= training.survival(examples, size)
        if isinstance(test, FlipTest | Hide):
            groups += test.groups(changed * per_unit, symbols)
            survival *= test.survival(changed)
        return Shift(survival=survival, groups=neyman_pearson.merge(groups))


def _training(value: Mapping[str, object]) -> Training:
    where = f"{_WHERE}.training"
    match fields.choice(value, "method", where, TRAINING_METHODS):
        case "none":
            return NoTraining.from_dict(value, where)
        case "flip":
            return FlipTraining.from_dict(value, where)
        case "bag":
            return Bag.from_dict(value, where)
        case _:
            return Partition.from_dict(value, where)


def _test(value: Mapping[str, object], layout: Layout) -> Test:
    where = f"{_WHERE}.test"
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


def _budgets(claim: Mapping[str, object], smoothing: Smoothing) -> tuple[Budget, ...]:
    """Return the declared budgets, each along covered axes and named once."""
    listed = fields.items(claim, "budgets", "claim")
    if not 1 <= len(listed) <= MAX_BUDGETS:
        raise fields.refuse("claim", "budgets", f"1 to {MAX_BUDGETS} budgets", len(listed))
    budgets = []
    for index, value in enumerate(listed):
        where = f"claim.budgets[{index}]"
        budget = Budget.from_json(value, where)
        for axis, _ in budget.amounts:
            if axis not in smoothing.axes:
                allowed = ", ".join(smoothing.axes)
                message = f"{where}: {axis} is not covered by this smoothing; allowed: {allowed}"
                raise RecipeError(message)
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


def _number(alphabet: Mapping[str, object], key: str) -> fmpq:
    try:
        return rational.parse_number(alphabet.get(key))
    except ValueError:
        raise fields.refuse("alphabet", key, "a number as text", alphabet.get(key)) from None
