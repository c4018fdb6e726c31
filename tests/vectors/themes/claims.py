"""Claims larger than their votes: labels, statistics and frontiers that the key's holder signed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from auditor.format.leaf import Leaf
from auditor.guarantee.threat import Budget
from tests.honest import Honest
from tests.vectors.forging import BASE, base, forged
from tests.vectors.form import Vector, add, single
from tests.vectors.themes import grid_noise
from tests.vectors.themes.honest_files import ablation, joint, neighbours, runner_up, windows

Change = Callable[[Leaf], Leaf]
Counts = list[int]


def lies(expect: str, made: Honest, cases: Mapping[str, tuple[str, Change]]) -> None:
    """List one input's files whose leaf is changed so, in a tree that is signed."""
    for name, (comment, change) in cases.items():
        add(
            name,
            comment,
            lambda change=change: single(expect, forged(made, item=change)),  # type: ignore[misc]
        )


def with_statistics(**statistics: object) -> Change:
    return lambda item: replace(item, statistics={**item.statistics, **statistics})


lies(
    "claim",
    BASE,
    {
        "label-changed": ("The other class.", lambda item: replace(item, label=0)),
        "label-that-is-no-class": (
            "A class that there is not.",
            lambda item: replace(item, label=2),
        ),
        "abstention-for-a-label": (
            "An abstention where the vote is clear: less is not what was proved either.",
            lambda item: replace(item, label=None, frontier=(), statistics={"margins": []}),
        ),
        "row-digest-of-nothing": (
            "A leaf that names another row.",
            lambda item: replace(item, row="0" * 64),
        ),
        # --- statistics
        "margin-raised": (
            "Statistics that the row does not give.",
            with_statistics(margins=[[0, 7], [1, 7]]),
        ),
        "margin-raised-by-one": ("One more.", lambda item: _margins(item, 1)),
        "margin-lowered": ("One less than the votes give.", lambda item: _margins(item, -1)),
        "margin-of-another-amount": (
            "A margin at an amount that was not declared.",
            lambda item: replace(item, statistics={"margins": [*_pairs(item), [2, 0]]}),
        ),
        "margins-left-out": ("No margins.", lambda item: replace(item, statistics={})),
        "margins-as-an-object": (
            "Margins as an object.",
            lambda item: replace(item, statistics={"margins": {"0": 6, "1": 6}}),
        ),
        "margin-as-a-boolean": (
            "True is not 1.",
            lambda item: replace(
                item, statistics={"margins": [[t if t != 1 else True, m] for t, m in _pairs(item)]}
            ),
        ),
        "unknown-statistic": ("One statistic more.", with_statistics(confidence=1)),
        # --- frontiers
        "frontier-enlarged": (
            "A budget more than the votes give.",
            lambda item: replace(item, frontier=({"trainExamples": 4, "inputFeatures": 1},)),
        ),
        "frontier-on-another-axis": (
            "A budget on an axis that the rule does not cover.",
            lambda item: replace(item, frontier=({"trainLabels": 1},)),
        ),
        "frontier-left-out": (
            "Less than the votes give: a frontier is all of what is proved.",
            lambda item: replace(item, frontier=()),
        ),
        "frontier-with-a-smaller-budget-too": (
            "A budget below another: a frontier is maximal.",
            lambda item: replace(item, frontier=({}, *item.frontier)),
        ),
        "frontier-twice": (
            "One budget twice.",
            lambda item: replace(item, frontier=item.frontier * 2),
        ),
    },
)
lies(
    "statement",
    BASE,
    {
        "frontier-with-a-zero": (
            "An amount of zero is left out.",
            lambda item: replace(item, frontier=({**item.frontier[0], "inputPatch": 0},)),
        ),
        "label-below-zero": ("A label below zero.", lambda item: replace(item, label=-1)),
        "label-as-a-boolean": ("True is not 1.", lambda item: replace(item, label=True)),
        "label-of-255": (
            "255 is an abstention, not a class.",
            lambda item: replace(item, label=255),
        ),
        "true-label-that-is-no-class": (
            "A true label that names no class.",
            lambda item: replace(item, true_label=2),
        ),
    },
)


def _pairs(item: Leaf) -> list[list[int]]:
    return json.loads(json.dumps(item.statistics["margins"]))  # type: ignore[no-any-return]


def _margins(item: Leaf, more: int) -> Leaf:
    pairs = [[t, margin + more] for t, margin in _pairs(item)]
    return replace(item, statistics={"margins": pairs})


