"""Every way of forging the evidence of tiny rows, and what each leaves of a rule's claims.

For a row and a number of forged members, a search over all true rows finds the least number of
forged cells that breaks a claim under the rule's own judgement. Views whose tallies differ in
nothing that a rule looks at count as one, and so do rows that differ in the order of their votes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from auditor.guarantee.claim import Judgement, Rule
from auditor.guarantee.smoothing import rule_for
from auditor.guarantee.test.ablation import Ablation
from auditor.guarantee.threat import Budget
from auditor.guarantee.vote import counts
from auditor.guarantee.vote.draws import DrawsRule
from auditor.guarantee.vote.margin import MarginRule
from auditor.guarantee.vote.nested import NestedRule
from auditor.guarantee.vote.plurality import encode_row, margin, plurality
from tests.guarantee.audits import NONE, Json, audit, neighbours, on_a_grid, partition

Tally = tuple[int, ...]
FLIP: Json = {"method": "flip", "keep": "4/5"}
SEED: Json = {"method": "flip", "keepFeatures": "4/5", "keepLabels": "4/5"}
SPARSE: Json = {"method": "views", "groups": 7, "partitions": 1}
TWICE: Json = {"method": "views", "groups": 4, "partitions": 2}
MASKS: Json = {"method": "two-mask", "groups": 4, "pixels": 1}
THREE: Json = {"method": "two-mask", "groups": 3, "pixels": 1}
FIVE: Json = {"method": "two-mask", "groups": 5, "pixels": 2}
WINDOWS: Json = {"method": "two-mask", "window": 2, "step": 1, "patch": 1}
JOINT: Json = {
    "method": "two-mask",
    "groups": 3,
    "pixels": 1,
    "window": 2,
    "step": 1,
    "patch": 1,
}
COLUMNS: Json = {"method": "ablation", "region": "columns", "size": 1, "step": 1, "wrap": True}


def tallies(total: int, parts: int) -> Iterator[Tally]:
    if parts == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in tallies(total - first, parts - 1):
            yield (first, *rest)


def moved(one: Sequence[int], other: Sequence[int]) -> int:
    """How many votes have to change for one tally to become the other."""
    return sum(max(0, a - b) for a, b in zip(one, other, strict=True))


def grid(axis: str, amounts: Sequence[int], depths: Sequence[int]) -> list[dict[str, int]]:
    return [{"trainExamples": c, axis: t} for c in depths for t in amounts]


def certifies(verdict: Judgement, label: int, budget: Budget) -> bool:
    """Whether a verdict has the label and holds at the budget; the empty one is the label."""
    if verdict.label != label:
        return False
    return not budget.amounts or any(most.covers(budget) for most in verdict.frontier)


class Found:
    """What a rule says of rows, compared with the truth."""

    def __init__(self) -> None:
        self.claims = self.sooner = self.later = 0

    def compare(self, rule: Rule, row: bytes, budget: Budget, members: int, truth: int) -> None:
        """Count what falls sooner, and later, than both of a rule's answers say."""
        said, stood = said_of(rule, row, budget, members)
        self.claims += truth >= 0
        self.sooner += max(said, stood) > truth
        self.later += min(said, stood) < truth

    def abstained(self, rule: Rule, row: bytes) -> None:
        """Count what is said to stand where the rule gives no label."""
        self.sooner += any(slack >= 0 for slack in rule.slacks(row, (Budget(), *rule.budgets)))
        self.sooner += rule.surviving(row, cells=0, members=0).label is not None


def said_of(rule: Rule, row: bytes, budget: Budget, members: int) -> tuple[int, int]:
    """Return a claim's slack, and the same by asking what survives, one cell more each time."""
    label = rule.judge(row).label
    assert label is not None
    cells = 0
    while certifies(rule.surviving(row, cells=cells, members=members), label, budget):
        cells += 1
        assert cells <= rule.cells, "something survives even if everything is forged"
    return rule.slack(row, budget, members=members), cells - 1


# --- drawn members: every row of votes ------------------------------------------------------


def with_counts(
    rule: Rule, k_floor: int | None, least: Sequence[int | None]
) -> DrawsRule | NestedRule:
    """The rule with other least counts, so that a handful of votes can certify something."""
    assert isinstance(rule, DrawsRule | NestedRule)
    real = rule.table
    table = counts.Table(
        draws=real.draws,
        floor=real.floor,
        event=real.event,
        k_floor=k_floor,
        p_star=real.p_star,
        k_star=dict(zip(rule.budgets, least, strict=True)),
    )
    rule.__dict__["table"] = table
    return rule


