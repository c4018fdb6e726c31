"""Both compute the same thresholds, to the last bit, and refuse to where it costs too much."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from typing import Any, Final

import pytest

from auditor.errors import RecipeError
from auditor.format import strict_json
from auditor.guarantee.sides import DRAWN_METHODS
from auditor.guarantee.smoothing import rule_for, threat_for
from tests import honest
from tests.second_verifier import bridge, material
from tests.second_verifier.agreement import needs_node

pytestmark = needs_node

BASE: Final = honest.build("two-mask").certificate.audit
Json = dict[str, Any]


def _table(audit: Json) -> list[list[object]] | None:
    """Return our thresholds, None for a recipe that is refused."""
    try:
        lines = rule_for(audit).thresholds()
    except RecipeError:
        return None
    return [[f"{line.p_star.p}/{line.p_star.q}", line.k_star] for line in lines]


def _assert_same_tables(audits: Iterable[Json]) -> int:
    """Check that both have the same thresholds; return how many numbers were compared."""
    listed = list(audits)
    questions = [{"audit": strict_json.canonical(audit).decode()} for audit in listed]
    numbers = 0
    for audit, answer in zip(listed, bridge.in_node("probe.mjs", lines=questions), strict=True):
        table = _table(audit)
        assert answer.get("table") == table, (audit, answer, table)
        assert (table is None) == (answer.get("refused") == "statement"), answer
        numbers += 2 * len(table or ())
    return numbers


def _audit(recipe: Json, **fields: Any) -> Json:
    signed = replace(
        BASE,
        recipe=recipe,
        classes=tuple(recipe["classes"]),
        members=recipe["members"],
        draws=recipe["draws"],
        **fields,
    )
    try:
        threat = threat_for(recipe)
    except RecipeError:  # refused whatever the threat
        return signed.to_dict()
    return replace(signed, unit=threat.unit, moves=dict(threat.moves)).to_dict()


def _random_audits(rng: random.Random, count: int) -> Iterable[Json]:
    while count:
        recipe, fields = material.random_recipe(rng)
        if recipe["claim"]["alpha"] == "0":
            continue
        count -= 1
        if recipe["smoothing"]["training"]["method"] in DRAWN_METHODS:
            recipe["members"] = rng.choice((1, 7, 100, 1000, 10_000, 1_000_000))
        else:
            recipe["draws"] = rng.choice((1, 7, 100, 1000, 100_000))
        levels = ("1/1000", "1/4", f"1/{10**18}", f"1/{10**30}", "999999999999/10000000000000")
        recipe["claim"] |= {"alpha": rng.choice(levels), "bound": "top"}
        recipe["claim"].pop("selectionDraws", None)
        yield _audit(recipe, **fields, inputs_size=rng.choice((1, 1000, 1_000_000)))


def test_both_compute_the_same_thresholds() -> None:
    assert _assert_same_tables(_random_audits(random.Random(3), 300)) > 500


@pytest.mark.slow
def test_both_compute_the_same_thresholds_of_many_recipes() -> None:
    assert _assert_same_tables(_random_audits(random.Random(4), 3000)) > 4000


_FLIP: Final = {
    "training": {"method": "flip", "keepFeatures": "205/256", "keepLabels": "200/256"},
    "test": {"method": "flip", "keep": "210/256"},
}
_BAG: Final = {"training": {"method": "bag", "size": 65536}, "test": {"method": "none"}}
_COPIES: Final[Json] = {
    "method": "bag-flip",
    "size": 64,
    "keepFeatures": "3/4",
    "keepLabels": "205/256",
}
_BAG_FLIP: Final[Json] = {"training": _COPIES, "test": {"method": "flip", "keep": "210/256"}}


def _drawn(smoothing: object, *budgets: object, **changes: object) -> Json:
    recipe = honest.resolved(
        "flip", smoothing=smoothing, budgets=budgets, members=1000, alpha="1/100"
    )
    alphabet = changes.pop("alphabet", recipe["alphabet"])
    claim = {**dict(recipe["claim"]), **dict(changes.pop("claim", {}))}  # type: ignore[call-overload]
    return _audit({**recipe, "claim": claim, "alphabet": alphabet}, **changes)


def _equal(keep: str) -> Json:
    return {
        "training": {"method": "flip", "keepFeatures": keep, "keepLabels": keep},
        "test": {"method": "flip", "keep": keep},
    }


def _dear() -> dict[str, tuple[Json, Json]]:
    """Return, for every cap, a recipe that just keeps to it and one that does not."""
    features = [{"inputFeatures": count} for count in range(1, 514)]
    totals = [{"total": count} for count in range(1, 45)]
    two_noises = {**_equal("3/4"), "training": {**_FLIP["training"], "keepFeatures": "3/4"}}
    runner_up = {"claim": {"bound": "runner-up", "selectionDraws": 1}}
    three = {"alphabet": {"kind": "levels", "edges": ["1", "2"], "unit": "pixel"}}
    fine = _equal("65001/65536")
    most = {"trainFeatures": 63, "trainLabels": 63, "inputFeatures": 63}
    sides = {**_COPIES, "size": 4, "keepFeatures": "2/3"}
    few = {**_BAG_FLIP, "training": sides}
    copies = {"partialExamples": 9, "featuresPerExample": 200, "labelsPerExample": 1}
    symbols = {"trainFeatures": 15, "trainLabels": 271, "inputFeatures": 15}
    return {
        "budgets": (_drawn(_equal("3/4"), *features[:512]), _drawn(_equal("3/4"), *features)),
        "splits": (_drawn(_equal("3/4"), {"total": 179}), _drawn(_equal("3/4"), {"total": 180})),
        "changed": (
            _drawn(_equal("3/4"), {"trainLabels": 96, "inputFeatures": 4000}),
            _drawn(_equal("3/4"), {"trainLabels": 97, "inputFeatures": 4000}),
        ),
        # 64 ** 3 = 2 ** 18
        "types": (_drawn(_FLIP, most), _drawn(_FLIP, {**most, "trainLabels": 64})),
        # 31 * 31 * 272 and 31 * 31 * 273
        "types of three symbols": (
            _drawn(_FLIP, symbols, **three),
            _drawn(_FLIP, {**symbols, "trainLabels": 272}, **three),
        ),
        # 64 draws of 64 features
        "changed in copies": (
            _drawn(_BAG_FLIP, {"partialExamples": 9, "featuresPerExample": 64}),
            _drawn(_BAG_FLIP, {"partialExamples": 9, "featuresPerExample": 65}),
        ),
        # 1601 * 9 * 18 and 1601 * 9 * 19
        "types in copies": (
            _drawn(few, {**copies, "inputFeatures": 17}, dataset_size=9),
            _drawn(few, {**copies, "inputFeatures": 18}, dataset_size=9),
        ),
        # (2 R + 1) * R * 18
        "bits": (
            _drawn(fine, {"inputFeatures": 3861}, **three),
            _drawn(fine, {"inputFeatures": 3862}, **three),
        ),
        # a total of T is spent in T + 1 ways: 989 and 1034
        "ways": (
            _drawn(two_noises, *totals[:43], **runner_up),
            _drawn(two_noises, *totals, **runner_up),
        ),
    }


_SECONDS: Final = ("budgets", "types", "types in copies", "types of three symbols", "bits", "ways")


@pytest.mark.parametrize(
    "cap", [pytest.param(cap, marks=[pytest.mark.slow] * (cap in _SECONDS)) for cap in _dear()]
)
def test_both_stop_at_the_same_cost(cap: str) -> None:
    within, beyond = _dear()[cap]
    assert _table(within) is not None
    assert _table(beyond) is None
    _assert_same_tables((within, beyond))


def test_both_add_up_copies_in_the_same_way() -> None:
    """Large bags, alphabets of 3 and 10 symbols, more examples changed than there are."""
    ten = {"alphabet": {"kind": "levels", "edges": list("123456789"), "unit": "channel"}}
    keeps = {"keepFeatures": "26/256", "keepLabels": "65000/65536"}
    sides = {**_COPIES, **keeps}
    some = [
        {"partialExamples": 10, "featuresPerExample": 1, "labelsPerExample": 1},
        {"partialExamples": 3, "featuresPerExample": 5, "trainExamples": 4, "inputFeatures": 2},
        {"partialExamples": 2000, "featuresPerExample": 3},
        {"partialExamples": 7, "labelsPerExample": 1, "inputFeatures": 3},
        {"partialExamples": 7, "labelsPerExample": 1, "trainExamples": 1000},
        {"trainExamples": 5},
    ]
    audits = [
        _drawn({**_BAG_FLIP, "training": training}, *some, dataset_size=1000, **alphabet)
        for training, alphabet in ((_COPIES, {}), ({**sides, "size": 12}, ten))
    ]
    assert _assert_same_tables(audits) == 24


def test_both_round_long_powers_in_the_same_way() -> None:
    sizes = (3, 60_000, 2**40 - 1, 2**40)
    hide = {"training": {"method": "none"}, "test": {"method": "hide", "show": "1/65536"}}
    tiny = {"training": {"method": "none"}, "test": {"method": "hide", "show": f"1/{2**64}"}}
    bags = [_drawn(_BAG, {"trainExamples": 1}, dataset_size=size) for size in sizes]
    hidden = []
    for smoothing, units in ((hide, 45_000), (hide, 45_426), (tiny, 2**40)):
        recipe = honest.resolved(
            "nested", smoothing=smoothing, budgets=({"inputFeatures": units},), members=1
        )
        hidden.append(_audit({**recipe, "draws": 50, "claim": {**recipe["claim"], "alpha": "1/9"}}))  # type: ignore[dict-item]
    none = {"method": "none"}
    rare = {"method": "poisson-bag", "rate": "1/65536"}
    few = {"method": "hide", "showFeatures": "1/65536", "showLabels": f"1/{2**63}"}
    apart = [
        _drawn({"training": rare, "test": none}, {"trainExamples": 45_000}),
        _drawn({"training": few, "test": none}, {"trainFeatures": 2**40, "trainLabels": 2**40}),
        _drawn({"training": few, "test": hide["test"]}, {"trainLabels": 7, "inputFeatures": 400}),
    ]
    assert _assert_same_tables([*bags, *hidden, *apart]) == 20


def test_a_tail_that_is_exactly_its_level_proves_the_label_in_both() -> None:
    recipe = honest.resolved("flip", scope="per-input", alpha="1/1024", budgets=({},))
    ties = [_audit({**recipe, "members": members}) for members in (19, 20, 21, 1000)]
    _assert_same_tables(ties)
    # 2^-20 = alpha / 1024, so all of 20 votes are just enough and 19 votes never are
    tables = [_table(audit) or [] for audit in ties]
    assert [table[0][1] for table in tables[:2]] == [None, 20]


def _masked(test: Json, shape: tuple[int, ...], unit: str = "pixel") -> Json:
    smoothing = {"training": {"method": "partition", "parts": 3, "by": "id"}, "test": test}
    recipe = honest.resolved("partition", smoothing=smoothing, budgets=({},), members=3)
    alphabet = {"kind": "binary", "threshold": "8", "unit": unit}
    return _audit({**recipe, "alphabet": alphabet}, shape=shape)


def test_both_allow_the_same_views_and_masks() -> None:
    sides = range(1, 7)
    windows = [
        _masked({"method": "two-mask", "window": w, "step": s, "patch": p}, (1, height, 5))
        for w, s, p in product(sides, sides, sides)
        for height in (4, 6)
    ]
    groups = [
        _masked({"method": "two-mask", "groups": g, "pixels": p}, (2, 4, 4), unit)
        for g, p in product((2, 3, 4, 5, 8, 16, 17, 32, 33), (0, 1, 2, 3, 4))
        for unit in ("pixel", "channel")
    ]
    views = [
        _masked({"method": "views", "groups": g, "partitions": p}, (2, 4, 4), unit)
        for g, p in product((1, 2, 16, 17, 32, 33), (0, 1, 2**13, 2**13 + 1))
        for unit in ("pixel", "channel")
    ]
    tests: list[Json] = [
        *({"method": "two-mask", "groups": g, "pixels": 1} for g in (723, 724, 1024, 1025)),
        *({"method": "two-mask", "groups": g, "pixels": 2} for g in (45, 46, 51, 52)),
        *({"method": "views", "groups": 2**18 + n, "partitions": 1} for n in (0, 1)),
    ]
    wide = [_masked(test, (2**24,)) for test in tests]
    joint = [
        _masked(
            {
                "method": "two-mask",
                "groups": g,
                "pixels": p,
                "window": w,
                "step": s,
                "patch": w - s + 1,
            },
            (2, 5, 6),
        )
        for g, p, w, s in product((2, 3, 9, 17, 20, 31), (1, 2), (2, 3, 6), (1, 2))
    ]
    regions = [
        _masked(
            {"method": "ablation", "region": region, "size": size, "step": step, "wrap": wrap},
            shape,
        )
        for region, size, step, wrap in product(
            ("block", "columns", "rows"), (0, 1, 5, 6, 33), (0, 1, 5, 6), (True, False)
        )
        for shape in ((1, 5, 6), (1, 32, 33), (30,))
    ]
    for audits in (windows, groups, views, wide, joint, regions):
        refused = [_table(audit) is None for audit in audits]
        assert {True, False} == set(refused)
        _assert_same_tables(audits)
