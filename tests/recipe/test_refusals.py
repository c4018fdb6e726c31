"""Every refusal is one sentence: file, key, what is allowed, what was got."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from auditor.errors import RecipeError
from auditor.recipe import load, resolve

FLIP: Final = {"method": "flip", "keepFeatures": "205/256"}
BAG_FLIP: Final = {"method": "bag-flip", "size": 5, "keepFeatures": "3/4", "keepLabels": "3/4"}
GRID: Final = {
    "learner.name": "ridge",
    "alphabet": {"kind": "grid", "step": "1/2", "low": 0, "high": 9},
}
NEIGHBOURS: Final = {"method": "neighbours", "count": 5}
NEAREST: Final = {"name": "nearest-neighbours", "neighbours": 5}
DELETE: Final = object()

#: name of the case -> (changes by key path, sentence)
CASES: Final[Mapping[str, tuple[Mapping[str, Any], str]]] = {
    "typo at the top": (
        {"smothing": {}},
        r"^recipe: smothing: unknown key \(did you mean smoothing\?\)\. Allowed here: version, ",
    ),
    "typo in a table": (
        {"smoothing.training.part": 5},
        (
            r"^recipe: smoothing\.training\.part: unknown key \(did you mean parts\?\)\. Allowed "
            r"here: method, parts, by$"
        ),
    ),
    "key in the wrong table": (
        {"data.budgets": []},
        r"data\.budgets: unknown key \(it belongs under \[claim\]\)",
    ),
    "top key after a table": (
        {"claim.designSeed": "x"},
        r"claim\.designSeed: unknown key \(keys of the whole recipe go above the first \[table\]\)",
    ),
    "missing key": ({"selection": DELETE}, r"^recipe: selection: missing\. .*Allowed: none, "),
    "missing key of a method": (
        {"smoothing.training.parts": DELETE},
        r"training\.parts: missing\.",
    ),
    "missing folder": ({"data.source": "images"}, r"data\.path: missing"),
    "wrong type": ({"members": "many"}, r'members: expected a whole number, got "many"$'),
    "a boolean is no number": ({"members": True}, r"members: expected a whole number, got true$"),
    "a decimal is no whole number": (
        {"members": Decimal("5.5")},
        r"members: expected a whole number, got 5\.5$",
    ),
    "a table for text": ({"name": {"a": 1}}, r"name: expected text, got a table with a$"),
    "a date": (
        {"name": date(2020, 1, 1)},
        r"name: expected text, got the date or time 2020-01-01$",
    ),
    "out of range": ({"members": 0}, r"members: expected 1 or more, got 0$"),
    "wrong version": ({"version": 2}, r"version: expected 1, got 2$"),
    "unknown method": (
        {"smoothing.training.method": "partitions"},
        (
            r'smoothing\.training\.method: expected "none" or "flip" or "hide" or "bag" or '
            r'"poisson-bag" or "bag-flip" or "partition" or "finite-aggregation" or "grid" or '
            r'"neighbours" or "gaussian" or "uniform" '
            r'\(did you mean partition\?\), got "partitions"$'
        ),
    ),
    "unknown preset": ({"preset": "wang"}, r"preset: expected .*wang2020.*got \"wang\"$"),
    "unknown source": ({"data.source": "ftp"}, r"data\.source: expected sklearn:NAME, torch"),
    "one class": ({"classes": ["a"]}, r"classes: expected at least 2 entries, got \[\"a\"\]$"),
    "class twice": ({"classes": ["a", "a"]}, r"classes: expected no entry twice, got"),
    "inside a list": (
        {"training": {"copies": [{}, {"sheer": 1}]}},
        r"training\.copies\[1\]\.sheer: unknown key \(did you mean shear\?\)",
    ),
    "number as bad text": (
        {"alphabet.threshold": "eight"},
        r'alphabet\.threshold: expected a decimal number such as 0\.5, got "eight"$',
    ),
    "share above one": ({"claim.alpha": "3/2"}, r"claim\.alpha: expected a fraction from 0 to 1"),
    "nan": (
        {"alphabet.threshold": Decimal("nan")},
        r"threshold: expected a finite number, got NaN$",
    ),
    "float": (
        {"alphabet.threshold": 0.5},
        r"threshold: expected text or Decimal, got the floating",
    ),
    "endless number": (
        {"alphabet.threshold": Decimal("1e999999")},
        r"threshold: expected a decimal",
    ),
    "bad take": (
        {"inputs": {"take": "some"}},
        r'inputs\.take: expected "all", a number, or a list',
    ),
    "empty budgets": ({"claim.budgets": []}, r"claim\.budgets: expected at least 1 entries"),
    "unknown axis": ({"claim.budgets": [{"pixels": 1}]}, r"budgets\[0\]\.pixels: unknown key"),
    "digest of wrong length": (
        {"trusted": [{"name": "x", "sha256": "ab"}]},
        r"trusted\[0\]\.sha256: expected 64 lowercase hexadecimal digits, got \"ab\"$",
    ),
    "edges not ascending": (
        {"alphabet": {"kind": "levels", "edges": [3, 3]}},
        r"alphabet\.edges: expected ascending edges",
    ),
    "edges of a column": (
        {"alphabet": {"kind": "levels", "edges": [3], "edgesByColumn": {"x": [1, 2]}}},
        r"alphabet\.edgesByColumn\.x: expected 1 edges as in alphabet\.edges .*, got 2$",
    ),
    "edges of a column without columns": (
        {"alphabet": {"kind": "levels", "edges": [3], "edgesByColumn": {"x": [1]}}},
        r"alphabet\.edgesByColumn: expected data\.source \"table\", got sklearn:digits$",
    ),
    "uneven grid": (
        {"alphabet": {"kind": "grid", "step": "1/3", "low": 0, "high": "1/2"}},
        r"alphabet\.high: expected a whole number of steps above alphabet\.low, got 1/2$",
    ),
    "backward grid": (
        {"alphabet": {"kind": "grid", "step": -1, "low": 0, "high": 1}},
        r"alphabet\.step: expected more than 0, got -1$",
    ),
    "holdout": ({"data.holdout": {"every": 3, "offset": 3}}, r"offset: expected less than every"),
    "group without column": ({"unit": "group"}, r"data\.group: expected the column"),
    "id without column": ({"smoothing.training.by": "id"}, r"data\.id: expected the column"),
    "group split over parts": (
        {"unit": "group", "data": {"source": "npz", "path": "x", "group": "g"}},
        r"smoothing\.training\.by: expected group for unit 'group' .*, got index$",
    ),
    "counting on a grid": (
        {"alphabet": {"kind": "grid", "step": 1, "low": 0, "high": 9}},
        r"learner\.name: expected a learner for numbers",
    ),
    "neighbours on a grid": (
        {
            "learner.name": "nearest-neighbours",
            "alphabet": {"kind": "grid", "step": 1, "low": 0, "high": 9},
        },
        r"learner\.name: expected a learner for numbers .* got nearest-neighbours$",
    ),
    "kernel bayes on levels": (
        {"learner.name": "kernel-bayes", "alphabet": {"kind": "levels", "edges": [1, 2]}},
        r"alphabet\.kind: expected binary",
    ),
    "bias of another task": (
        {"learner": {"name": "kernel-bayes", "bias": [0, 0, 1]}},
        r"learner\.bias: expected 2 numbers, one a class, got 3",
    ),
    "floor too high": (
        {"learner": {"name": "kernel-bayes", "floor": "0.5"}},
        r"learner\.floor: expected less than 0\.5, got 0\.5$",
    ),
    "masks with nothing hidden": ({"training": {"masks": 2}}, r"training\.masks: expected 0 with"),
    "sheared table": (
        {
            "training": {"copies": [{"shear": 1}]},
            "data": {"source": "table", "path": "x", "label": "y", "holdout": {}},
        },
        r"training\.copies\[0\]: expected \{\}",
    ),
    "table without inputs": (
        {"data": {"source": "table", "path": "x", "label": "y"}},
        r"data: expected either test \(a second file\) or holdout, got neither$",
    ),
    "no noise": (
        {"smoothing.training": {"method": "flip"}},
        r"keepFeatures: expected keepFeatures or keepLabels below 1",
    ),
    "no noise in bags": (
        {"smoothing.training": {"method": "bag-flip", "size": 5}},
        r"keepFeatures: expected keepFeatures or keepLabels below 1 \(else use bag\), got 1$",
    ),
    "nothing hidden in training": (
        {"smoothing.training": {"method": "hide"}},
        r"showFeatures: expected showFeatures or showLabels below 1 \(no noise .*\), got 1$",
    ),
    "everything hidden in training": (
        {"smoothing.training": {"method": "hide", "showLabels": 0}},
        r"showLabels: got '0', expected a fraction .* above 0",
    ),
    "hidden groups": (
        {
            "unit": "group",
            "data": {"source": "npz", "path": "x", "group": "g"},
            "smoothing.training": {"method": "hide", "showFeatures": "1/16"},
        },
        r"unit: expected \"example\" with smoothing\.training\.method \"hide\"",
    ),
    "kernels of hidden values": (
        {
            "learner": {"name": "kernel-bayes"},
            "smoothing.training": {"method": "hide", "showFeatures": "1/16"},
        },
        r"learner\.name: expected another learner with smoothing\.training\.method \"hide\"",
    ),
    "neighbours of hidden values": (
        {
            "learner": {"name": "nearest-neighbours", "neighbours": 5},
            "smoothing.training": {"method": "hide", "showFeatures": "1/16"},
        },
        r"learner\.name: expected another .* \(nearest-neighbours needs whole examples\), got near",
    ),
    "shears of hidden values": (
        {
            "training": {"copies": [{}, {"shear": "0.2"}]},
            "smoothing.training": {"method": "hide", "showFeatures": "1/16"},
        },
        r"training\.copies\[1\]: expected \{\} \(what is hidden cannot be sheared\)",
    ),
    "other moves": (
        {"smoothing.training": {"method": "bag", "size": 5, "moves": "any"}},
        r"smoothing\.training\.moves: expected \"fixed-size\" or \"any-size\".*, got \"any\"$",
    ),
    "a bag of everything": (
        {"smoothing.training": {"method": "poisson-bag", "rate": 1}},
        r"training\.rate: expected less than 1 \(else every bag is the data set\), got 1$",
    ),
    "a bag of nothing": (
        {"smoothing.training": {"method": "poisson-bag", "rate": 0}},
        r"smoothing\.training\.rate: got '0', expected a fraction .* below 1 and above 0",
    ),
    "an undrawable rate": (
        {"smoothing.training": {"method": "poisson-bag", "rate": "1/1000"}},
        r"smoothing\.training\.rate: got '1/1000', .*; the nearest is 66/65536$",
    ),
    "partial examples without a cap": (
        {"smoothing.training": BAG_FLIP, "claim.budgets": [{"partialExamples": 5}]},
        r"claim\.budgets: expected partialExamples together with featuresPerExample or labelsPerE",
    ),
    "a cap on no example": (
        {"smoothing.training": BAG_FLIP, "claim.budgets": [{"featuresPerExample": 5}]},
        r"claim\.budgets: expected partialExamples together with",
    ),
    "two labels": (
        {
            "smoothing.training": BAG_FLIP,
            "claim.budgets": [{"partialExamples": 5, "labelsPerExample": 2}],
        },
        r"claim\.budgets labelsPerExample: expected 0 or 1, an example's labels, got ",
    ),
    "a cap on what carries no noise": (
        {
            "smoothing.training": {"method": "bag-flip", "size": 5, "keepFeatures": "3/4"},
            "claim.budgets": [{"partialExamples": 5, "labelsPerExample": 1}],
        },
        r"protects \(trainExamples, partialExamples, featuresPerExample\), got labelsPerExample$",
    ),
    "undrawable noise": (
        {"smoothing.training": {"method": "flip", "keepFeatures": Decimal("0.8")}},
        (
            r"keepFeatures: got '4/5', expected a fraction w/256 or w/65536 below 1 and above 1/2; "
            r"the nearest is 205/256$"
        ),
    ),
    "unequal share": (
        {
            "smoothing.training": {"method": "flip", "keepLabels": "205/256"},
            "classes": list("abcdef"),
        },
        r"keepLabels: got .*, expected .* above 1/6, the rest a multiple of 5 .* nearest is ",
    ),
    "flips on a grid": (
        {
            "learner.name": "ridge",
            "alphabet": {"kind": "grid", "step": 1, "low": 0, "high": 9},
            "smoothing.training": FLIP,
        },
        r"keepFeatures: expected 1 with alphabet\.kind \"grid\"",
    ),
    "steps added without a grid": (
        {"smoothing.test": {"method": "gaussian", "sigma": 1}},
        r"alphabet\.kind: expected \"grid\" \(smoothing\.test gaussian adds steps .* got binary$",
    ),
    "noise of no width": (
        {**GRID, "smoothing.training": {"method": "gaussian", "sigma": 0}},
        r"smoothing\.training\.sigma: expected more than 0, got 0$",
    ),
    "too much noise": (
        {**GRID, "smoothing.training": {"method": "gaussian", "sigma": "4097/2"}},
        r"smoothing\.training\.sigma: expected at most 4096 steps of the grid, got 4097/2$",
    ),
    "a width between two steps": (
        {**GRID, "smoothing.test": {"method": "uniform", "width": "5/4"}},
        r"smoothing\.test\.width: expected 2 to 65536 whole steps of the grid, got 5/4$",
    ),
    "a width of one step": (
        {**GRID, "smoothing.test": {"method": "uniform", "width": "1/2"}},
        r"smoothing\.test\.width: expected 2 to 65536 whole steps of the grid, got 1/2$",
    ),
    "noise on groups": (
        {
            **GRID,
            "unit": "group",
            "data": {"source": "npz", "path": "x", "group": "g"},
            "smoothing.training": {"method": "uniform", "width": 2},
        },
        r"unit: expected \"example\" with smoothing\.training\.method \"uniform\"",
    ),
    "an l1 distance under gaussian noise": (
        {
            **GRID,
            "smoothing.test": {"method": "gaussian", "sigma": 2},
            "claim.budgets": [{"inputSteps": 1}],
        },
        r"claim\.budgets: expected axes .* \(trainExamples, inputSquares\), got inputSteps$",
    ),
    "labels that are not flipped": (
        {
            **GRID,
            "smoothing.training": {"method": "gaussian", "sigma": 2},
            "claim.budgets": [{"trainLabels": 1}],
        },
        r"claim\.budgets: expected axes .* \(trainSquares\), got trainLabels$",
    ),
    "a gaussian member on views": (
        {
            **GRID,
            "smoothing": {
                "training": {"method": "gaussian", "sigma": 2},
                "test": {"method": "views", "groups": 4, "partitions": 1},
            },
        },
        r"under views a drawn member would vote twice",
    ),
    "flipped groups": (
        {
            "unit": "group",
            "data": {"source": "npz", "path": "x", "group": "g"},
            "smoothing.training": FLIP,
        },
        r"unit: expected \"example\" with smoothing\.training\.method \"flip\"",
    ),
    "neighbours of another learner": (
        {"smoothing.training": NEIGHBOURS},
        r"learner\.name: expected nearest-neighbours with smoothing\.training\.method",
    ),
    "neighbours unlike the learner's": (
        {"smoothing.training": NEIGHBOURS, "learner": {"name": "nearest-neighbours"}},
        r"learner\.neighbours: expected 5, which is smoothing\.training\.count, got 1$",
    ),
    "neighbours of copies": (
        {
            "smoothing.training": NEIGHBOURS,
            "learner": NEAREST,
            "training": {"copies": [{}, {"shear": "0.2"}]},
        },
        r"training\.copies: expected \[\{\}\] with .* \(a copy would be one more voter\)",
    ),
    "neighbours of some examples": (
        {"smoothing.training": NEIGHBOURS, "learner": NEAREST, "training": {"capacity": 9}},
        r"training\.capacity: expected nothing with .* \(no example is left out\), got 9$",
    ),
    "neighbours in groups": (
        {
            "unit": "group",
            "data": {"source": "npz", "path": "x", "group": "g"},
            "smoothing.training": NEIGHBOURS,
            "learner": NEAREST,
        },
        r"unit: expected \"example\" with smoothing\.training\.method \"neighbours\"",
    ),
    "several members of neighbours": (
        {"smoothing.training": NEIGHBOURS, "learner": NEAREST, "members": 5},
        r"members: expected 1 \(others would be the same\), got 5$",
    ),
    "nothing hidden": (
        {"smoothing.test": {"method": "hide", "show": 1}},
        r"smoothing\.test\.show: expected less than 1, got 1$",
    ),
    "half a two-mask": (
        {"smoothing.test": {"method": "two-mask", "groups": 8}},
        r"smoothing\.test: expected groups and pixels, or window, .* or all five, got groups$",
    ),
    "two masks hide everything": (
        {"smoothing.test": {"method": "two-mask", "groups": 4, "pixels": 2}},
        r"smoothing\.test\.pixels: expected less than half of groups",
    ),
    "groups with half of the windows": (
        {"smoothing.test": {"method": "two-mask", "groups": 8, "pixels": 1, "patch": 1}},
        r"smoothing\.test: expected .* or all five, got groups, patch, pixels$",
    ),
    "a region without a size": (
        {"smoothing.test": {"method": "ablation", "region": "rows"}},
        r"smoothing\.test\.size: missing\. Side of the block",
    ),
    "patch wider than the window": (
        {"smoothing.test": {"method": "two-mask", "window": 3, "step": 1, "patch": 4}},
        r"smoothing\.test\.patch: expected at most window \(3\)",
    ),
    "drawn member on views": (
        {
            "smoothing": {
                "training": FLIP,
                "test": {"method": "views", "groups": 4, "partitions": 2},
            }
        },
        (
            r"smoothing\.test\.method: expected none, flip, hide, gaussian or uniform with "
            r"training method 'flip' \(under views a drawn member would vote twice on one input, "
            r".*\), got 'views'$"
        ),
    ),
    "drawn member on masks": (
        {
            "smoothing": {
                "training": {"method": "bag", "size": 5},
                "test": {"method": "two-mask", "groups": 4, "pixels": 1},
            }
        },
        r"a drawn member would vote twice",
    ),
    "nothing smoothed": (
        {"smoothing.training": {"method": "none"}},
        r"smoothing: expected a method",
    ),
    "members against parts": ({"members": 6}, r"members: expected 5 \(one for each part\), got 6$"),
    "draws without noise": ({"draws": 3}, r"draws: expected 0 \(nothing is drawn\), got 3$"),
    "draws of drawn members": (
        {"smoothing.training": FLIP, "draws": 3, "claim.budgets": [{"trainFeatures": 1}]},
        r"draws: expected 0 \(a drawn member votes once on each input",
    ),
    "noise without draws": (
        {"smoothing.test": {"method": "hide", "show": "1/2"}, "draws": 0},
        r"draws: expected at least 1",
    ),
    "alpha without chance": ({"claim.alpha": "1/1000"}, r"claim\.alpha: expected 0 \(nothing is"),
    "chance without alpha": (
        {"smoothing.training": FLIP, "claim": {"alpha": 0, "budgets": [{"trainFeatures": 1}]}},
        r"claim\.alpha: expected more than 0",
    ),
    "runner-up of two": ({"claim.bound": "runner-up"}, r"claim\.bound: expected \"top\""),
    "selection without runner-up": (
        {"claim.selectionDraws": 3},
        r"selectionDraws: expected a number",
    ),
    "axis without protection": (
        {"claim.budgets": [{"inputFeatures": 1}]},
        r"claim\.budgets: expected axes that this smoothing protects \(trainExamples\), got inputF",
    ),
    "labels without noise": (
        {"smoothing.training": FLIP, "claim.budgets": [{"trainLabels": 1}]},
        r"protects \(trainFeatures\), got trainLabels$",
    ),
    "more pixels than the masks cover": (
        {
            "smoothing.test": {"method": "two-mask", "groups": 8, "pixels": 1},
            "claim.budgets": [{"inputFeatures": 2}],
        },
        r"claim\.budgets inputFeatures: expected at most 1, which the masks cover, got 2$",
    ),
    "too many budgets": (
        {"claim.budgets": {"trainExamples": list(range(100)), "inputFeatures": list(range(100))}},
        r"claim\.budgets: expected at most 512 budgets, got a grid of 10000$",
    ),
    "a spread over too few parts": (
        {
            "smoothing": {
                "training": {"method": "finite-aggregation", "parts": 7, "spread": 4},
                "test": {"method": "none"},
            }
        },
        r"smoothing\.training\.parts: expected at least 8 for spread 4, got 7$",
    ),
    "finite aggregation with masks": (
        {
            "smoothing": {
                "training": {"method": "finite-aggregation", "parts": 9, "spread": 4},
                "test": {"method": "two-mask", "groups": 5, "pixels": 1},
            }
        },
        r"expected .none. with training method .finite-aggregation. .*got 'two-mask'$",
    ),
    "a run-off of two classes": (
        {
            "smoothing": {
                "training": {"method": "partition", "parts": 9},
                "test": {"method": "none"},
                "vote": {"method": "run-off"},
            }
        },
        r'vote\.method: expected "plurality" for two classes .*, got "run-off"$',
    ),
    "a run-off of drawn members": (
        {
            "smoothing": {
                "training": {"method": "bag", "size": 9},
                "test": {"method": "none"},
                "vote": {"method": "run-off"},
            }
        },
        r'smoothing\.training\.method: expected "partition" with smoothing\.vote\.method "run-off"',
    ),
    "a run-off under masks": (
        {
            "smoothing": {
                "training": {"method": "partition", "parts": 9},
                "test": {"method": "two-mask", "groups": 5, "pixels": 1},
                "vote": {"method": "run-off"},
            }
        },
        r'smoothing\.test\.method: expected "none" with smoothing\.vote\.method "run-off"',
    ),
    "no blocks": (
        {"smoothing": {"training": {"method": "grid", "parts": 3}, "test": {"method": "none"}}},
        r"smoothing\.training: expected groups, or down and across, or ranges, got none of them$",
    ),
    "half of the tiles": (
        {"smoothing": {"training": {"method": "grid", "parts": 3, "down": 2}}},
        r"smoothing\.training: expected groups, or down and across, or ranges, got down$",
    ),
    "one tile": (
        {"smoothing": {"training": {"method": "grid", "parts": 3, "down": 1, "across": 1}}},
        r"smoothing\.training: expected at least 2 blocks \(or method partition\), got 1$",
    ),
    "ranges of an image": (
        {
            "data": {"source": "torchvision:MNIST", "root": "d"},
            "smoothing": {"training": {"method": "grid", "parts": 3, "ranges": 2}},
        },
        r"training\.ranges: expected groups, or down and across, with images, got torchvision:MN",
    ),
    "tiles of a table": (
        {
            "data": {
                "source": "table",
                "path": "a.csv",
                "label": "y",
                "holdout": {"every": 3, "offset": 0},
            },
            "smoothing": {"training": {"method": "grid", "parts": 3, "down": 2, "across": 2}},
        },
        r"smoothing\.training\.down: expected groups or ranges with a table, got table$",
    ),
    "a grid with masks": (
        {
            "smoothing": {
                "training": {"method": "grid", "parts": 3, "groups": 4},
                "test": {"method": "two-mask", "groups": 5, "pixels": 1},
            }
        },
        r"smoothing\.test\.method: expected .none. with training method .grid. .*got 'two-mask'$",
    ),
    "tau": ({"tau": 1}, r"tau: expected less than 1, got 1$"),
}


def changed(document: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    document = copy.deepcopy(document)
    for path, value in changes.items():
        *tables, key = path.split(".")
        table = document
        for name in tables:
            table = table[name]
        if value is DELETE:
            del table[key]
        else:
            table[key] = copy.deepcopy(value)
    return document


@pytest.mark.parametrize("case", CASES)
def test_a_refusal_names_key_value_and_what_is_allowed(case: str, document: dict[str, Any]) -> None:
    changes, sentence = CASES[case]
    with pytest.raises(RecipeError, match=sentence) as caught:
        resolve(changed(document, changes))
    assert str(caught.value).startswith("recipe: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"a = \n", r"r\.toml: not valid TOML: .*line 1"),
        (b"a = '\xff'", r"r\.toml: expected UTF-8 text, got byte 5"),
        (b"x = 1", r"r\.toml: x: unknown key"),
        (b"a = " + b"[" * 100_000, r"r\.toml: not valid TOML"),
    ],
)
def test_a_file_that_is_no_recipe(text: bytes, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_bytes(text)
    with pytest.raises(RecipeError, match=sentence):
        load(tmp_path / "r.toml")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"r\.toml: cannot read the recipe: No such file"):
        load(tmp_path / "r.toml")
