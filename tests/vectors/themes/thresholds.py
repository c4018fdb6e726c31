"""Thresholds and totals: the signed tables are the ones that the rule and the leaves give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tests.honest import Honest
from tests.vectors.forging import BASE, Edit, base, forged, put
from tests.vectors.form import add, folder, single
from tests.vectors.themes.honest_files import runner_up


def lies(
    expect: str, made: Honest, cases: Mapping[str, tuple[str, Edit]], *, whole: bool = False
) -> None:
    """List vectors whose certificate's predicate is edited so; ``whole``: as a folder."""
    file = folder if whole else single
    for name, (comment, edit) in cases.items():
        add(
            name,
            comment,
            lambda edit=edit: file(expect, forged(made, second=edit)),  # type: ignore[misc]
        )


def k_star(more: int, place: int = 0) -> Edit:
    def edit(predicate: dict[str, Any]) -> None:
        predicate["thresholds"][place]["kStar"] += more

    return edit


for _kind in ("bag", "nested", "runner-up"):
    _made = runner_up() if _kind == "runner-up" else base(_kind)
    lies(
        "claim",
        _made,
        {
            f"lower-threshold-{_kind}": (
                f"A least winning count that is one too low: {_kind}.",
                k_star(-1, 0 if _kind == "runner-up" else 1),
            )
        },
    )
lies(
    "claim",
    base("flip"),
    {
        "lower-threshold": ("A least winning count that is one too low.", k_star(-1)),
        "higher-threshold": ("One too high: the table is what the rule gives.", k_star(1)),
        "lower-share": (
            "A vote share that is lower than the noise allows.",
            put("thresholds", 1, "pStar", value="7/8"),
        ),
        "share-not-reduced": (
            "2/4 for 1/2: one spelling.",
            put("thresholds", 0, "pStar", value="2/4"),
        ),
        "threshold-for-the-impossible": (
            "A count for a budget that no count reaches.",
            put("thresholds", 3, "kStar", value=100),
        ),
        "threshold-withheld": (
            "Never, for a budget that some count reaches.",
            put("thresholds", 1, "kStar", value=None),
        ),
        "thresholds-left-out": ("An empty table.", put("thresholds", value=[])),
        "threshold-left-out": ("A row less.", lambda p: p["thresholds"].pop()),
        "threshold-added": (
            "A row more.",
            lambda p: p["thresholds"].append({**p["thresholds"][1], "budget": {"total": 2}}),
        ),
        "thresholds-in-another-order": (
            "Declared order, nothing else.",
            lambda p: p["thresholds"].reverse(),
        ),
        "threshold-of-another-budget": (
            "The row of another budget.",
            put("thresholds", 1, "budget", value={"total": 2}),
        ),
    },
)
lies(
    "claim",
    BASE,
    {
        "threshold-of-a-deterministic-vote": (
            "A table where nothing is estimated.",
            put("thresholds", value=[{"budget": {}, "pStar": "1/2", "kStar": 1}]),
        ),
    },
)
lies(
    "statement",
    base("flip"),
    {
        "threshold-with-a-zero": (
            "An amount of zero is left out.",
            put("thresholds", 1, "budget", value={"total": 1, "trainLabels": 0}),
        ),
        "threshold-as-a-boolean": ("True is no count.", put("thresholds", 0, "kStar", value=True)),
        "threshold-below-zero": ("A count below zero.", put("thresholds", 0, "kStar", value=-1)),
        "share-as-a-number": ("A share is text.", put("thresholds", 0, "pStar", value=1)),
        "share-with-a-space": (
            "A space after the share.",
            put("thresholds", 0, "pStar", value="1/2 "),
        ),
        "share-of-one-number": (
            "A share has a denominator, one of 1 too.",
            put("thresholds", 0, "pStar", value="1"),
        ),
        "share-in-arabic-digits": (
            "Digits of another script.",
            put("thresholds", 0, "pStar", value="\u0661/2"),
        ),
    },
)

_COUNT: Final = BASE.certificate.summary.certified[0][1]


def _raise(*path: str | int) -> Edit:
    def edit(predicate: dict[str, Any]) -> None:
        inner: Any = predicate
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] += 1

    return edit


lies(
    "claim",
    BASE,
    {
        "summary-inflated": (
            "A certified count that the leaves do not add up to.",
            _raise("summary", "certified", 0, "count"),
        ),
        "summary-inflated-at-the-largest-budget": (
            "The same at the last budget.",
            _raise("summary", "certified", 2, "count"),
        ),
        "summary-deflated": (
            "A certified count that is too low.",
            put("summary", "certified", 0, "count", value=_COUNT - 1),
        ),
        "summary-more-correct": (
            "More right answers than there are.",
            _raise("summary", "correct"),
        ),
        "summary-more-abstentions": ("More abstentions.", _raise("summary", "abstained")),
        "summary-without-a-budget": (
            "A declared budget without its count.",
            lambda p: p["summary"]["certified"].pop(),
        ),
        "summary-of-a-smaller-budget": (
            "A count under the name of another budget.",
            put("summary", "certified", 1, "budget", value={"trainExamples": 9}),
        ),
        "summary-in-another-order": (
            "Declared order, nothing else.",
            lambda p: p["summary"]["certified"].reverse(),
        ),
    },
    whole=True,
)
lies(
    "success",
    BASE,
    {
        "summary-inflated-in-one-inputs-file": (
            "One input's file cannot show the totals: its verdict says so and repeats none.",
            _raise("summary", "certified", 0, "count"),
        ),
    },
)
