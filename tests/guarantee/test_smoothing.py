"""Every product of sides gives its rule or says why it proves nothing; nothing else escapes."""

from __future__ import annotations

import contextlib
import copy
import random
from typing import Any

import pytest

from auditor.errors import RecipeError, UsageError
from auditor.guarantee import sides
from auditor.guarantee.smoothing import rule_for, threat_for
from auditor.guarantee.test.two_mask import GroupMasks, WindowMasks
from auditor.guarantee.test.units import Layout
from tests.guarantee.audits import NONE, Json, audit, neighbours, partition

TRAINING: dict[str, Json] = {
    "none": NONE,
    "flip": {"method": "flip", "keepFeatures": "205/256", "keepLabels": "205/256"},
    "bag": {"method": "bag", "size": 10},
    "gaussian": {"method": "gaussian", "sigma": "3", "keepLabels": "1"},
    "uniform": {"method": "uniform", "width": "5/2", "keepLabels": "3/4"},
    "partition": partition(5),
    "neighbours": neighbours(5),
}
TEST: dict[str, Json] = {
    "none": NONE,
    "flip": {"method": "flip", "keep": "205/256"},
    "hide": {"method": "hide", "show": "16/256"},
    "gaussian": {"method": "gaussian", "sigma": "1/3"},
    "uniform": {"method": "uniform", "width": "4"},
    "views": {"method": "views", "groups": 4, "partitions": 2},
    "two-mask": {"method": "two-mask", "groups": 5, "pixels": 1},
    "windows": {"method": "two-mask", "window": 4, "step": 2, "patch": 3},
    "joint": {
        "method": "two-mask",
        "groups": 5,
        "pixels": 1,
        "window": 4,
        "step": 2,
        "patch": 3,
    },
    "ablation": {"method": "ablation", "region": "columns", "size": 2, "step": 1, "wrap": True},
}
DRAWN = ("flip", "bag", "gaussian", "uniform")
NOISY = ("flip", "hide", "gaussian", "uniform")
GRID: Json = {"kind": "grid", "step": "1/2", "low": "0", "high": "8", "unit": "pixel"}
FIXED_VIEWS = ("views", "two-mask", "windows", "joint", "ablation")
AXES = {
    ("none", "flip"): ("inputFeatures",),
    ("none", "windows"): ("inputPatch",),
    ("flip", "none"): ("trainFeatures", "trainLabels"),
    ("flip", "flip"): ("trainFeatures", "trainLabels", "inputFeatures", "total"),
    ("flip", "hide"): ("trainFeatures", "trainLabels", "inputFeatures"),
    ("bag", "flip"): ("trainExamples", "inputFeatures"),
    ("bag", "gaussian"): ("trainExamples", "inputSquares"),
    ("none", "gaussian"): ("inputSquares",),
    ("flip", "gaussian"): ("trainFeatures", "trainLabels", "inputSquares"),
    ("gaussian", "none"): ("trainSquares",),
    ("gaussian", "gaussian"): ("trainSquares", "inputSquares"),
    ("gaussian", "flip"): ("trainSquares", "inputFeatures"),
    ("uniform", "none"): ("trainSteps", "trainLabels"),
    ("uniform", "uniform"): ("trainSteps", "trainLabels", "inputSteps"),
    ("partition", "gaussian"): ("trainExamples", "inputSquares"),
    ("partition", "none"): ("trainExamples",),
    ("partition", "views"): ("trainExamples", "inputFeatures"),
    ("partition", "windows"): ("trainExamples", "inputPatch"),
    ("neighbours", "none"): ("trainExamples",),
    ("neighbours", "two-mask"): ("trainExamples", "inputFeatures"),
    ("neighbours", "flip"): ("trainExamples", "inputFeatures"),
    ("partition", "joint"): ("trainExamples", "inputFeatures", "inputPatch"),
    ("none", "ablation"): ("inputFeatures", "inputPatch"),
}


def product_of(training: str, test: str, **more: Any) -> Json:
    drawn = training in DRAWN
    noisy = test in NOISY
    description = audit(
        TRAINING[training],
        TEST[test],
        [{}],
        members=10 if drawn else 5 if training == "partition" else 1,
        draws=0 if drawn or not noisy else 20,
        alpha="1/10" if drawn or noisy else "0",
        shape=(1, 8, 8),
        **more,
    )
    if {training, test} & {"gaussian", "uniform"}:
        recipe: Any = description["recipe"]
        recipe["alphabet"] = dict(GRID)
    return description