def _one_more(made: Honest, axis: str) -> Vector:
    """Return the first budget of the frontier, larger by one on an axis."""

    def change(item: Leaf) -> Leaf:
        most = dict(item.frontier[0]) if item.frontier else {}
        most[axis] = most.get(axis, 0) + 1
        return replace(item, frontier=(Budget.of(most).to_json(), *item.frontier[1:]))

    return single("claim", forged(made, item=change))


def _hyphened(axis: str) -> str:
    return "".join(c if c.islower() else "-" + c.lower() for c in axis)


_AXES: Final[dict[str, tuple[Callable[[], Honest], tuple[str, ...]]]] = {
    "partition": (lambda: base("partition"), ("trainExamples",)),
    "two-mask": (lambda: BASE, ("trainExamples", "inputFeatures")),
    "views": (lambda: base("views"), ("trainExamples", "inputFeatures")),
    "windows": (windows, ("trainExamples", "inputPatch")),
    "ablation": (ablation, ("trainExamples", "inputFeatures", "inputPatch")),
    "pixels-and-patch": (joint, ("trainExamples", "inputFeatures", "inputPatch")),
    "flip": (lambda: base("flip"), ("trainFeatures", "trainLabels", "inputFeatures", "total")),
    "bag": (lambda: base("bag"), ("trainExamples", "inputFeatures")),
    "nested": (lambda: base("nested"), ("trainExamples", "inputFeatures")),
    "runner-up": (runner_up, ("trainLabels", "total")),
    "neighbours": (neighbours, ("trainExamples",)),
    "gaussian": (grid_noise.gaussian, ("trainSquares", "inputSquares")),
    "partition-gaussian": (grid_noise.partition_gaussian, ("trainExamples", "inputSquares")),
    "runner-up-gaussian": (grid_noise.runner_up_gaussian, ("trainSquares", "inputSquares")),
    "uniform": (grid_noise.uniform, ("trainSteps", "inputSteps")),
}


def list_one_more(kind: str, release: Callable[[], Honest], axes: Iterable[str]) -> None:
    """List, for each axis, the release whose leaf claims one more on it."""
    for axis in axes:
        add(
            f"one-more-{_hyphened(axis)}-{kind}",
            f"One more on {axis} than the votes give: {kind}.",
            lambda axis=axis: _one_more(release(), axis),  # type: ignore[misc]
        )


for _kind, (_release, _names) in _AXES.items():
    list_one_more(_kind, _release, _names)

# --- statistics of random votes -----------------------------------------------------------------


def _changed(edit: Callable[[dict[str, Any]], object]) -> Change:
    def change(item: Leaf) -> Leaf:
        statistics = json.loads(json.dumps(item.statistics))
        edit(statistics)
        return replace(item, statistics=statistics)

    return change


lies(
    "claim",
    base("flip"),
    {
        "boolean-for-a-count": (
            "True is not 1.",
            _changed(lambda s: s.update(abstained=bool(s["abstained"]))),
        ),
        "vote-moved-in-the-statistics": (
            "A vote of class 0 counted for class 1.",
            _changed(lambda s: s.update(votes=[s["votes"][0] - 1, s["votes"][1] + 1])),
        ),
        "abstentions-left-out": (
            "No count of abstentions.",
            _changed(lambda s: s.pop("abstained")),
        ),
        "selection-where-none-was": (
            "Votes that choose the label, under a bound that has none.",
            _changed(lambda s: s.update(selection={"votes": [0, 0], "abstained": 0})),
        ),
        "largest-declared-budget": (
            "The declared budget that no count of these votes reaches.",
            lambda item: replace(item, frontier=({"total": 20},)),
        ),
    },
)
lies(
    "claim",
    base("nested"),
    {
        "win-added": (
            "A view more than were won.",
            _changed(lambda s: s["wins"][-1].__setitem__(1, s["wins"][-1][1] + 1)),
        ),
        "wins-at-another-depth": (
            "Wins at a depth that was not declared.",
            _changed(lambda s: s["wins"][-1].__setitem__(0, 3)),
        ),
    },
)
lies(
    "claim",
    runner_up(),
    {
        "selection-left-out": (
            "No count of the votes that chose the label.",
            _changed(lambda s: s.pop("selection")),
        ),
        "selection-counted-too": (
            "The votes that chose the label counted once more.",
            _changed(
                lambda s: s.update(
                    votes=[a + b for a, b in zip(s["votes"], s["selection"]["votes"], strict=True)]
                )
            ),
        ),
    },
)
