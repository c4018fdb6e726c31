"""Bags against every attack of a price, over everything that a member can be trained on.

On tiny data sets every bag, and every noise in it, is written out with its chance, for the audited
examples and for every data set that a budget reaches: every size, every insertion, deletion and
change. The largest chance that some classifier can have before an attack and lose its majority
after it is found with the Neyman-Pearson lemma alone, point by point. The rule must give that.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import combinations, combinations_with_replacement, product

import pytest
from flint import fmpq

from auditor.exact.bagged_flips import BaggedFlips
from auditor.exact.flips import FlipGroup
from auditor.exact.neyman_pearson import Bound
from auditor.exact.neyman_pearson import threshold as exact_threshold
from auditor.exact.rational import round_up
from auditor.guarantee.smoothing import rule_for
from auditor.guarantee.vote.counts import THRESHOLD_BITS
from tests.guarantee.audits import NONE, Json, audit

Law = dict[object, Fraction]

ONE, HALF = Fraction(1), Fraction(1, 2)


def threshold(old: Law, new: Law) -> Fraction:
    """The largest old-mass of a randomised classifier whose new-mass is at most one half."""
    room, mass = HALF, Fraction(0)
    for z in sorted((z for z in old if old[z]), key=lambda z: new.get(z, Fraction(0)) / old[z]):
        after = new.get(z, Fraction(0))
        if after > room:
            return mass + old[z] * room / after
        room -= after
        mass += old[z]
    return mass


def least(old: Law, new: Law, p: Fraction) -> Fraction:
    """The least new-mass of a randomised classifier whose old-mass is p."""
    mass = Fraction(0)
    for z in sorted((z for z in old if old[z]), key=lambda z: new.get(z, Fraction(0)) / old[z]):
        part = min(ONE, p / old[z])
        mass += part * new.get(z, Fraction(0))
        p -= part * old[z]
        if not p:
            break
    return mass


def times(first: Law, second: Law) -> Law:
    return {(z, w): p * q for z, p in first.items() for w, q in second.items()}


def as_flint(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


# --- with replacement, every size; Poisson bags ---------------------------------------------------

Examples = tuple[int, ...]


def bags(examples: Examples, size: int) -> Law:
    """All draws with replacement; whoever is told the order knows no less."""
    law: Law = defaultdict(Fraction)
    for drawn in product(examples, repeat=size):
        law[drawn] += Fraction(1, len(examples) ** size)
    return law


def poisson(examples: Examples, rate: Fraction) -> Law:
    """All sublists, in the order of the list."""
    law: Law = defaultdict(Fraction)
    for chosen in product((0, 1), repeat=len(examples)):
        bag = tuple(e for e, inside in zip(examples, chosen, strict=True) if inside)
        law[bag] += rate ** len(bag) * (1 - rate) ** (len(examples) - len(bag))
    return law


def multisets(n: int, price: int) -> Iterator[tuple[int, Examples]]:
    """Every data set that a price reaches from 0 .. n-1, up to its order, with its least price.

    New examples are numbered from n. Of two lists with c examples in common the longer one has
    max(n, n') - c without a partner: fewer moves do not do it, and that many do.
    """
    for size in range(max(1, n - price), n + price + 1):
        for examples in combinations_with_replacement(range(n + price), size):
            common = (Counter(range(n)) & Counter(examples)).total()
            if max(n, size) - common <= price:
                yield max(n, size) - common, examples


@cache
def distance(old: Examples, new: Examples) -> int:
    """The least number of insertions, deletions and changes that make one list of another."""
    if not old or not new:
        return len(old) + len(new)
    return min(
        distance(old[1:], new) + 1,
        distance(old, new[1:]) + 1,
        distance(old[1:], new[1:]) + (old[0] != new[0]),
    )


def lists(n: int, price: int) -> Iterator[tuple[int, Examples]]:
    for size in range(max(0, n - price), n + price + 1):
        for examples in product(range(n + price), repeat=size):
            moves = distance(tuple(range(n)), examples)
            if moves <= price:
                yield moves, examples


TESTS: dict[str, tuple[Json, Callable[[int], Law]]] = {
    "none": (NONE, lambda changed: {0: ONE}),
    "flip": (
        {"method": "flip", "keep": "4/5"},
        lambda changed: {changed: Fraction(4, 5), 1 - changed: Fraction(1, 5)},
    ),
    "hide": (
        {"method": "hide", "show": "1/10"},
        lambda changed: {changed: Fraction(1, 10), None: Fraction(9, 10)},
    ),
}


def claims(training: Json, test: str, n: int, price: int) -> dict[tuple[int, int], fmpq]:
    """The rule's threshold for each price and number of changed input values."""
    side, _ = TESTS[test]
    budgets = [
        {"trainExamples": r, "inputFeatures": t}
        for r, t in product(range(price + 1), range(1 if test == "none" else 2))
    ]
    description = audit(training, side, budgets, members=10, alpha="1/10", examples=n, shape=(1,))
    return {
        (found.budget.get("trainExamples"), found.budget.get("inputFeatures")): found.p_star
        for found in rule_for(description).thresholds()
    }


def agree(
    claimed: dict[tuple[int, int], fmpq], before: Law, reached: list[tuple[int, Law]], test: str
) -> None:
    show = TESTS[test][1]
    for (price, changed), p_star in claimed.items():
        worst = max(
            threshold(times(before, show(0)), times(after, show(seen)))
            for cost, after in reached
            if cost <= price
            for seen in range(changed + 1)
        )
        assert p_star == min(round_up(as_flint(worst), THRESHOLD_BITS), fmpq(1)), (price, changed)


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize(("n", "size", "price"), [(2, 3, 1), (3, 1, 2), (3, 2, 2), (4, 2, 2)])
def test_bags_of_sets_of_any_size(n: int, size: int, price: int, test: str) -> None:
    """Insertions and deletions as well: the rule's threshold is the worst over all sizes."""
    training: Json = {"method": "bag", "size": size, "moves": "any-size"}
    reached = [(cost, bags(examples, size)) for cost, examples in multisets(n, price)]
    assert {len(examples) for _, examples in multisets(n, price)} == set(
        range(max(1, n - price), n + price + 1)
    )
    agree(claims(training, test, n, price), bags(tuple(range(n)), size), reached, test)


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize(("n", "rate", "price"), [(2, "1/4", 2), (3, "1/8", 2), (3, "1/3", 1)])
def test_poisson_bags_under_every_move(n: int, rate: str, price: int, test: str) -> None:
    training: Json = {"method": "poisson-bag", "rate": rate}
    law = {examples: poisson(examples, Fraction(rate)) for _, examples in lists(n, price)}
    reached = [(cost, law[examples]) for cost, examples in lists(n, price)]
    agree(claims(training, test, n, price), law[tuple(range(n))], reached, test)


@pytest.mark.parametrize("kind", ["bag", "poisson-bag"])
def test_two_classes_are_told_apart_after_every_attack(kind: str) -> None:
    """The bound of the runner-up, for many pairs of chances, over data sets of every size."""
    n, size, rate, price = 4, 2, Fraction(1, 8), 1
    if kind == "bag":
        law = {examples: bags(examples, size) for _, examples in multisets(n, price)}
        survival = fmpq(3, 4) ** 2
    else:
        law = {examples: poisson(examples, rate) for _, examples in lists(n, price)}
        survival = fmpq(7, 8)
    bound, before = Bound((), survival), law[tuple(range(n))]
    seen = set()
    grid = [Fraction(i, 16) for i in range(17)]
    lows = {p: min(least(before, after, p) for after in law.values()) for p in grid}
    for own, rival in product(grid, repeat=2):
        if own + rival > 1:
            continue
        # the same attack for both: each class is at its worst under it
        stands = all(
            least(before, after, own) > 1 - least(before, after, 1 - rival)
            for after in law.values()
        )
        proved = bound.least(as_flint(own)) > bound.greatest(as_flint(rival))
        assert proved == stands, (own, rival)
        seen.add(proved)
    assert seen == {True, False}
    assert all(bound.least(as_flint(p)) == as_flint(low) for p, low in lows.items())


def test_changing_costs_a_poisson_bag_more_than_inserting_or_deleting() -> None:
    """Thresholds of one move: 1/2 + d, 1/2 + d/2 and 1/(2 (1 - d)), d the chance to be drawn."""
    d = Fraction(1, 8)
    before = poisson((0, 1), d)
    change, deletion, insertion = (
        threshold(before, poisson(after, d)) for after in ((0, 2), (0,), (0, 1, 2))
    )
    assert (change, deletion, insertion) == (HALF + d, HALF + d / 2, 1 / (2 * (1 - d)))
    assert change > deletion > HALF
    assert change > insertion > HALF


def test_an_insertion_may_not_be_paid_with_the_old_size() -> None:
    """Mutants of the survival, each of which some data set of another size or price refutes."""
    n, size, price = 4, 2, 1
    law = {examples: bags(examples, size) for _, examples in multisets(n, price)}
    before = law[tuple(range(n))]
    worst = as_flint(max(threshold(before, after) for after in law.values()))
    right = fmpq(n - price, n) ** size
    assert exact_threshold((), right) == worst
    for wrong in (
        fmpq(n, n + price) ** size,
        fmpq(n - price, n) ** (size - 1),
        fmpq(n - price + 1, n) ** size,
        (fmpq(n - price, n) + fmpq(n, n + price)) ** size / 4,
    ):
        claimed = exact_threshold((), wrong)
        assert claimed is not None
        assert claimed < worst


def test_a_poisson_bag_survives_every_example_of_the_price() -> None:
    """Mutants of (1 - rate)**price, each of which some list refutes."""
    n, rate, price = 3, Fraction(1, 8), 2
    before = poisson(tuple(range(n)), rate)
    laws = (poisson(examples, rate) for _, examples in lists(n, price))
    worst = as_flint(max(threshold(before, law) for law in laws))
    kept = as_flint(1 - rate)
    assert exact_threshold((), kept**price) == worst
    for wrong in (kept ** (price - 1), 1 - as_flint(rate) * (price - 1), kept**price + fmpq(1, 64)):
        claimed = exact_threshold((), wrong)
        assert claimed is not None
        assert claimed < worst


# --- flips inside bags ----------------------------------------------------------------------------

Example = tuple[int, ...] | None
"""Features, then the label; None: malformed."""


@dataclass(frozen=True, kw_only=True)
class Toy:
    """A data set of ``n`` examples with ``width`` features, and what is claimed about it."""

    n: int
    width: int
    size: int
    symbols: int
    classes: int
    keep_features: Fraction
    keep_labels: Fraction
    rewritten: int
    partial: int
    features: int
    labels: int
    test: str = "none"
    """The test side, under which one input value of one is changed unless it is ``none``."""

    @property
    def alphabets(self) -> tuple[tuple[int, Fraction], ...]:
        features = ((self.symbols, self.keep_features),) * self.width
        return (*features, (self.classes, self.keep_labels))

    @property
    def budget(self) -> dict[str, int]:
        return {
            "trainExamples": self.rewritten,
            "partialExamples": self.partial,
            "featuresPerExample": self.features,
            "labelsPerExample": self.labels,
            "inputFeatures": int(self.test != "none"),
        }

    def claimed(self) -> fmpq:
        training = {
            "method": "bag-flip",
            "size": self.size,
            "keepFeatures": str(self.keep_features),
            "keepLabels": str(self.keep_labels),
        }
        description = audit(
            training,
            TESTS[self.test][0],
            [self.budget],
            members=10,
            alpha="1/10",
            examples=self.n,
            shape=(self.width,),
            symbols=self.symbols,
            classes=self.classes,
        )
        return rule_for(description).thresholds()[0].p_star

    def attacks(self) -> Iterator[tuple[Example, ...]]:
        """Every data set that the budget reaches from the one that is all zeros."""
        whole: list[Example] = list(product(*(range(size) for size, _ in self.alphabets)))
        inside = [e for e in whole if e is not None and self._within(e)]
        for chosen in combinations(range(self.n), self.rewritten):
            rest = [i for i in range(self.n) if i not in chosen]
            for changed in combinations(rest, min(self.partial, len(rest))):
                places: list[list[Example]] = [
                    [*whole, None] if i in chosen else list(inside) if i in changed else [whole[0]]
                    for i in range(self.n)
                ]
                yield from product(*places)

    def _within(self, example: tuple[int, ...]) -> bool:
        return sum(map(bool, example[:-1])) <= self.features and bool(example[-1]) <= self.labels

    def law(self, examples: tuple[Example, ...], *, told: bool) -> Law:
        """The law of a bag; ``told``: with the places that were drawn."""
        law: Law = {(): ONE}
        for _ in range(self.size):
            after: Law = defaultdict(Fraction)
            for bag, chance in law.items():
                assert isinstance(bag, tuple)
                for place, example in enumerate(examples):
                    for shown, part in self._copies(example):
                        one = (place, shown) if told else (shown,)
                        after[(*bag, one)] += chance * part / self.n
            law = after
        return law

    def _copies(self, example: Example) -> list[tuple[Example, Fraction]]:
        if example is None:
            return [(None, ONE)]
        copies: list[tuple[Example, Fraction]] = []
        for shown in product(*(range(size) for size, _ in self.alphabets)):
            chance = ONE
            for old, new, (size, keep) in zip(example, shown, self.alphabets, strict=True):
                chance *= keep if old == new else (1 - keep) / (size - 1)
            copies.append((shown, chance))
        return copies

    def worst(self, *, told: bool) -> Fraction:
        show, changed = TESTS[self.test][1], int(self.test != "none")
        before = times(self.law(((0,) * (self.width + 1),) * self.n, told=told), show(0))
        after = (times(self.law(a, told=told), show(changed)) for a in set(self.attacks()))
        return max(threshold(before, law) for law in after)


BASE = Toy(
    n=3,
    width=1,
    size=2,
    symbols=2,
    classes=2,
    keep_features=Fraction(4, 5),
    keep_labels=Fraction(7, 10),
    rewritten=0,
    partial=1,
    features=1,
    labels=0,
)
TOYS: dict[str, Toy] = {
    "features": BASE,
    "features of two examples": replace(BASE, partial=2),
    "features of all": replace(BASE, n=2, partial=2, size=3),
    "one feature of two": replace(BASE, n=2, width=2),
    "two features": replace(BASE, n=2, width=2, features=2),
    "more features than there are": replace(BASE, features=2),
    "labels": replace(BASE, features=0, labels=1, partial=2),
    "labels of three classes": replace(
        BASE, features=0, labels=1, classes=3, partial=2, keep_labels=Fraction(1, 2)
    ),
    "both": replace(BASE, labels=1),
    "both, one noise": replace(BASE, labels=1, partial=2, keep_labels=Fraction(4, 5)),
    "both, three symbols": replace(BASE, n=2, symbols=3, labels=1, keep_features=Fraction(1, 2)),
    "one draw": replace(BASE, size=1, labels=1),
    "three draws": replace(BASE, n=2, size=3),
    "beside a rewritten one": replace(BASE, n=4, size=1, rewritten=1),
    "beside a rewritten one, two draws": replace(BASE, n=4, rewritten=1, keep_labels=ONE),
    "more than are left": replace(BASE, size=1, rewritten=1, partial=3),
    "a backdoor": replace(BASE, n=4, test="flip", labels=1),
    "a backdoor under another noise": replace(
        BASE, n=2, test="flip", keep_features=Fraction(3, 5), rewritten=1, size=1, partial=1
    ),
    "a backdoor, hidden": replace(BASE, test="hide", keep_labels=ONE),
    "rewritten at will": replace(BASE, n=4, rewritten=1, partial=0, features=0, keep_labels=ONE),
}
CAUTIOUS = "more features than there are"
"""Where the rule claims less than is true: it does not ask how many features there are."""


@cache
def told(name: str) -> Fraction:
    return TOYS[name].worst(told=True)


@pytest.mark.parametrize("name", TOYS)
def test_flips_in_bags_against_every_attack(name: str) -> None:
    """Whoever is told which places were drawn sees the threshold exactly; others no higher one."""
    toy = TOYS[name]
    claimed = toy.claimed()
    informed = min(round_up(as_flint(told(name)), THRESHOLD_BITS), fmpq(1))
    if name == CAUTIOUS:
        assert claimed > informed
    else:
        assert claimed == informed
    assert round_up(as_flint(toy.worst(told=False)), THRESHOLD_BITS) <= claimed


def formula(
    toy: Toy,
    *,
    draws: int = 0,
    hits: fmpq | None = None,
    features: int = 0,
    labels: int = 0,
    survival: int = 0,
) -> fmpq:
    """The rule's formula, with something added to a part of it."""
    left = toy.n - toy.rewritten
    noises = (
        (toy.symbols, toy.keep_features, toy.features + features),
        (toy.classes, toy.keep_labels, toy.labels + labels),
    )
    flips = tuple(
        FlipGroup(symbols=size, keep=as_flint(keep), changed=changed)
        for size, keep, changed in noises
        if changed > 0
    )
    size = toy.size + draws
    chance = fmpq(min(toy.partial, left), left) if hits is None else hits
    groups = (BaggedFlips(draws=size, hits=chance, flips=flips),) if flips and size else ()
    rho = fmpq(left, toy.n) ** (toy.size + survival)
    found = exact_threshold(groups, rho)
    return fmpq(1) if found is None else found


MUTANTS: dict[str, Callable[[Toy], fmpq]] = {
    "one draw fewer": lambda toy: formula(toy, draws=-1),
    "hits of all examples, not of those left": lambda toy: formula(
        toy, hits=fmpq(toy.partial, toy.n)
    ),
    "one example fewer": lambda toy: formula(toy, hits=fmpq(toy.partial, toy.n + 1)),
    "one feature fewer": lambda toy: formula(toy, features=-1),
    "labels left out": lambda toy: formula(toy, labels=-1),
    "one draw survives for free": lambda toy: formula(toy, survival=-1),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_formulas_that_are_wrong_by_one_are_caught(mutant: str) -> None:
    names = ("features", "both", "beside a rewritten one", "two features")
    assert all(formula(TOYS[name]) == as_flint(told(name)) for name in names)
    assert any(MUTANTS[mutant](TOYS[name]) < as_flint(told(name)) for name in names)