@pytest.mark.parametrize("test", TEST)
@pytest.mark.parametrize("training", TRAINING)
def test_every_product(training: str, test: str) -> None:
    description = product_of(training, test)
    if training in DRAWN and test in FIXED_VIEWS:
        with pytest.raises(RecipeError, match="a drawn member would vote twice"):
            rule_for(description)
        return
    if (training, test) == ("none", "none"):
        with pytest.raises(RecipeError, match="nothing can be certified"):
            rule_for(description)
        return
    rule = rule_for(description)
    assert rule.drawn == (training in DRAWN)
    assert rule.randomised == (training in DRAWN or test in NOISY)
    assert rule.voters == (5 if training == "neighbours" else rule.members)
    expected = AXES.get((training, test))
    assert expected is None or rule.axes == expected


def test_the_threat_must_be_the_one_the_smoothing_covers() -> None:
    description = product_of("partition", "none")
    recipe = description["recipe"]
    assert isinstance(recipe, dict)
    description["threat"] = threat_for(recipe).to_json()
    rule_for(description)
    description["threat"] = {"unit": "example", "moves": {"insert": 1, "modify": 1, "relabel": 1}}
    with pytest.raises(RecipeError, match="threat"):
        rule_for(description)


def changed(training: str, test: str, *path: str, value: object) -> Json:
    description = product_of(training, test)
    place: Any = description
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return description


SIDES = ("recipe", "smoothing")
CLAIM = ("recipe", "claim")
REFUSALS: dict[str, tuple[Json, str]] = {
    "an axis that is not covered": (
        changed("partition", "none", *CLAIM, "budgets", value=[{"inputFeatures": 4}]),
        r"inputFeatures is not covered by this smoothing; allowed: trainExamples",
    ),
    "a total without flips everywhere": (
        changed("bag", "flip", *CLAIM, "budgets", value=[{"total": 4}]),
        "total is not covered",
    ),
    "a total with something else": (
        changed("flip", "flip", *CLAIM, "budgets", value=[{"total": 4, "trainLabels": 1}]),
        "total stands alone",
    ),
    "no budgets": (changed("flip", "flip", *CLAIM, "budgets", value=[]), "budgets"),
    "a budget twice": (
        changed("flip", "flip", *CLAIM, "budgets", value=[{"total": 1}, {"total": 1}]),
        "declared twice",
    ),
    "alpha where nothing is random": (
        changed("partition", "none", *CLAIM, "alpha", value="1/1000"),
        "nothing is random",
    ),
    "no alpha where something is": (
        changed("bag", "none", *CLAIM, "alpha", value="0"),
        "alpha",
    ),
    "alpha as a float": (changed("bag", "none", *CLAIM, "alpha", value=0.001), "alpha"),
    "alpha too large": (changed("bag", "none", *CLAIM, "alpha", value="1/2"), "alpha"),
    "an unknown scope": (changed("bag", "none", *CLAIM, "scope", value="all"), "scope"),
    "runner-up of fixed members": (
        changed("partition", "flip", *CLAIM, "bound", value="runner-up"),
        "bound",
    ),
    "runner-up without selection": (
        changed("bag", "flip", *CLAIM, "bound", value="runner-up"),
        "selectionDraws",
    ),
    "selection without runner-up": (
        changed("bag", "flip", *CLAIM, "selectionDraws", value=5),
        "selectionDraws",
    ),
    "neighbours of another learner": (
        changed("neighbours", "none", "recipe", "learner", value={"name": "ridge"}),
        r"learner\.name: expected one of 'nearest-neighbours', got 'ridge'",
    ),
    "neighbours unlike the learner's": (
        changed("neighbours", "none", "recipe", "learner", "neighbours", value=6),
        r"learner\.neighbours: expected a whole number from 5 to 5, got 6",
    ),
    "neighbours of copies": (
        changed("neighbours", "none", "recipe", "training", value={"copies": [{}, {}]}),
        r"training\.copies: expected \[{}\]",
    ),
    "neighbours of some examples": (
        changed("neighbours", "none", "recipe", "training", value={"capacity": 9}),
        r"training\.capacity: expected nothing",
    ),
    "neighbours with rows that are no table": (
        changed("neighbours", "none", "recipe", "training", value=3),
        r"recipe\.training: expected a table, got 3",
    ),
    "neighbours in groups": (
        changed("neighbours", "none", "recipe", "unit", value="group"),
        "every example is a voter",
    ),
    "several members with neighbours": (
        changed("neighbours", "none", "members", value=5),
        "members",
    ),
    "no noise on the input": (
        changed("none", "flip", *SIDES, "test", "keep", value="1"),
        "less than 1",
    ),
    "hiding everything": (changed("none", "hide", *SIDES, "test", "show", value="0"), "show"),
    "no noise on training": (
        changed(
            "flip",
            "none",
            *SIDES,
            "training",
            value={"method": "flip", "keepFeatures": "1", "keepLabels": "1"},
        ),
        "nothing is smoothed",
    ),
    "parts that are not the members": (changed("partition", "none", "members", value=4), "members"),
    "members other than the recipe's": (changed("bag", "none", "members", value=11), "members"),
    "draws of drawn members": (
        changed("bag", "flip", "draws", value=10),
        "draws",
    ),
    "one class": (changed("bag", "none", "dataset", "classes", value=["1"]), "classes"),
    "too many classes": (
        changed("bag", "none", "dataset", "classes", value=list(map(str, range(256)))),
        "classes",
    ),
    "an unknown method": (
        changed("bag", "none", *SIDES, "test", value={"method": "guess"}),
        "'views', 'two-mask'",
    ),
    "an unknown key": (
        changed("bag", "none", *SIDES, "training", "size2", value=1),
        "unknown key 'size2'",
    ),
    "a group without groups": (
        changed("partition", "none", *SIDES, "training", "by", value="group"),
        "unit",
    ),
    "more groups than pixels": (
        changed("partition", "views", *SIDES, "test", "groups", value=65),
        "at most 64",
    ),
    "windows that leave a gap": (
        changed("partition", "windows", *SIDES, "test", "step", value=3),
        "no window covers a patch of 3",
    ),
    "windows on tables": (
        changed("partition", "windows", "dataset", "shape", value=[64]),
        "windows need images",
    ),
    "a larger patch than covered": (
        changed("partition", "windows", *CLAIM, "budgets", value=[{"inputPatch": 4}]),
        "exceeds what the masks cover",
    ),
    "more pixels than covered": (
        changed("partition", "two-mask", *CLAIM, "budgets", value=[{"inputFeatures": 2}]),
        "exceeds what the masks cover",
    ),
    "a shape of two sizes": (changed("bag", "none", "dataset", "shape", value=[8, 8]), "shape"),
    "a bound too long to compute": (
        changed(
            "flip",
            "flip",
            *CLAIM,
            "budgets",
            value=[{"trainFeatures": 1 << 30, "inputFeatures": 1 << 30}],
        ),
        "changed",
    ),
    "too many splits": (
        changed("flip", "flip", *CLAIM, "budgets", value=[{"total": 1 << 20}]),
        "splits",
    ),
}


