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
from auditor.guarantee.sides import DRAWN_METHODS
from auditor.guarantee.smoothing import threat_for
from auditor.guarantee.test.joint_masks import TwoMasks
from auditor.guarantee.vote.margin import MarginRule
from auditor.guarantee.vote.plurality import encode_row
from auditor.guarantee.vote.run_off import RunOffRule
from tests import honest
from tests.honest import Honest

Recipe = dict[str, Any]

ON_A_GRID: Final = ("gaussian", "uniform")
NOISY: Final = ("flip", "hide", *ON_A_GRID)
KEEPS: Final = ("205/256", "200/256", "65000/65536", "3/4", "9/10", "1")
USELESS_KEEPS: Final = ("1/2", "1/3", "2", "0.8", "1/36893488147419103233")
SHOWS: Final = ("16/256", "1/256", "1/65536", "1/3", "100/256")
USELESS_SHOWS: Final = ("0", "1", "3/2")
_BAGS: Final = ("bag", "poisson-bag", "bag-flip")
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
    drawn = training["method"] in DRAWN_METHODS
    noisy = test["method"] in NOISY
    on_a_grid = {training["method"], test["method"]} & set(ON_A_GRID) and rng.random() < 0.95
    alphabet = rng.choice(ALPHABETS[-1:] if on_a_grid else ALPHABETS)
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
        "alphabet": {**alphabet, "unit": rng.choice(("pixel", "channel"))},
        "unit": _unit(rng, training),
        "smoothing": {"training": training, "test": test, **_vote(rng, training, test)},
        "members": members,
        "draws": rng.choice((1, 40, 300)) if noisy and not drawn else 0,
        "claim": claim,
    }
    audit: dict[str, Any] = {"shape": shape, "dataset_size": rng.choice((1, 30, 1000, 60000))}
    if training.get("by") == "class" or rng.random() < 0.15:
        recipe["threat"] = rng.choice(("labels", "features", "features"))
    if training["method"] == "neighbours":
        recipe |= _nearest(rng, training["count"])
    elif rng.random() < 0.1:
        recipe["learner"] = {"name": "ridge", "frontEnd": {"name": "centroids", "count": 9}}
    if (recipe["unit"] == "group" and rng.random() < 0.9) or rng.random() < 0.02:
        audit["groups"] = rng.choice((1, 12, 25, 40))
    return recipe, audit


def _unit(rng: random.Random, training: Recipe) -> str:
    grouped = training.get("by") == "group" or (training["method"] == "bag" and rng.random() < 0.4)
    return "group" if grouped else "example"


def _training(rng: random.Random) -> tuple[Recipe, int]:
    fixed = ("partition", "partition", "neighbours", "grid", "spread")
    method = rng.choice(("none", "flip", "flip", "hide", *fixed, *_BAGS, *ON_A_GRID))
    if method in ON_A_GRID:
        return {**_added(rng, method), "keepLabels": _keep(rng)}, rng.choice((2, 50, 400))
    if method == "flip":
        keeps = {"keepFeatures": _keep(rng), "keepLabels": _keep(rng)}
        return {"method": method, **keeps}, rng.choice((2, 50, 400))
    if method == "hide":
        shows = {"showFeatures": _show(rng), "showLabels": _show(rng)}
        return {"method": method, **shows}, rng.choice((2, 50, 400))
    if method in _BAGS:
        return _bag(rng, method), rng.choice((2, 50, 400))
    return _fixed(rng, method)


def _fixed(rng: random.Random, method: str) -> tuple[Recipe, int]:
    if method == "grid":
        return _grid(rng)
    if method == "spread":
        parts, spread = rng.choice((5, 8, 13, 40)), rng.randint(1, 6)
        by = rng.choice(("index", "id", "content", "group", "class"))
        side = {"method": "finite-aggregation", "parts": parts, "by": by, "spread": spread}
        return side, parts
    if method == "partition":
        by = rng.choice(("index", "id", "content", "group", "class"))
        parts = rng.choice((1, 3, 8, 25))
        return {"method": method, "parts": parts, "by": by}, parts
    if method == "neighbours":
        return {"method": method, "count": rng.choice((0, *(1, 3, 8, 25) * 4, 65536))}, 1
    return {"method": method}, 1


def _nearest(rng: random.Random, count: int) -> Recipe:
    """Return the parts of a recipe that make every example one voter, and sometimes do not."""
    learner: Recipe = {"name": "nearest-neighbours", "neighbours": count}
    rows: Recipe = rng.choice(({}, {}, {"copies": [{}]}, {"masks": 0}))
    if rng.random() < 0.2:
        learner = rng.choice(
            ({**learner, "neighbours": count + 1}, {"name": "ridge"}, {"name": learner["name"]})
        )
    if rng.random() < 0.2:
        rows = rng.choice(
            ({"capacity": 9}, {"copies": []}, {"copies": [{}, {}]}, {"copies": [{"shear": "0.2"}]})
        )
    return {"learner": learner, "training": rows}


