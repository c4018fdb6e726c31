"""Bags of any size, Poisson bags, flips inside bags, and training data that are hidden."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.honest import Honest
from tests.vectors.form import add, folder
from tests.vectors.themes import claims, votes
from tests.vectors.themes.honest_files import (
    BAG_FLIP,
    any_size,
    bag_flip,
    bag_flip_runner_up,
    hidden_training,
    poisson_bag,
)
from tests.vectors.themes.recipes import budgets, refused
from tests.vectors.themes.thresholds import k_star, lies

_ANY_MOVE: Final = {"insert": 1, "delete": 1, "modify": 1, "relabel": 1}
_ALL: Final = {"audit": {"threat": {"unit": "example", "moves": _ANY_MOVE}}}
_NO_SIZE: Final = {"method": "poisson-bag", "rate": "16/256"}
_PART: Final = {"partialExamples": 1, "featuresPerExample": 1}
_HIDE: Final = {"method": "hide", "showFeatures": "16/256", "showLabels": "64/256"}
refused(
    "bag",
    {
        "moves-in-another-word": (
            "fixed-size or any-size, nothing else.",
            {"training": {"moves": "all"}},
        ),
        "moves-null": ("Left out or a word.", {"training": {"moves": None}}),
        "insertions-that-the-recipe-does-not-cover": (
            "A threat with insertions over bags of a fixed size.",
            _ALL,
        ),
        "insertions-that-the-threat-leaves-out": (
            "Bags of any size, and a threat of rewriting alone.",
            {"training": {"moves": "any-size"}},
        ),
        "rate-of-zero": ("Bags of nothing.", {"training": {**_NO_SIZE, "rate": "0"}, **_ALL}),
        "rate-of-one": ("Bags of everything.", {"training": {**_NO_SIZE, "rate": "1"}, **_ALL}),
        "rate-as-a-number": ("A share is text.", {"training": {**_NO_SIZE, "rate": 1}, **_ALL}),
        "rate-and-size": ("Bags of two kinds.", {"training": {**_NO_SIZE, "size": 3}, **_ALL}),
        "poisson-bag-without-deletions": (
            "The threat names every move, and these bags cover all.",
            {"training": _NO_SIZE},
        ),
        "bag-flip-that-keeps-everything": (
            "Flips that keep every feature and every label.",
            {"training": {**BAG_FLIP, "keepFeatures": "1", "keepLabels": "1"}},
        ),
        "bag-flip-without-a-share": (
            "No share of labels: defaults are for the author.",
            {"training": {k: v for k, v in BAG_FLIP.items() if k != "keepLabels"}},
        ),
        "bag-flip-of-any-size": (
            "Moves are a parameter of plain bags.",
            {"training": {**BAG_FLIP, "moves": "any-size"}, **_ALL},
        ),
        "bag-flip-with-insertions": (
            "Flips inside bags cover rewriting alone.",
            {"training": BAG_FLIP, **_ALL},
        ),
        "bag-flip-below-one-in-k": (
            "A share at which a copy shows each of two symbols equally often.",
            {"training": {**BAG_FLIP, "keepFeatures": "1/2"}, **budgets(_PART)},
        ),
        "parts-under-plain-bags": ("Bags without flips price no features.", budgets(_PART)),
        "features-of-each-without-noise": (
            "Features that are never flipped.",
            {"training": {**BAG_FLIP, "keepFeatures": "1"}, **budgets(_PART)},
        ),
        "labels-of-each-without-noise": (
            "Labels that are never flipped.",
            {
                "training": {**BAG_FLIP, "keepLabels": "1"},
                **budgets({"partialExamples": 1, "labelsPerExample": 1}),
            },
        ),
        "examples-in-part-by-nothing": (
            "So many examples, and no word of what may be changed of each.",
            {"training": BAG_FLIP, **budgets({"partialExamples": 2})},
        ),
        "features-of-no-example": (
            "So many features of each, and no word of how many examples.",
            {"training": BAG_FLIP, **budgets({"featuresPerExample": 2})},
        ),
        "examples-in-part-by-zero": (
            "An amount of zero says the same as none.",
            {
                "training": BAG_FLIP,
                **budgets({"partialExamples": 2, "featuresPerExample": 0, "labelsPerExample": 0}),
            },
        ),
        "two-labels-of-each": (
            "An example has one label.",
            {"training": BAG_FLIP, **budgets({"partialExamples": 2, "labelsPerExample": 2})},
        ),
        "total-under-bag-flip": (
            "A total does not say how many examples.",
            {"training": BAG_FLIP, **budgets({"total": 1})},
        ),
        "training-that-hides-nothing": (
            "Features and labels are always shown.",
            {"training": {**_HIDE, "showFeatures": "1", "showLabels": "1"}, **budgets({})},
        ),
        "training-that-shows-no-label": (
            "Members that never see an example.",
            {"training": {**_HIDE, "showLabels": "0"}, **budgets({})},
        ),
        "training-that-shows-no-feature": (
            "Members that never see a feature.",
            {"training": {**_HIDE, "showFeatures": "0"}, **budgets({})},
        ),
        "training-that-hides-no-label": (
            "Labels are always shown, and some are claimed.",
            {"training": {**_HIDE, "showLabels": "1"}, **budgets({"trainLabels": 1})},
        ),
        "total-under-hiding": (
            "A total is for flips on all sides.",
            {
                "training": _HIDE,
                "test": {"method": "flip", "keep": "205/256"},
                **budgets({"total": 1}),
            },
        ),
        "examples-under-hiding": (
            "Hiding counts features and labels.",
            {"training": _HIDE, **budgets({"trainExamples": 1})},
        ),
        "copies-beyond-the-cap": (
            "3 draws of 1,366 features: more than 4,096 changed coordinates.",
            {"training": BAG_FLIP, **budgets({**_PART, "featuresPerExample": 1366})},
        ),
        "types-of-copies-beyond-the-cap": (
            "4,001 x 201 types.",
            {
                "training": {**BAG_FLIP, "size": 100},
                **budgets({**_PART, "featuresPerExample": 20, "labelsPerExample": 1}),
            },
        ),
    },
)

_KINDS: Final[dict[str, tuple[Callable[[], Honest], tuple[str, ...]]]] = {
    "bag-of-any-size": (any_size, ("trainExamples",)),
    "poisson-bag": (poisson_bag, ("trainExamples", "inputFeatures")),
    "bag-flip": (
        bag_flip,
        (
            *("trainExamples", "partialExamples", "featuresPerExample", "labelsPerExample"),
            "inputFeatures",
        ),
    ),
    "bag-flip-runner-up": (bag_flip_runner_up, ("partialExamples", "featuresPerExample")),
    "hidden-training": (hidden_training, ("trainFeatures", "trainLabels", "inputFeatures")),
}
for _kind, (_release, _names) in _KINDS.items():
    claims.list_one_more(_kind, _release, _names)
    add(
        f"honest-release-{_kind}",
        f"A folder of drawn members: {_kind}.",
        lambda release=_release: folder("success", release()),  # type: ignore[misc]
    )
    lies(
        "claim",
        _release(),
        {
            f"lower-threshold-{_kind}": (
                f"A least winning count that is one too low: {_kind}.",
                k_star(-1, 0 if "runner-up" in _kind else 1),
            )
        },
    )
votes.list_edges(
    {
        "bag-of-any-size": (any_size(), votes.drawn, {"trainExamples": 1, "inputFeatures": 1}),
        "hidden-training": (hidden_training(), votes.drawn, {"trainFeatures": 4, "trainLabels": 1}),
        "poisson-bag": (poisson_bag(), votes.drawn, {"trainExamples": 1, "inputFeatures": 1}),
        "bag-flip": (
            bag_flip(),
            votes.drawn,
            {"partialExamples": 1, "featuresPerExample": 2, "labelsPerExample": 1},
        ),
        "bag-flip-runner-up": (
            bag_flip_runner_up(),
            votes.chosen_and_counted,
            {"partialExamples": 2, "featuresPerExample": 1},
        ),
    }
)