@pytest.mark.parametrize(("description", "message"), REFUSALS.values(), ids=REFUSALS.keys())
def test_refusals_say_why(description: Json, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        rule_for(description)


@pytest.mark.parametrize("keep", ["1/2", "1/3", "0"])
def test_noise_without_information_is_refused(keep: str) -> None:
    description = changed("none", "flip", *SIDES, "test", "keep", value=keep)
    description["recipe"]["claim"]["budgets"] = [{"inputFeatures": 1}]  # type: ignore[index]
    with pytest.raises(RecipeError, match=r"keep: expected 1/2 < keep < 1"):
        rule_for(description)


def test_masses_too_long_to_write_down_are_refused() -> None:
    """Few types, but each as long as a signed keep probability and alphabet make it."""
    description = changed("none", "flip", *SIDES, "test", "keep", value=f"{2**64 - 1}/{2**64}")
    recipe: Any = description["recipe"]
    recipe["alphabet"] |= {"kind": "grid", "low": "0", "high": "9" * 100, "step": "1"}
    recipe["claim"]["budgets"] = [{"inputFeatures": 4096}]
    with pytest.raises(RecipeError, match="bits"):
        rule_for(description)


def test_windows_on_a_long_strip_are_counted_before_they_are_laid_out() -> None:
    description = changed("partition", "windows", "dataset", "shape", value=[1, 1, 1 << 24])
    test: Any = description["recipe"]["smoothing"]["test"]  # type: ignore[index]
    test |= {"window": 1, "step": 1, "patch": 1}
    with pytest.raises(RecipeError, match="16777216 masks exceed the limit of 1024"):
        rule_for(description)


@pytest.mark.parametrize(("groups", "pixels"), [(45, 2), (19, 3), (12, 5)])
def test_pairs_of_masks_that_take_minutes_are_refused(groups: int, pixels: int) -> None:
    """An input may make the rule look at the union of every mask with every mask."""
    sizes: Json = {"method": "two-mask", "groups": groups, "pixels": pixels}
    GroupMasks.from_dict(sizes, "here")
    with pytest.raises(RecipeError, match="masks exceed the limit of 1024"):
        GroupMasks.from_dict({**sizes, "groups": groups + 1}, "here")


def _runner_up(totals: int) -> Json:
    description = changed("flip", "flip", *SIDES, "test", "keep", value="5/8")
    recipe: Any = description["recipe"]
    recipe["smoothing"]["training"] |= {"keepFeatures": "3/4", "keepLabels": "7/8"}
    recipe["claim"] |= {"bound": "runner-up", "selectionDraws": 1}
    recipe["claim"]["budgets"] = [{"total": total} for total in range(1, totals + 1)]
    return description


def test_what_every_input_asks_about_is_capped() -> None:
    """Under ``runner-up`` nothing but the votes themselves says whether a budget holds."""
    assert rule_for(_runner_up(15)).budgets[-1].get("total") == 15  # 815 splits
    with pytest.raises(RecipeError, match="1139 ways of spending, more than 1024"):
        rule_for(_runner_up(17))


def test_masks_that_hide_everything_are_refused() -> None:
    with pytest.raises(RecipeError, match="hide everything"):
        GroupMasks.from_dict({"method": "two-mask", "groups": 4, "pixels": 2}, "here")


@pytest.mark.parametrize(("keep_labels", "axes"), [("1", ("trainFeatures", "inputFeatures"))])
def test_labels_without_noise_are_not_covered(keep_labels: str, axes: tuple[str, ...]) -> None:
    side: Json = {"method": "flip", "keepFeatures": "3/5", "keepLabels": keep_labels}
    assert rule_for(changed("flip", "flip", *SIDES, "training", value=side)).axes == axes


@pytest.mark.parametrize(
    ("alphabet", "symbols"),
    [
        ({"kind": "binary", "threshold": "8"}, 2),
        ({"kind": "levels", "edges": ["32", "64", "96"]}, 4),
        ({"kind": "grid", "step": "1/256", "low": "-1", "high": "1"}, 513),
        ({"kind": "grid", "step": "0.5", "low": "0", "high": "2"}, 5),
    ],
)
def test_symbols(alphabet: Json, symbols: int) -> None:
    assert sides.symbols(alphabet) == symbols


@pytest.mark.parametrize(
    "alphabet",
    [
        {"kind": "ternary"},
        {"kind": "levels", "edges": []},
        {"kind": "levels"},
        {"kind": "grid", "step": "0", "low": "0", "high": "1"},
        {"kind": "grid", "step": "2/3", "low": "0", "high": "1"},
        {"kind": "grid", "step": "1/4", "low": "1", "high": "1"},
        {"kind": "grid", "step": 0.25, "low": "0", "high": "1"},
    ],
)
def test_alphabets_that_are_none(alphabet: Json) -> None:
    with pytest.raises(RecipeError, match="alphabet"):
        sides.symbols(alphabet)


def test_windows_of_another_shape_are_refused() -> None:
    layout = Layout(shape=(1, 8, 8), unit="pixel")
    masks = WindowMasks.from_dict(TEST["windows"], "here", layout)
    with pytest.raises(RecipeError, match="shape"):
        masks.check(Layout(shape=(1, 9, 9), unit="pixel"), "here")


JUNK: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    1 << 80,
    1.5,
    "",
    "x",
    "1/0",
    "1/2",
    b"1",
    [],
    [[]],
    {},
    {"method": 1},
    [{"total": None}],
    [1, 1, 1],
)


def paths(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    here = [path] if path else []
    if isinstance(value, dict):
        return here + [p for key, inner in value.items() for p in paths(inner, (*path, key))]
    if isinstance(value, list):
        return here + [p for key, inner in enumerate(value) for p in paths(inner, (*path, key))]
    return here


@pytest.mark.parametrize("training", TRAINING)
@pytest.mark.parametrize("test", TEST)
def test_malformed_audits_raise_nothing_but_usage_errors(training: str, test: str) -> None:
    source = random.Random(1)
    honest = product_of(training, test)
    for path in paths(honest):
        for junk in source.sample(JUNK, 6):
            description = copy.deepcopy(honest)
            place: Any = description
            for key in path[:-1]:
                place = place[key]
            if junk is None:
                del place[path[-1]]
            else:
                place[path[-1]] = junk
            with contextlib.suppress(UsageError):
                rule_for(description)