def _show(rng: random.Random) -> str:
    return rng.choice((*SHOWS, "1", "255/256", *SHOWS, *USELESS_SHOWS))


def _bag(rng: random.Random, method: str) -> Recipe:
    if method == "poisson-bag":
        return {"method": method, "rate": rng.choice((*SHOWS * 8, *USELESS_SHOWS))}
    size = rng.choice((1, 3, 500))
    if method == "bag-flip":
        keeps = {"keepFeatures": _keep(rng), "keepLabels": _keep(rng)}
        return {"method": method, "size": min(size, 40), **keeps}
    moves = rng.choice(({}, {"moves": "any-size"}, {"moves": "fixed-size"}))
    return {"method": method, "size": size, **moves}


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


def _added(rng: random.Random, method: str) -> Recipe:
    """Return noise that is added, in units of the values; the grid has steps of 1/4."""
    if method == "gaussian":
        sigmas = ("1", "3/7", "1/16", "1024", "5/2", "4294967295/4294967296") * 8
        useless = ("0", "1025", "-1", "0.5", "1/36893488147419103233")
        return {"method": method, "sigma": rng.choice((*sigmas, *useless))}
    widths = ("1/2", "3", "9/4", "16384") * 8
    return {"method": method, "width": rng.choice((*widths, "0", "1/4", "3/8", "16385"))}


def _test(rng: random.Random) -> Recipe:
    method = rng.choice(
        ("none", "flip", "flip", "hide", "views", "two-mask", "ablation", *ON_A_GRID)
    )
    if method in ON_A_GRID:
        return _added(rng, method)
    if method == "flip":
        return {"method": method, "keep": _keep(rng)}
    if method == "hide":
        return {"method": method, "show": rng.choice((*SHOWS * 8, *USELESS_SHOWS))}
    if method == "views":
        return {"method": method, "groups": rng.randint(2, 8), "partitions": rng.randint(1, 5)}
    if method == "ablation":
        region = rng.choice(("block", "columns", "rows"))
        sizes = {"size": rng.randint(1, 4), "step": rng.choice((1, 1, 2, 3))}
        return {"method": method, "region": region, **sizes, "wrap": rng.random() < 0.5}
    if method == "two-mask":
        groups = {"groups": rng.randint(3, 8), "pixels": rng.choice((1, 1, 2, 3))}
        sides = {key: rng.randint(1, 3) for key in ("step", "patch")}
        windows = {"window": rng.randint(2, 4), **sides}
        return {"method": method, **rng.choice((groups, windows, {**groups, **windows}))}
    return {"method": method}


def _budgets(rng: random.Random, training: Recipe, test: Recipe) -> list[Recipe]:
    """Return budgets, nearly always along covered axes and none twice."""
    counted = ("trainFeatures", "trainLabels")
    covered = {
        "flip": counted,
        "hide": counted,
        "gaussian": ("trainSquares", "trainLabels"),
        "uniform": ("trainSteps", "trainLabels"),
        "none": (),
    }
    axes = [*covered.get(training["method"], ("trainExamples",))]
    if training["method"] == "grid":
        axes += ["inputFeatures", "columns", *(["inputPatch"] if "down" in training else [])]
    if test["method"] != "none" and ("groups" in test or "window" not in test):
        flat = {"gaussian": "inputSquares", "uniform": "inputSteps"}
        axes.append(flat.get(test["method"], "inputFeatures"))
    if "window" in test or test["method"] == "ablation":
        axes.append("inputPatch")
    caps = [
        cap
        for cap, keep in (
            ("featuresPerExample", "keepFeatures"),
            ("labelsPerExample", "keepLabels"),
        )
        if training["method"] == "bag-flip" and training[keep] != "1"
    ]
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
            if caps and rng.random() < 0.7:
                budget |= _partial(rng, caps)
        known = [{axis: n for axis, n in other.items() if n} for other in budgets]
        if rng.random() < 0.03 or {axis: n for axis, n in budget.items() if n} not in known:
            budgets.append(budget)
    return budgets


def _partial(rng: random.Random, caps: list[str]) -> Recipe:
    """Return what is changed of some examples, nearly always something of each."""
    most = {"featuresPerExample": (1, 1, 2, 3), "labelsPerExample": (1,)}
    chosen = rng.sample(caps, rng.randint(1, len(caps)))
    partial = {cap: rng.choice(most[cap]) for cap in chosen}
    partial["partialExamples"] = rng.choice((1, 2, 5, 2000))
    if rng.random() < 0.05:
        partial[rng.choice((*partial, "labelsPerExample"))] = rng.choice((0, 2))
    return partial


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
        cast = votes(rule.voters)
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
    if isinstance(rule.test, TwoMasks):
        unions = [set(hidden) for hidden in rule.test.unions()]
        mask = rng.choice(unions[: rule.test.masks])
        alike = [0] * (rule.classes + 1)
        alike[rng.randrange(rule.classes + 1)] = rule.voters
        for view, hidden in enumerate(unions):
            if mask <= hidden:
                tallies[view] = alike
