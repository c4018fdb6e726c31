"""Recipes that prove nothing: sides, noise, alpha and budgets that step 5 refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tests.honest import Honest
from tests.vectors.forging import Edit, base, forged
from tests.vectors.form import add, single
from tests.vectors.themes.honest_files import LEARNER, NONE, neighbours, runner_up

GROUP_MASKS: Final = {"method": "two-mask", "groups": 5, "pixels": 1}
VIEWS: Final = {"method": "views", "groups": 4, "partitions": 3}
WINDOWS: Final = {"method": "two-mask", "window": 3, "step": 1, "patch": 2}
ABLATION: Final = {"method": "ablation", "region": "block", "size": 1, "step": 1, "wrap": True}
FLIP: Final = {"method": "flip", "keepFeatures": "205/256", "keepLabels": "205/256"}
_NO_MOVES: Final = {"unit": "example", "moves": {}}
Parts = Mapping[str, Any]


def refused(kind: str, cases: Mapping[str, tuple[str, Parts]]) -> None:
    """List releases of a kind whose signed recipe has these parts: refused in step 5.

    Parts: ``training``, ``test`` (keys of a side; a whole side if it has a method), ``claim``,
    ``audit``, ``rows`` (what the recipe calls training), and parts of the recipe.
    """
    for name, (comment, parts) in cases.items():
        add(
            name,
            comment,
            lambda parts=parts: single("statement", forged(_of(kind), audit=_edit(parts))),  # type: ignore[misc]
        )


def _of(kind: str) -> Honest:
    if kind == "neighbours":
        return neighbours()
    return runner_up() if kind == "runner-up" else base(kind)


def _edit(parts: Parts) -> Edit:
    def edit(audit: dict[str, Any]) -> None:
        recipe = audit["recipe"]
        for name, value in parts.items():
            if name in ("training", "test"):
                side = recipe["smoothing"][name]
                recipe["smoothing"][name] = dict(value) if "method" in value else {**side, **value}
            elif name == "rows":
                recipe["training"] = value
            elif name == "claim":
                recipe["claim"] |= value
            elif name == "dataset":
                audit["dataset"] |= value
            elif name == "audit":
                audit |= value
                recipe |= {k: v for k, v in value.items() if k in ("members", "draws")}
            else:
                recipe[name] = value

    return edit


def budgets(*listed: object) -> Parts:
    return {"claim": {"budgets": list(listed)}}


refused(
    "partition",
    {
        "recipe-of-version-2": ("A recipe of another version.", {"version": 2}),
        "selection-in-another-word": (
            "How the recipe was chosen is said in one of three words.",
            {"selection": "by hand"},
        ),
        "neither-side-smoothed": (
            "No smoothing at all.",
            {"training": NONE, "audit": {"members": 1, "threat": _NO_MOVES}, **budgets({})},
        ),
        "training-method-unknown": ("A method that there is not.", {"training": {"method": "dp"}}),
        "test-method-unknown": ("A method that there is not.", {"test": {"method": "blur"}}),
        "unknown-field-in-smoothing": (
            "A parameter that a method does not have.",
            {"training": {"overlap": 2}},
        ),
        "no-parts": ("Partitions into no part.", {"training": {"parts": 0}}),
        "parts-as-text": ("A number in quotes.", {"training": {"parts": "7"}}),
        "parts-as-a-boolean": ("True is not 1.", {"training": {"parts": True}}),
        "parts-unlike-members": ("Eight parts and seven members.", {"training": {"parts": 8}}),
        "65536-parts": (
            "More members than 16 bits count.",
            {"training": {"parts": 65536}, "audit": {"members": 65536}},
        ),
        "parts-by-something-else": ("By what there is not.", {"training": {"by": "label"}}),
        "parts-by-group-without-groups": (
            "Parts by group, with examples for units.",
            {"training": {"by": "group"}},
        ),
        "groups-without-parts-by-group": (
            "Groups for units, which parts by index tear apart.",
            {"unit": "group"},
        ),
        "alpha-of-a-deterministic-vote": (
            "Nothing is drawn, so no failure can be paid for.",
            {"claim": {"alpha": "1/1000"}},
        ),
        "runner-up-of-fixed-members": (
            "A bound for drawn members only.",
            {"claim": {"bound": "runner-up"}},
        ),
        "scope-in-another-word": (
            "simultaneous or per-input, nothing else.",
            {"claim": {"scope": "family-wise"}},
        ),
        "no-budgets": ("A claim of no budget.", budgets()),
        "budget-twice": ("One budget twice.", budgets({"trainExamples": 1}, {"trainExamples": 1})),
        "budget-twice-by-a-zero": (
            "An amount of zero says the same as none.",
            budgets({}, {"trainExamples": 0}),
        ),
        "budget-on-an-unknown-axis": (
            "An axis that there is not.",
            budgets({}, {"trainPixels": 1}),
        ),
        "budget-on-an-uncovered-axis": (
            "An axis that this smoothing says nothing about.",
            budgets({}, {"inputFeatures": 1}),
        ),
        "budget-below-zero": ("An amount below zero.", budgets({}, {"trainExamples": -1})),
        "budget-as-a-boolean": ("True is not 1.", budgets({}, {"trainExamples": True})),
        "budget-as-text": ("A number in quotes.", budgets({}, {"trainExamples": "1"})),
        "budget-as-an-array": ("A budget that is an array.", budgets({}, [1])),
        "alphabet-unit-unknown": (
            "What one step of the input's budget changes: pixel or channel.",
            {"alphabet": {"kind": "binary", "threshold": "8", "unit": "patch"}},
        ),
        "alphabet-unknown": ("An alphabet that there is not.", {"alphabet": {"kind": "real"}}),
        "alphabet-of-no-edges": (
            "Levels without an edge between them.",
            {"alphabet": {"kind": "levels", "edges": []}},
        ),
        "alphabet-of-a-step-of-zero": (
            "A grid that does not advance.",
            {"alphabet": {"kind": "grid", "low": "0", "high": "1", "step": "0"}},
        ),
        "alphabet-of-an-uneven-step": (
            "A grid that misses its end.",
            {"alphabet": {"kind": "grid", "low": "0", "high": "1", "step": "2/3"}},
        ),
        "alphabet-of-a-float": (
            "A step that is no exact number.",
            {"alphabet": {"kind": "grid", "low": "0", "high": "1", "step": "1e-1"}},
        ),
    },
)
refused(
    "two-mask",
    {
        "masks-that-hide-everything": ("Two masks of two of four groups.", {"test": {"pixels": 3}}),
        "more-groups-than-pixels": ("17 groups of 16 pixels.", {"test": {"groups": 17}}),
        "more-pixels-than-masks-cover": (
            "A budget of two pixels, and masks that cover one.",
            budgets({}, {"inputFeatures": 2}),
        ),
        "windows-of-a-flat-input": (
            "Windows need an image.",
            {
                "test": WINDOWS,
                "claim": {"budgets": [{}]},
                "dataset": {"shape": [16]},
            },
        ),
        "windows-larger-than-the-image": (
            "A window of 5 on an image of 4.",
            {"test": {**WINDOWS, "window": 5}, "claim": {"budgets": [{}]}},
        ),
        "windows-that-miss-a-patch": (
            "Steps so long that some patch lies in no window.",
            {"test": {**WINDOWS, "window": 2, "step": 2}, "claim": {"budgets": [{}]}},
        ),
        "patch-larger-than-covered": (
            "A budget of a larger patch than the windows cover.",
            {"test": WINDOWS, "claim": {"budgets": [{}, {"inputPatch": 3}]}},
        ),
        "pixels-beyond-joint-masks": (
            "Masks of one pixel and a patch, and a budget of two pixels beside it.",
            {
                "test": {**GROUP_MASKS, **WINDOWS},
                "claim": {"budgets": [{}, {"inputFeatures": 2, "inputPatch": 2}]},
            },
        ),
        "patch-beyond-joint-masks": (
            "Masks of one pixel and a patch of 2, and a patch of 3.",
            {
                "test": {**GROUP_MASKS, **WINDOWS},
                "claim": {"budgets": [{}, {"inputFeatures": 1, "inputPatch": 3}]},
            },
        ),
        "ablation-of-a-flat-input": (
            "Regions need an image.",
            {"test": ABLATION, "claim": {"budgets": [{}]}, "dataset": {"shape": [16]}},
        ),
        "ablation-by-a-longer-block": (
            "A block of 5 on an image of 4.",
            {"test": {**ABLATION, "size": 5}, "claim": {"budgets": [{}]}},
        ),
        "ablation-that-wraps-by-one": (
            "1 is not true.",
            {"test": {**ABLATION, "wrap": 1}, "claim": {"budgets": [{}]}},
        ),
        "ablation-of-an-unknown-region": (
            "A region that is no block and no band.",
            {"test": {**ABLATION, "region": "disc"}, "claim": {"budgets": [{}]}},
        ),
        "patch-larger-than-the-image": (
            "There is no such square, so it would reach nothing.",
            {"test": ABLATION, "claim": {"budgets": [{}, {"inputPatch": 5}]}},
        ),
        "pixels-under-windows": (
            "Windows cover a patch, not pixels.",
            {"test": WINDOWS, "claim": {"budgets": [{}, {"inputFeatures": 1}]}},
        ),
    },
)
refused(
    "views",
    {
        "views-of-one-group": ("One group hides nothing.", {"test": {"groups": 1}}),
        "no-partitions": ("Views from no partition.", {"test": {"partitions": 0}}),
        "views-in-more-groups-than-pixels": ("17 groups of 16 pixels.", {"test": {"groups": 17}}),
    },
)
refused(
    "flip",
    {
        "drawn-member-with-views": (
            "A random member that would vote on two views of an input.",
            {"test": VIEWS, **budgets({})},
        ),
        "drawn-member-with-masks": (
            "And on two masks of it.",
            {"test": GROUP_MASKS, **budgets({})},
        ),
        "alpha-of-zero": ("Something is drawn, so alpha is above zero.", {"claim": {"alpha": "0"}}),
        "alpha-above-a-quarter": ("An alpha of one third.", {"claim": {"alpha": "1/3"}}),
        "alpha-of-zero-fifths": ("Zero has one spelling.", {"claim": {"alpha": "0/5"}}),
        "alpha-over-zero": ("A denominator of zero.", {"claim": {"alpha": "1/0"}}),
        "alpha-as-a-decimal": ("A decimal point.", {"claim": {"alpha": "0.001"}}),
        "alpha-with-an-exponent": ("An exponent.", {"claim": {"alpha": "1e-3"}}),
        "alpha-as-a-number": ("A number instead of text.", {"claim": {"alpha": 0}}),
        "alpha-below-zero": ("A minus sign.", {"claim": {"alpha": "-1/1000"}}),
        "alpha-with-a-space": ("A space in front.", {"claim": {"alpha": " 1/1000"}}),
        "alpha-with-a-line-feed": ("A line feed at the end.", {"claim": {"alpha": "1/1000\n"}}),
        "alpha-with-a-leading-zero": ("A leading zero.", {"claim": {"alpha": "01/1000"}}),
        "alpha-in-arabic-digits": (
            "Digits of another script.",
            {"claim": {"alpha": "\u0661/1000"}},
        ),
        "alpha-of-32-digits": ("More digits than 31.", {"claim": {"alpha": "1/1" + "0" * 31}}),
        "alpha-over-2-64": (
            "A denominator beyond 2^64.",
            {"claim": {"alpha": "1/18446744073709551617"}},
        ),
        "noise-that-erases": ("Keeping with 1/2 keeps nothing.", {"test": {"keep": "1/2"}}),
        "noise-that-prefers-the-wrong": (
            "Keeping with less than chance.",
            {"test": {"keep": "1/3"}},
        ),
        "no-noise-on-the-input": ("Keeping always is method none.", {"test": {"keep": "1"}}),
        "no-noise-in-training": (
            "Keeping features and labels always is method none.",
            {"training": {"keepFeatures": "1", "keepLabels": "1"}},
        ),
        "keep-above-one": ("A probability above one.", {"test": {"keep": "257/256"}}),
        "keep-as-a-decimal": ("A decimal point.", {"test": {"keep": "0.8"}}),
        "keep-as-a-number": ("A number instead of text.", {"test": {"keep": 1}}),
        "keep-with-a-space": ("A space at the end.", {"test": {"keep": "205/256 "}}),
        "keep-over-2-64": (
            "A denominator beyond 2^64.",
            {"test": {"keep": "18446744073709551616/18446744073709551617"}},
        ),
        "total-beside-others": (
            "A total counts every change already.",
            budgets({"total": 2, "trainLabels": 1}),
        ),
        "total-without-noise-everywhere": (
            "A total may be spent where there is no noise.",
            {"training": {"keepLabels": "1"}, **budgets({"total": 1})},
        ),
        "examples-under-flips": (
            "Flips count features and labels, not examples.",
            budgets({"trainExamples": 1}),
        ),
        "draws-of-drawn-members": ("A drawn member votes once.", {"audit": {"draws": 5}}),
        "selection-draws-under-top": (
            "All votes count under the bound top.",
            {"claim": {"selectionDraws": 10}},
        ),
        "bound-in-another-word": ("top or runner-up.", {"claim": {"bound": "hoeffding"}}),
        "no-training-examples": (
            "A data set of no examples.",
            {"dataset": {"size": 0}},
        ),
    },
)
refused(
    "runner-up",
    {
        "no-selection-draws": ("No vote to choose a label.", {"claim": {"selectionDraws": 0}}),
        "selection-draws-of-all-votes": (
            "No vote left to count.",
            {"claim": {"selectionDraws": 100}},
        ),
    },
)
refused(
    "bag",
    {
        "bag-of-nothing": ("A bag of no example.", {"training": {"size": 0}}),
        "bag-of-groups": ("Bags of groups, and nobody says how many.", {"unit": "group"}),
        "nothing-shown": ("Every pixel hidden always.", {"test": {"show": "0"}}),
        "everything-shown": ("No pixel ever hidden.", {"test": {"show": "1"}}),
        "total-under-bags": ("Bags count examples.", budgets({"total": 1})),
    },
)
refused(
    "nested",
    {
        "no-draws": ("No noisy copy of an input.", {"audit": {"draws": 0}}),
        "draws-unlike-the-recipes": ("Other draws than the recipe's.", {"draws": 100}),
        "unsmoothed-training-claims-examples": (
            "One member, trained on everything, covers no change of the data.",
            {"training": NONE, "audit": {"members": 1, "threat": _NO_MOVES}},
        ),
    },
)

refused(
    "neighbours",
    {
        "no-neighbours": (
            "Nobody votes.",
            {"training": {"count": 0}, "learner": {**LEARNER, "neighbours": 0}},
        ),
        "65536-neighbours": (
            "More voters than 16 bits count.",
            {"training": {"count": 65536}, "learner": {**LEARNER, "neighbours": 65536}},
        ),
        "neighbours-of-many-members": (
            "Seven members, each with voters.",
            {"audit": {"members": 7}},
        ),
        "neighbours-of-another-learner": (
            "A learner of whose votes one example may turn all.",
            {"learner": {"name": "naive-bayes"}},
        ),
        "neighbours-unlike-the-learners": (
            "A learner that asks fewer examples than there are votes.",
            {"learner": {**LEARNER, "neighbours": 14}},
        ),
        "neighbours-of-copies": (
            "Two copies of an example are two voters, which one change turns.",
            {"rows": {"copies": [{}, {"shear": "0.2"}]}},
        ),
        "neighbours-of-masked-rows": (
            "An example and two masked copies of it are three voters.",
            {"rows": {"masks": 2}},
        ),
        "neighbours-of-some-examples": (
            "An example that is inserted may drive out one that is left out no more.",
            {"rows": {"capacity": 50}},
        ),
        "neighbours-in-groups": ("Each row of a group is a voter.", {"unit": "group"}),
    },
)
