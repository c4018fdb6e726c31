"""A small real data set (handwritten digits, 1 against 7) and recipes over it, written to disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

TRAINING = {
    "none": 'method = "none"',
    "partition": 'method = "partition"\nparts = 9\nby = "index"',
    "content": 'method = "partition"\nparts = 9\nby = "content"',
    "flip": 'method = "flip"\nkeepFeatures = "230/256"\nkeepLabels = "250/256"',
    "hide": 'method = "hide"\nshowFeatures = "60/256"\nshowLabels = "240/256"',
    "bag": 'method = "bag"\nsize = 30\nmoves = "any-size"',
    "poisson-bag": 'method = "poisson-bag"\nrate = "24/256"',
    "bag-flip": 'method = "bag-flip"\nsize = 30\nkeepFeatures = "240/256"\nkeepLabels = "250/256"',
    "neighbours": 'method = "neighbours"\ncount = 15',
    "gaussian": 'method = "gaussian"\nsigma = 4\nkeepLabels = "250/256"',
    "uniform": 'method = "uniform"\nwidth = 16',
    "finite-aggregation": 'method = "finite-aggregation"\nparts = 24\nby = "index"\nspread = 3',
    "grid": 'method = "grid"\nparts = 5\nby = "index"\ndown = 8\nacross = 1',
}
TEST = {
    "none": 'method = "none"',
    "flip": 'method = "flip"\nkeep = "230/256"',
    "hide": 'method = "hide"\nshow = "64/256"',
    "gaussian": 'method = "gaussian"\nsigma = "5/2"',
    "uniform": 'method = "uniform"\nwidth = 12',
    "views": 'method = "views"\ngroups = 4\npartitions = 3',
    "two-mask": 'method = "two-mask"\ngroups = 6\npixels = 1',
    "windows": 'method = "two-mask"\nwindow = 4\nstep = 2\npatch = 3',
    "joint": 'method = "two-mask"\ngroups = 4\npixels = 1\nwindow = 4\nstep = 2\npatch = 3',
    "ablation": 'method = "ablation"\nregion = "columns"\nsize = 3',
}
BUDGETS = {
    "none": "",
    "flip": "inputFeatures = [0, 1]",
    "hide": "inputFeatures = [0, 1]",
    "gaussian": "inputSquares = [0, 4]",
    "uniform": "inputSteps = [0, 2]",
    "views": "inputFeatures = [0, 1]",
    "two-mask": "inputFeatures = [0, 1]",
    "windows": "inputPatch = [0, 3]",
    "joint": "inputFeatures = [0, 1], inputPatch = [0, 3]",
    "ablation": "inputFeatures = [0, 1], inputPatch = [0, 2]",
}
ON_A_GRID = frozenset({"gaussian", "uniform"})
FINITE = frozenset({"flip", "bag-flip", "neighbours"})
DRAWN = frozenset({"flip", "hide", "bag", "poisson-bag", "bag-flip"}) | ON_A_GRID
ALONE = frozenset({"grid", "finite-aggregation"})  # take no test side
NOISY = frozenset({"flip", "hide"}) | ON_A_GRID
COLUMNS = ("w0", "w1", "w2", "w3")
FAMILIES = ("views", "two-mask", "windows", "joint", "ablation")


def digits() -> dict[str, Any]:
    """Return xTrain (n, 1, 8, 8), yTrain, xTest, yTest: digits 1 and 7, every sixth a test."""
    bunch = load_digits()
    chosen = np.isin(bunch.target, (1, 7))
    images = bunch.images[chosen].astype(np.uint8)[:, None]
    labels = bunch.target[chosen].astype(np.int64)
    test = np.arange(len(labels)) % 6 == 0
    return {
        "xTrain": images[~test],
        "yTrain": labels[~test],
        "xTest": images[test][:12],
        "yTest": labels[test][:12],
    }


def recipe(
    folder: Path,
    training: str,
    test: str,
    *,
    learner: str | None = None,
    extra: str = "",
    top: str = "",
    data: dict[str, Any] | None = None,
) -> Path:
    """Write arrays and a recipe for this product of sides into ``folder``; return the recipe."""
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "digits.npz", **(data or digits()))
    drawn, noisy = training in DRAWN, test in NOISY
    axes = {"partition": "trainExamples = [0, 1]", "content": "trainExamples = [0, 1]"}
    axes |= {"finite-aggregation": "trainExamples = [0, 1]"}
    axes |= {"grid": "trainExamples = [0, 1], columns = [0, 1]"}
    axes |= {"bag": "trainExamples = [0, 1]", "flip": "trainFeatures = [0, 1]"}
    axes |= {"neighbours": "trainExamples = [0, 1]", "poisson-bag": "trainExamples = [0, 1]"}
    axes |= {"hide": "trainFeatures = [0, 1]"}
    axes |= {"bag-flip": "partialExamples = [0, 2], featuresPerExample = 1, labelsPerExample = 1"}
    axes |= {"gaussian": "trainSquares = [0, 4]", "uniform": "trainSteps = [0, 2]"}
    on_a_grid = bool({training, test} & ON_A_GRID)
    alphabet = 'kind = "grid"\nstep = 1\nlow = 0\nhigh = 16'
    if not on_a_grid:
        alphabet = 'kind = "binary"\nthreshold = 8'
    if learner is None:
        learner = f'name = "{"ridge" if on_a_grid else "naive-bayes"}"'
        if training == "neighbours":
            learner = 'name = "nearest-neighbours"\nneighbours = 15'
    budgets = ", ".join(part for part in (axes.get(training, ""), BUDGETS[test]) if part)
    alpha = '"1/20"' if drawn or noisy else "0"
    lines = [
        "version = 1",
        f'name = "{training} x {test}"',
        'classes = ["1", "7"]',
        'designSeed = "small"',
        'selection = "none"',
        top,
        "members = 120" if drawn else "",
        "draws = 60" if noisy and not drawn else "",
        '[data]\nsource = "npz"\npath = "digits.npz"',
        f'[alphabet]\n{alphabet}\nunit = "pixel"',
        f"[learner]\n{learner}",
        f"[smoothing.training]\n{TRAINING[training]}",
        f"[smoothing.test]\n{TEST[test]}",
        f"[claim]\nalpha = {alpha}",
        'scope = "per-input"' if drawn or noisy else "",
        f"budgets = {{ {budgets} }}",
        extra,
    ]
    path = folder / "recipe.toml"
    path.write_text("\n".join(line for line in lines if line) + "\n")
    return path


def table(folder: Path, edges: str, *, by: str) -> Path:
    """Write a made-up table, whose label is "yes" where w0 is not 0, and a recipe over 7 parts."""
    rows = [[number % 3, number % 5, number % 7, number % 2] for number in range(120)]
    lines = [",".join([*COLUMNS, "spam"])]
    lines += [",".join(map(str, [*row, "yes" if row[0] else "no"])) for row in rows]
    (folder / "rows.csv").write_text("\n".join(lines) + "\n")
    path = folder / "recipe.toml"
    path.write_text(
        'version = 1\nname = "table"\nclasses = ["no", "yes"]\ndesignSeed = "t"\n'
        'selection = "none"\n[data]\nsource = "table"\npath = "rows.csv"\nlabel = "spam"\n'
        f'holdout = {{ every = 4, offset = 0 }}\n[alphabet]\nkind = "levels"\n{edges}\n'
        '[learner]\nname = "naive-bayes"\n'
        f'[smoothing.training]\nmethod = "partition"\nparts = 7\nby = "{by}"\n'
        '[smoothing.test]\nmethod = "none"\n'
        "[claim]\nalpha = 0\nbudgets = { trainExamples = [0, 1] }\n"
    )
    return path