def votes_of(tally: Tally) -> bytes:
    *votes, abstained = tally
    return b"".join(bytes([k]) * n for k, n in enumerate(votes)) + bytes([255]) * abstained


def top(members: int, classes: int, least: Sequence[int | None] = ()) -> DrawsRule:
    budgets = [{"inputFeatures": t} for t in (1, 2, 3)]
    built = rule_for(audit(SEED, FLIP, budgets, members=members, classes=classes, alpha="1/4"))
    if least:
        built = with_counts(built, members // 2 + 1, least)
    assert isinstance(built, DrawsRule)
    return built


def runner_up(members: int, selection: int, classes: int) -> DrawsRule:
    labels: Json = {"method": "flip", "keepFeatures": "11/20", "keepLabels": "1"}
    flip: Json = {"method": "flip", "keep": "11/20"}
    budgets = [{"inputFeatures": 1}, {"trainFeatures": 2}, {"inputFeatures": 3}]
    description = audit(
        *(labels, flip, budgets),
        members=members,
        classes=classes,
        alpha="1/4",
        bound="runner-up",
        selectionDraws=selection,
    )
    built = rule_for(description)
    assert isinstance(built, DrawsRule)
    return built


def runner_up_gaussian(members: int, selection: int, classes: int) -> DrawsRule:
    """Return the bound with quantiles; half a step of the grid is a tenth of sigma."""
    training: Json = {"method": "gaussian", "sigma": "5", "keepLabels": "1"}
    test: Json = {"method": "gaussian", "sigma": "5"}
    budgets = [{"inputSquares": 1}, {"trainSquares": 9, "inputSquares": 1}, {"trainSquares": 16}]
    description = on_a_grid(
        *(training, test, budgets),
        members=members,
        classes=classes,
        alpha="1/4",
        bound="runner-up",
        selectionDraws=selection,
    )
    built = rule_for(description)
    assert isinstance(built, DrawsRule)
    return built


class Drawn(NamedTuple):
    """All rows of a rule by their tallies, and the budgets to ask about."""

    rule: DrawsRule
    asked: int  # rows that are looked at
    certified: int  # claims among those, at least

    def states(self) -> list[tuple[Tally, Tally]]:
        classes = self.rule.classes + 1
        chosen = list(tallies(self.rule.selection, classes))
        return list(product(chosen, tallies(self.rule.counted, classes)))

    def violations(self) -> Found:
        rule, source = self.rule, random.Random(3)
        rows = {state: votes_of(state[0]) + votes_of(state[1]) for state in self.states()}
        verdicts = {state: rule.judge(row) for state, row in rows.items()}
        found = Found()
        for state in source.sample(sorted(rows), min(self.asked, len(rows))):
            label = verdicts[state].label
            if label is None:
                found.abstained(rule, rows[state])
                continue
            for budget in (Budget(), *rule.budgets, *UNDECLARED):
                breaks = min(
                    moved(state[0], other[0]) + moved(state[1], other[1])
                    for other, verdict in verdicts.items()
                    if not certifies(verdict, label, budget)
                )
                for members in range(3):
                    truth = max(-1, breaks - 1 - members)
                    found.compare(rule, rows[state], budget, members, truth)
        return found


UNDECLARED = tuple(
    Budget.of(amounts) for amounts in ({"inputFeatures": 2}, {"trainFeatures": 1}, {"total": 1})
)


DRAWN: dict[str, Drawn] = {
    "top": Drawn(top(7, 3, (5, 6, None)), 400, 150),
    "top, even": Drawn(top(6, 2, (4, 5, 6)), 400, 20),
    "top, from real counts": Drawn(top(22, 2), 400, 8),
    "runner-up": Drawn(runner_up(13, 4, 2), 250, 30),
    "runner-up of three": Drawn(runner_up(11, 3, 3), 200, 15),
    "runner-up, gaussian": Drawn(runner_up_gaussian(13, 4, 2), 250, 30),
}


# --- fixed members: every tally of every view -----------------------------------------------


class Fixed:
    """A rule over views, and its true rows up to what it looks at."""

    def __init__(self, rule: Rule, deepest: int, *, ordered: bool) -> None:
        self.rule = rule
        self.deepest = deepest
        self.ordered = ordered
        self.all = list(tallies(rule.voters, rule.classes + 1))
        kinds = sorted({self.looks(tally) for tally in self.all})
        self.kind = {tally: kinds.index(self.looks(tally)) for tally in self.all}
        self.shown = {kind: tally for tally, kind in self.kind.items()}
        self.verdicts: dict[tuple[int, ...], Judgement] = {}

    def looks(self, tally: Tally) -> tuple[int, int]:
        """All that a rule over views looks at in one tally: its label, and how deep it goes."""
        label = plurality(tally[:-1], tally[-1])
        if label is None:
            return -1, 0
        return label, min(margin(tally[:-1], tally[-1], label) // 2, self.deepest)

    def judge(self, state: tuple[int, ...]) -> Judgement:
        if state not in self.verdicts:
            self.verdicts[state] = self.rule.judge(encode_row([self.shown[o] for o in state]))
        return self.verdicts[state]

    def votes(self, members: int) -> int:
        """Votes in a view of so many members."""
        return members * self.rule.voters // self.rule.members

    def true_rows(self, row: Sequence[Tally], votes: int, most: int) -> dict[tuple[int, ...], int]:
        """Return every true row with the least number of forged cells, up to ``most``.

        ``votes`` in every view may be anything besides.
        """
        states: dict[tuple[int, ...], int] = {(): 0}
        for tally in row:
            honest = {self.kind[near] for near in self.all if moved(tally, near) <= votes}
            after: dict[tuple[int, ...], int] = {}
            for (state, cost), kind in product(states.items(), self.shown):
                spent = cost + (kind not in honest)
                if spent <= most:
                    key = (*state, kind) if self.ordered else tuple(sorted((*state, kind)))
                    after[key] = min(spent, after.get(key, most))
            states = after
        return states


class World(NamedTuple):
    """A world of fixed members: rows are made of ``shapes``, mostly the first."""

    rule: Rule
    shapes: tuple[Tally, ...]
    rows: int
    budgets: tuple[Budget, ...]
    deepest: int  # the largest number of touched parts among the budgets
    certified: int  # claims among the rows, at least
    bias: float = 0.7

    def random_rows(self) -> Iterator[list[Tally]]:
        source = random.Random(5)
        for _ in range(self.rows):
            bias = source.choice([self.bias, 1 - (1 - self.bias) / 2, 1])
            yield [
                self.shapes[0] if source.random() < bias else source.choice(self.shapes)
                for _ in range(self.rule.views)
            ]


def budgets_of(*pairs: tuple[int, int]) -> tuple[Budget, ...]:
    return tuple(Budget.of({"trainExamples": c, "inputFeatures": t}) for c, t in pairs)


def fixed(
    members: int,
    test: Json,
    amounts: Sequence[int],
    depths: Sequence[int],
    *,
    training: Json | None = None,
    **more: object,
) -> MarginRule:
    windows_alone = "window" in test and "groups" not in test
    axes = ["inputPatch"] if windows_alone else ["inputFeatures"]
    axes += ["inputPatch"] if test is JOINT or test is COLUMNS else []
    listed = [Budget.of(b) for axis in axes for b in grid(axis, amounts, depths)]
    budgets = [b.to_json() for b in dict.fromkeys(listed) if b.amounts]
    if test is JOINT:
        budgets += [{"inputFeatures": 1, "inputPatch": 1}]
    side = training or partition(members)
    built = rule_for(audit(side, test, budgets, members=members, **more))  # type: ignore[arg-type]
    assert isinstance(built, MarginRule)
    return built


def nested(
    members: int, draws: int, classes: int, k_floor: int, training: Json | None = None
) -> Rule:
    budgets = [b for b in grid("inputFeatures", (0, 1, 2), (0, 1)) if any(b.values())]
    rule = rule_for(
        audit(
            training or partition(members),
            FLIP,
            budgets,
            members=members,
            draws=draws,
            classes=classes,
            alpha="1/4",
        )
    )
    return with_counts(rule, k_floor, (k_floor + 1, draws, k_floor, k_floor + 1, None))


SMALL = budgets_of((0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (0, 2), (1, 2), (3, 3))
FEW = budgets_of((0, 0), (1, 0), (0, 1), (1, 1))
PATCHES = (
    *FEW,
    *(Budget.of({"trainExamples": c, "inputPatch": s}) for c in (0, 1) for s in (1, 2)),
)
BOTH = (*FEW, *(Budget.of({"inputFeatures": t, "inputPatch": 1}) for t in (0, 1)))

FIXED: dict[str, World] = {
    "plain vote": World(
        fixed(7, NONE, (0,), (0, 1, 2), classes=3),
        ((5, 1, 1, 0), (1, 5, 0, 1), (0, 0, 7, 0), (2, 2, 3, 0), (0, 6, 1, 0), (1, 1, 1, 4)),
        rows=60,
        budgets=budgets_of((0, 0), (1, 0), (2, 0), (3, 0)),
        deepest=3,
        certified=60,
        bias=0.1,
    ),
    "views": World(
        fixed(4, SPARSE, (0, 1, 2), (0, 1), shape=(14,)),
        ((0, 4, 0), (4, 0, 0), (1, 3, 0), (2, 2, 0), (0, 0, 4), (3, 0, 1)),
        rows=30,
        budgets=SMALL,
        deepest=2,
        certified=100,
    ),
    "views, even, three classes": World(
        fixed(3, TWICE, (0, 1), (0, 1), shape=(8,), classes=3),
        ((0, 3, 0, 0), (3, 0, 0, 0), (0, 1, 2, 0), (1, 2, 0, 0), (0, 1, 1, 1)),
        rows=16,
        budgets=FEW,
        deepest=1,
        certified=40,
        bias=0.5,
    ),
    "views, even, the first class": World(
        fixed(3, TWICE, (0, 1), (0, 1), shape=(8,)),
        ((3, 0, 0), (0, 3, 0), (2, 1, 0), (1, 1, 1), (1, 2, 0)),
        rows=40,
        budgets=FEW,
        deepest=1,
        certified=40,
        bias=0.4,
    ),
    "draws": World(
        nested(5, 7, 2, 4),
        ((5, 0, 0), (0, 5, 0), (4, 1, 0), (3, 2, 0), (4, 0, 1), (1, 1, 3)),
        rows=60,
        budgets=SMALL,
        deepest=1,
        certified=100,
    ),
    "seven neighbours": World(
        fixed(1, NONE, (0,), (0, 1, 2), classes=3, training=neighbours(7)),
        ((5, 1, 1, 0), (1, 5, 0, 1), (0, 0, 7, 0), (2, 2, 3, 0), (0, 6, 1, 0), (1, 1, 1, 4)),
        rows=60,
        budgets=budgets_of((0, 0), (1, 0), (2, 0), (3, 0)),
        deepest=3,
        certified=40,
        bias=0.1,
    ),
    "neighbours in views": World(
        fixed(1, SPARSE, (0, 1, 2), (0, 1), shape=(14,), training=neighbours(4)),
        ((0, 4, 0), (4, 0, 0), (1, 3, 0), (2, 2, 0), (0, 0, 4), (3, 0, 1)),
        rows=30,
        budgets=SMALL,
        deepest=2,
        certified=40,
    ),
    "neighbours in draws": World(
        nested(1, 7, 2, 4, neighbours(5)),
        ((5, 0, 0), (0, 5, 0), (4, 1, 0), (3, 2, 0), (4, 0, 1), (1, 1, 3)),
        rows=60,
        budgets=SMALL,
        deepest=1,
        certified=50,
    ),
    "draws of three classes": World(
        nested(3, 6, 3, 4),
        ((0, 0, 3, 0), (3, 0, 0, 0), (0, 3, 0, 0), (0, 1, 2, 0), (0, 0, 2, 1)),
        rows=30,
        budgets=SMALL,
        deepest=1,
        certified=30,
    ),
}


ABLATED: dict[str, World] = {
    "columns": World(
        fixed(3, COLUMNS, (0, 1, 2), (0, 1), shape=(1, 2, 5)),
        ((0, 3, 0), (3, 0, 0), (0, 2, 1), (1, 1, 1), (0, 0, 3)),
        rows=12,
        budgets=PATCHES,
        deepest=1,
        certified=30,
    ),
    "columns, the first class": World(
        fixed(3, COLUMNS, (0, 1, 2), (0, 1), shape=(1, 2, 5)),
        ((3, 0, 0), (0, 3, 0), (2, 1, 0), (1, 1, 1)),
        rows=12,
        budgets=PATCHES,
        deepest=1,
        certified=30,
    ),
    "columns, three classes": World(
        fixed(1, COLUMNS, (0, 1, 2), (0, 1), shape=(1, 2, 6), classes=3),
        ((0, 1, 0, 0), (1, 0, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)),
        rows=15,
        budgets=PATCHES,
        deepest=0,
        certified=30,
        bias=0.6,
    ),
}


def views_violations(world: World) -> Found:
    ordered = isinstance(world.rule, MarginRule) and isinstance(world.rule.test, Ablation)
    oracle = Fixed(world.rule, world.deepest, ordered=ordered)
    found = Found()
    for row in world.random_rows():
        data = encode_row(row)
        label = world.rule.judge(data).label
        if label is None:
            found.abstained(world.rule, data)
            continue
        for members in range(3):
            rows = oracle.true_rows(row, oracle.votes(members), world.rule.views)
            for budget in world.budgets:
                breaks = min(
                    cost
                    for state, cost in rows.items()
                    if not certifies(oracle.judge(state), label, budget)
                )
                found.compare(world.rule, data, budget, members, breaks - 1)
    return found


# --- two masks ------------------------------------------------------------------------------

# Claims about the input need every view, as in the rule's own judgement. Claims about training data
# alone are true of the answer itself: c touched parts are c more members that may vote anything.
MASKED: dict[str, World] = {
    "three masks": World(
        fixed(3, THREE, (0, 1), (0, 1), shape=(6,)),
        ((0, 3, 0), (3, 0, 0), (0, 2, 1), (1, 2, 0), (1, 1, 1)),
        rows=50,
        budgets=FEW,
        deepest=1,
        certified=80,
        bias=0.8,
    ),
    "three masks, the first class": World(
        fixed(4, THREE, (0, 1), (0, 1), shape=(6,)),
        ((4, 0, 0), (0, 4, 0), (3, 1, 0), (2, 2, 0), (1, 1, 2)),
        rows=50,
        budgets=FEW,
        deepest=1,
        certified=80,
        bias=0.8,
    ),
    "neighbours under masks": World(
        fixed(1, THREE, (0, 1), (0, 1), shape=(6,), training=neighbours(3)),
        ((0, 3, 0), (3, 0, 0), (0, 2, 1), (1, 2, 0), (1, 1, 1)),
        rows=50,
        budgets=FEW,
        deepest=1,
        certified=50,
        bias=0.8,
    ),
    "one model": World(
        fixed(1, MASKS, (0, 1), (0,), shape=(8,)),
        ((0, 1, 0), (1, 0, 0), (0, 0, 1)),
        rows=60,
        budgets=FEW,
        deepest=0,
        certified=60,
        bias=0.8,
    ),
    "one model, the first class": World(
        fixed(1, MASKS, (0, 1), (0,), shape=(8,)),
        ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
        rows=60,
        budgets=FEW,
        deepest=0,
        certified=60,
        bias=0.8,
    ),
    "windows of three classes": World(
        fixed(1, WINDOWS, (0, 1), (0,), shape=(1, 2, 4), classes=3),
        ((0, 1, 0, 0), (1, 0, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)),
        rows=60,
        budgets=FEW[:1],
        deepest=0,
        certified=60,
        bias=0.8,
    ),
}


MASKED |= {
    "groups and windows": World(
        fixed(1, JOINT, (0, 1), (0,), shape=(1, 2, 3)),
        ((0, 1, 0), (1, 0, 0), (0, 0, 1)),
        rows=20,
        budgets=BOTH,
        deepest=0,
        certified=30,
        bias=0.95,
    ),
}


def masked_rows(world: World) -> Iterator[list[Tally]]:
    """Rows in which one mask's pairs may speak against the label, and the mask itself not."""
    rule, source = world.rule, random.Random(6)
    assert isinstance(rule, MarginRule)
    assert rule._unions is not None
    rounds = rule._unions.rounds
    for row in world.random_rows():
        if source.random() < 0.5:
            masks = len(rounds)
            row[:masks] = [world.shapes[0]] * masks
            for view in source.choice(rounds):
                if view >= masks:
                    row[view] = source.choice(world.shapes[:2])
        yield row


def masked_violations(world: World) -> Found:
    oracle = Fixed(world.rule, world.deepest, ordered=True)
    found = Found()
    for row in masked_rows(world):
        data = encode_row(row)
        label = world.rule.judge(data).label
        if label is None:
            found.abstained(world.rule, data)
            continue
        for members, budget in product(range(2), world.budgets):
            both = said_of(world.rule, data, budget, members)
            found.claims += max(both) >= 0
            found.later += both[0] != both[1]  # one of them is less than it could be
            alone = {axis for axis, _ in budget.amounts} <= {"trainExamples"}
            forged = oracle.votes(members)
            touched = forged + budget.get("trainExamples") if alone else forged
            asked = Budget() if alone else budget
            if max(both) >= 0:
                rows = oracle.true_rows(row, touched, min(max(both), 3))
                found.sooner += not all(certifies(oracle.judge(s), label, asked) for s in rows)
    return found
