"""Made-up releases of random recipes: honest under a rule, or refused by every verifier.

A recipe that the rule refuses is signed nevertheless, around the votes of another release: a
verifier has to see in step 5 that it proves nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import combinations
from typing import Any, Final
from unittest.mock import patch

from auditor.errors import RecipeError
from auditor.format.audit import Audit
from auditor.guarantee.claim import Rule
from auditor.guarantee.smoothing import threat_for
from auditor.guarantee.test.two_mask import GroupMasks, WindowMasks
from auditor.guarantee.vote.margin import MarginRule
from auditor.guarantee.vote.plurality import encode_row
from auditor.guarantee.vote.run_off import RunOffRule
from tests import honest
from tests.honest import Honest

Recipe = dict[str, Any]

KEEPS: Final = ("205/256", "200/256", "65000/65536", "3/4", "9/10", "1")
USELESS_KEEPS: Final = ("1/2", "1/3", "2", "0.8", "1/36893488147419103233")
SHOWS: Final = ("16/256", "1/256", "1/65536", "1/3", "100/256")
USELESS_SHOWS: Final = ("0", "1", "3/2")
SHAPES: Final = ((1, 4, 4), (3, 4, 5), (10,), (2, 6, 6))
ALPHABETS: Final[tuple[Recipe, ...]] = (
    {"kind": "binary", "threshold": "8"},
    {"kind": "levels", "edges": ["1", "2"]},
    {"kind": "levels", "edges": ["0.5"]},
    {"kind": "grid", "low": "-1", "high": "0.5", "step": "1/4"},
)


def random_release(rng: random.Random) -> Honest:
    """Return a release of a random recipe, honest if the rule allows that recipe."""
    recipe, audit = random_recipe(rng)
    return made(recipe, audit, inputs=rng.choice((1, 2, 3, 5, 8)), rng=rng)


def made(recipe: Recipe, audit: Mapping[str, Any], *, inputs: int, rng: random.Random) -> Honest:
    """Return the release of a recipe; ``audit`` are fields of Audit that go with it."""
    patches: dict[str, Any] = {
        "resolved": lambda _kind, **_: recipe,
        "Audit": lambda **fields: Audit(**{**fields, **audit}),
        "_row": partial(_row, rng),
    }
    try:
        with patch.multiple(honest, **patches):
            return honest.build("made-up", inputs=inputs)
    except RecipeError:
        return refused(recipe, audit, inputs=inputs)


def refused(recipe: Recipe, audit: Mapping[str, Any], *, inputs: int) -> Honest:
    """Return a release whose audit says these things around the votes of another one."""
    base = honest.build("partition", inputs=inputs)
    counts = {"members": recipe["members"], "draws": recipe["draws"]}
    classes = tuple(recipe["classes"])
    signed = replace(base.certificate.audit, recipe=recipe, classes=classes, **counts, **audit)
    try:
        threat = threat_for(recipe)
        signed = replace(signed, unit=threat.unit, moves=dict(threat.moves))
    except RecipeError:
        pass
    return replace(base, contents=honest.recommit(base, signed.to_dict()))


def random_recipe(rng: random.Random) -> tuple[Recipe, dict[str, Any]]:
    """Return a recipe, mostly one that proves something, and the fields of Audit that fit it."""
    shape = rng.choice(SHAPES)
    training, members = _training(rng)
    alone = training["method"] in ("grid", "finite-aggregation") and rng.random() < 0.9
    test = {"method": "none"} if alone else _test(rng)
    drawn = training["method"] in ("flip", "bag")
    noisy = test["method"] in ("flip", "hide")
    claim: Recipe = {
        "alpha": rng.choice((*("1/1000", "1/20", "7/30") * 5, "1/3")) if drawn or noisy else "0",
        "scope": rng.choice(("simultaneous", "per-input")),
        "bound": "top",
        "budgets": _budgets(rng, training, test),
    }
    if drawn and rng.random() < 0.4:
        claim |= {"bound": "runner-up", "selectionDraws": rng.randint(1, members)}
    recipe = {
        **honest.resolved("partition"),
        "classes": [str(label) for label in range(rng.choice((2, 2, 3, 10)))],
        "alphabet": {**rng.choice(ALPHABETS), "unit": rng.choice(("pixel", "channel"))},
        "unit": "group" if training.get("by") == "group" else "example",
        "smoothing": {"training": training, "test": test, **_vote(rng, training, test)},
        "members": members,
        "draws": rng.choice((1, 40, 300)) if noisy and not drawn else 0,
        "claim": claim,
    }
    return recipe, {"shape": shape, "dataset_size": rng.choice((1, 30, 1000, 60000))}


def _training(rng: random.Random) -> tuple[Recipe, int]:
    method = rng.choice(("none", "flip", "flip", "bag", "partition", "partition", "grid", "spread"))
    if method == "flip":
        keeps = {"keepFeatures": _keep(rng), "keepLabels": _keep(rng)}
        return {"method": method, **keeps}, rng.choice((2, 50, 400))
    if method == "bag":
        return {"method": method, "size": rng.choice((1, 3, 500))}, rng.choice((2, 50, 400))
    if method == "grid":
        return _grid(rng)
    if method == "spread":
        parts, spread = rng.choice((5, 8, 13, 40)), rng.randint(1, 6)
        by = rng.choice(("index", "id", "content", "group"))
        side = {"method": "finite-aggregation", "parts": parts, "by": by, "spread": spread}
        return side, parts
    if method == "partition":
        by = rng.choice(("index", "id", "content", "group"))
        parts = rng.choice((1, 3, 8, 25))
        return {"method": method, "parts": parts, "by": by}, parts
    return {"method": method}, 1


def _grid(rng: random.Random) -> tuple[Recipe, int]:
    """Return a grid of one of the forms, that mostly fits one of SHAPES."""
    parts = rng.choice((1, 2, 5))
    tiles = {"down": rng.randint(1, 5), "across": rng.randint(1, 4)}
    form = rng.choice((tiles, tiles, {"groups": rng.randint(2, 9)}, {"ranges": rng.randint(1, 11)}))
    by = rng.choice(("index", "id", "group"))
    blocks = form.get("groups") or form.get("ranges") or tiles["down"] * tiles["across"]
    return {"method": "grid", "parts": parts, "by": by, **form}, parts * blocks


def _vote(rng: random.Random, training: Recipe, test: Recipe) -> Recipe:
    """Return nothing, or a vote that mostly fits the sides."""
    fits = training["method"] == "partition" and test["method"] == "none"
    if rng.random() < (0.6 if fits else 0.04):
        return {"vote": {"method": rng.choice(("run-off", "run-off", "run-off", "plurality"))}}
    return {}


def _keep(rng: random.Random) -> str:
    return rng.choice((*KEEPS * 8, *USELESS_KEEPS))


def _test(rng: random.Random) -> Recipe:
    method = rng.choice(("none", "flip", "flip", "hide", "views", "two-mask"))
    if method == "flip":
        return {"method": method, "keep": _keep(rng)}
    if method == "hide":
        return {"method": method, "show": rng.choice((*SHOWS * 8, *USELESS_SHOWS))}
    if method == "views":
        return {"method": method, "groups": rng.randint(2, 8), "partitions": rng.randint(1, 5)}
    if method == "two-mask" and rng.random() < 0.5:
        return {"method": method, "groups": rng.randint(3, 8), "pixels": rng.choice((1, 1, 2, 3))}
    if method == "two-mask":
        sides = {key: rng.randint(1, 3) for key in ("step", "patch")}
        return {"method": method, "window": rng.randint(2, 4), **sides}
    return {"method": method}


def _budgets(rng: random.Random, training: Recipe, test: Recipe) -> list[Recipe]:
    """Return budgets, nearly always along covered axes and none twice."""
    covered = {"flip": ("trainFeatures", "trainLabels"), "none": ()}
    axes = [*covered.get(training["method"], ("trainExamples",))]
    if training["method"] == "grid":
        axes += ["inputFeatures", "columns", *(["inputPatch"] if "down" in training else [])]
    if test["method"] != "none":
        axes.append("inputPatch" if "window" in test else "inputFeatures")
    if rng.random() < 0.03:
        axes.append("inputPatch")
    totals = {training["method"], test["method"]} == {"flip"} and rng.random() < 0.5
    budgets: list[Recipe] = [{}] if rng.random() < 0.8 else []
    for _ in range(rng.randint(1, 5)):
        if totals and rng.random() < 0.5:
            budget = {"total": rng.randint(0, 4)}
        else:
            chosen = rng.sample(axes, rng.randint(0, len(axes)))
            budget = {axis: rng.choice((0, 1, 1, 2, 3, 7)) for axis in chosen}
        known = [{axis: n for axis, n in other.items() if n} for other in budgets]
        if rng.random() < 0.03 or {axis: n for axis, n in budget.items() if n} not in known:
            budgets.append(budget)
    return budgets


def _row(rng: random.Random, rule: Rule, _index: int, truth: int) -> bytes:
    """Return random votes, more or less for the true label."""
    for_it = rng.choice((1.0, 0.99, 0.9, 0.7, 0.4))
    weights = [(1 - for_it) / rule.classes] * (rule.classes + 1)
    weights[truth if rng.random() < 0.9 else -1] += for_it
    choices = range(rule.classes + 1)

    def votes(count: int) -> list[int]:
        return rng.choices(choices, weights, k=count)

    if rule.singly:
        return bytes(255 if vote == rule.classes else vote for vote in votes(rule.members))
    tallies = []
    for _ in range(rule.views):
        cast = votes(rule.members)
        tallies.append([cast.count(choice) for choice in choices])
    if isinstance(rule, RunOffRule):
        return encode_row([tallies[0], *_finals(rng, rule, tallies[0])])
    if isinstance(rule, MarginRule) and rng.random() < 0.5:
        _dissent(rng, rule, tallies)
    return encode_row(tallies)


def _finals(rng: random.Random, rule: RunOffRule, first: list[int]) -> Iterator[list[int]]:
    """Yield random votes between every two classes, more or less like those of round one."""
    for b, c in combinations(range(rule.classes), 2):
        weights = [first[b] + 0.5, first[c] + 0.5, rng.choice((0.0, 0.2, 5.0))]
        cast = rng.choices(range(3), weights, k=rule.members)
        yield [cast.count(choice) for choice in range(3)]


def _dissent(rng: random.Random, rule: MarginRule, tallies: list[list[int]]) -> None:
    """Let all members say the same, or nothing, in every view that hides what one mask hides."""
    if isinstance(rule.test, GroupMasks | WindowMasks):
        unions = [set(hidden) for hidden in rule.test.unions()]
        mask = rng.choice(unions[: rule.test.masks])
        alike = [0] * (rule.classes + 1)
        alike[rng.randrange(rule.classes + 1)] = rule.members
        for view, hidden in enumerate(unions):
            if mask <= hidden:
                tallies[view] = alike
