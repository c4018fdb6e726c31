"""Caps: what signed numbers may cost a verifier (schemas/README.md, section 8)."""

from __future__ import annotations

from typing import Final

from tests.vectors.themes.recipes import budgets, refused

_BIG_IMAGE: Final = {"shape": [1, 1024, 1024]}
_HUNDRED: Final = [str(number) for number in range(100)]
_UNEQUAL: Final = {"keepFeatures": "3/4", "keepLabels": "5/8"}
refused(
    "partition",
    {
        "513-budgets": (
            "A budget more than a verifier need take.",
            budgets(*({"trainExamples": i} for i in range(513))),
        ),
        "amount-beyond-the-cap": ("More than 2^40.", budgets({"trainExamples": 2**40 + 1})),
        "views-beyond-the-cap": (
            "2^18 views and one partition more.",
            {
                "test": {"method": "views", "groups": 1024, "partitions": 257},
                "dataset": _BIG_IMAGE,
            },
        ),
        "views-beyond-the-cap-by-masks": (
            "724 masks have 262,450 unions, more than 2^18.",
            {
                "test": {"method": "two-mask", "groups": 724, "pixels": 1},
                "dataset": _BIG_IMAGE,
            },
        ),
        "masks-beyond-the-cap": (
            "1,035 masks of two groups: a million pairs of them may have to be looked at.",
            {
                "test": {"method": "two-mask", "groups": 46, "pixels": 2},
                "dataset": _BIG_IMAGE,
            },
        ),
        "ablation-beyond-the-cap": (
            "A block at every place of an image of 32 x 33.",
            {
                "test": {
                    "method": "ablation",
                    "region": "block",
                    "size": 2,
                    "step": 1,
                    "wrap": True,
                },
                "dataset": {"shape": [1, 32, 33]},
            },
        ),
        "sides-of-patches-beyond-the-cap": (
            "Eleven sides of a patch and a hundred classes.",
            {
                "test": {
                    "method": "ablation",
                    "region": "columns",
                    "size": 1,
                    "step": 1,
                    "wrap": True,
                },
                "dataset": {"shape": [1, 32, 32], "classes": _HUNDRED},
                "classes": _HUNDRED,
                **budgets(*({"inputPatch": side} for side in range(1, 11))),
            },
        ),
        "joint-masks-beyond-the-cap": (
            "20 groups and 64 windows: 1,280 masks.",
            {
                "test": {
                    "method": "two-mask",
                    "groups": 20,
                    "pixels": 1,
                    "window": 2,
                    "step": 1,
                    "patch": 1,
                },
                "dataset": {"shape": [1, 9, 9]},
            },
        ),
        "windows-beyond-the-cap": (
            "A window at every place of an image.",
            {
                "test": {"method": "two-mask", "window": 2, "step": 1, "patch": 2},
                "dataset": _BIG_IMAGE,
            },
        ),
    },
)
refused(
    "flip",
    {
        "members-beyond-the-cap": (
            "More than a million members.",
            {"audit": {"members": 1_000_001}},
        ),
        "splits-beyond-the-cap": ("180 changes split 16,471 ways.", budgets({"total": 180})),
        "changes-beyond-the-cap": ("More than 4,096 changes.", budgets({"trainFeatures": 4097})),
        "types-beyond-the-cap": (
            "A sum over 65 x 65 x 65 types.",
            {
                "training": _UNEQUAL,
                **budgets({"trainFeatures": 64, "trainLabels": 64, "inputFeatures": 64}),
            },
        ),
        "bits-beyond-the-cap": (
            "Few types, each a number of half a million bits.",
            {
                "training": {"keepFeatures": "18446744073709551614/18446744073709551615"},
                **budgets({"trainFeatures": 4096}),
            },
        ),
    },
)
refused(
    "nested",
    {"draws-beyond-the-cap": ("More draws than 2^20.", {"audit": {"draws": 2**20 + 1}})},
)
refused(
    "runner-up",
    {
        "ways-beyond-the-cap": (
            "1,139 ways of spending, which every input asks about.",
            {"training": _UNEQUAL, **budgets(*({"total": i} for i in range(1, 18)))},
        ),
    },
)
