"""Whether a claim follows from its votes, worked out naively from schemas/README.md.

Shares no code with the rules that it judges, but for reading fractions: enumerates views, sums
binomial tails term by term as fractions, and convolves noise coordinate by coordinate.
"""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from math import comb
from statistics import NormalDist
from typing import Any

from tests.fuzz import patches

Json = Mapping[str, Any]
Tally = tuple[tuple[int, ...], int]
HALF = Fraction(1, 2)
_EXAMPLES = ("bag", "partition", "neighbours")


def unfounded(audit: Json, leaf: Json, row: bytes) -> str | None:
    """Return why a claim is larger than its row of votes allows, None if it is not."""
    claim = audit["recipe"]["claim"]
    training = audit["recipe"]["smoothing"]["training"]["method"]
    test = audit["recipe"]["smoothing"]["test"]
    if leaf["label"] is None:
        return "an abstention with a frontier" if leaf["frontier"] else None
    if any(axis not in _axes(audit["recipe"]["smoothing"]) for b in leaf["frontier"] for axis in b):
        return "a budget on an axis that is not covered"
    if any(b.get("labelsPerExample", 0) > 1 for b in leaf["frontier"]):
        return "an example of two labels"
    drawn = ("flip", "hide", "bag", "poisson-bag", "bag-flip", "gaussian", "uniform")
    if training in drawn:
        return None if claim.get("bound", "top") != "top" else _drawn(audit, leaf, row)
    tallies = _tallies(row, len(audit["dataset"]["classes"]))
    voters = audit["members"]
    if training == "neighbours":
        voters = audit["recipe"]["smoothing"]["training"]["count"]
        if _votes_more_than_once(audit["recipe"], voters):
            return "examples that are not one voter each"
    if any(sum(votes) + abstained != voters for votes, abstained in tallies):
        return "votes that are not the members'"
    if test["method"] in ("flip", "hide", "gaussian", "uniform"):
        return _nested(audit, leaf, tallies)
    return _fixed(audit, leaf, tallies)


def _votes_more_than_once(recipe: Json, voters: int) -> bool:
    learner, rows = recipe["learner"], recipe.get("training", {})
    asked = (learner.get("name"), learner.get("neighbours")) == ("nearest-neighbours", voters)
    return not asked or "capacity" in rows or rows.get("copies", [{}]) != [{}]


def _axes(smoothing: Json) -> set[str]:
    training, test = smoothing["training"], smoothing["test"]
    counts_none = ("none", "flip", "hide", "gaussian", "uniform")
    axes = set() if training["method"] in counts_none else {"trainExamples"}
    if training["method"] == "hide":
        axes |= {"trainFeatures"} if Fraction(training["showFeatures"]) != 1 else set()
        axes |= {"trainLabels"} if Fraction(training["showLabels"]) != 1 else set()
    if training["method"] == "bag-flip":
        axes |= {"partialExamples"}
        axes |= {"featuresPerExample"} if Fraction(training["keepFeatures"]) != 1 else set()
        axes |= {"labelsPerExample"} if Fraction(training["keepLabels"]) != 1 else set()
    if training["method"] == "flip":
        axes |= {"trainFeatures"} if Fraction(training["keepFeatures"]) != 1 else set()
        axes |= {"trainLabels"} if Fraction(training["keepLabels"]) != 1 else set()
    if training["method"] in ("gaussian", "uniform"):
        axes |= {"trainSquares" if training["method"] == "gaussian" else "trainSteps"}
        axes |= {"trainLabels"} if Fraction(training["keepLabels"]) != 1 else set()
    if test["method"] in ("gaussian", "uniform"):
        return axes | {"inputSquares" if test["method"] == "gaussian" else "inputSteps"}
    if test["method"] != "none" and ("groups" in test or "window" not in test):
        axes |= {"inputFeatures"}
    if "window" in test or test["method"] == "ablation":
        axes |= {"inputPatch"}
    flips = {"trainFeatures", "trainLabels", "inputFeatures"}
    seed = training["method"] == test["method"] == "flip"
    return axes | {"total"} if axes == flips and seed else axes


# --- fixed views ----------------------------------------------------------------------------------


def _tallies(row: bytes, classes: int) -> list[Tally]:
    counts = struct.unpack(f"<{len(row) // 2}H", row)
    views = [counts[i : i + classes + 1] for i in range(0, len(counts), classes + 1)]
    return [(view[:-1], view[-1]) for view in views]


def _margin(tally: Tally, label: int) -> int:
    votes, abstained = tally
    rivals = [n + (b < label) for b, n in enumerate(votes) if b != label]
    return votes[label] - abstained - max(rivals)


def _plurality(tally: Tally) -> int | None:
    return next((a for a in range(len(tally[0])) if _margin(tally, a) >= 0), None)


def _fixed(audit: Json, leaf: Json, tallies: Sequence[Tally]) -> str | None:
    test, label = audit["recipe"]["smoothing"]["test"], leaf["label"]
    shape, labels = audit["dataset"]["shape"], [_plurality(tally) for tally in tallies]
    views = patches.unions(test, shape) if test["method"] == "two-mask" else []
    masks = [view for view in views if patches.is_mask(test, view)]
    if views and _two_masks(views, masks, labels) != label:
        return "a label that the two masks do not give"
    if not views and _plurality(_over_views(tallies, len(tallies[0][0]))) != label:
        return "a label that is no plurality"
    for budget in leaf["frontier"]:
        c, change = budget.get("trainExamples", 0), _change(budget)
        if views:
            margins = [_margin(tally, label) for tally in tallies]
            good = {v for v, m in zip(views, margins, strict=True) if m >= 2 * c}
            enough = _masked(test, shape, good, masks, views, change)
        elif test["method"] == "ablation":
            enough = _ablated(test, shape, tallies, label, 2 * c, change)
        else:
            enough = _sparse(test, [_margin(tally, label) for tally in tallies], 2 * c, change)
        if not enough or (c and audit["recipe"]["smoothing"]["training"]["method"] == "none"):
            return f"{budget}: the margins do not reach it"
    return None


def _change(budget: Json) -> tuple[int, int]:
    return budget.get("inputFeatures", 0), budget.get("inputPatch", 0)


def _sparse(test: Json, margins: Sequence[int], least: int, change: tuple[int, int]) -> bool:
    if test["method"] == "none":
        return change == (0, 0) and margins[0] >= least
    good = sum(m >= least for m in margins)
    return bool(2 * (good - test["partitions"] * change[0]) > len(margins)) and not change[1]


def _masked(  # noqa: PLR0917
    test: Json,
    shape: Sequence[int],
    good: set[tuple[int, ...]],
    masks: Sequence[tuple[int, ...]],
    views: Sequence[tuple[int, ...]],
    change: tuple[int, int],
) -> bool:
    if change[0] > test.get("pixels", 0) or change[1] > test.get("patch", 0):
        return False
    if change == (0, 0) and good >= {*masks}:
        return True
    if not {"groups", "window"} <= test.keys():
        return any(change) and good >= {*views}
    deep = [
        mask for mask in masks if all(tuple(sorted({*mask, *other})) in good for other in masks)
    ]
    return patches.hidden(test, shape, deep, change)


def _ablated(  # noqa: PLR0917
    test: Json,
    shape: Sequence[int],
    tallies: Sequence[Tally],
    label: int,
    least: int,
    change: tuple[int, int],
) -> bool:
    pixels, side = change
    if side > min(shape[1:]):
        return False
    said = [_plurality(tally) for tally in tallies]
    deep = [a is not None and _margin(t, a) >= least for t, a in zip(tallies, said, strict=True)]
    for rival in {*range(len(tallies[0][0]))} - {label}:
        worth = [
            d * (2 if a == label else 0 if a == rival else 1)
            for d, a in zip(deep, said, strict=True)
        ]

        def lost(length: int, worth: Sequence[int] = worth) -> list[int]:
            sets = patches.reached(test, shape, length) if length else {frozenset[int]()}
            return sorted((sum(worth[view] for view in views) for views in sets), reverse=True)

        charged = lost(side)[0] + sum(lost(1)[:pixels])
        if sum(worth) - charged < len(said) + (rival < label):
            return False
    return True


def _over_views(tallies: Sequence[Tally], classes: int) -> Tally:
    labels = [_plurality(tally) for tally in tallies]
    return tuple(labels.count(a) for a in range(classes)), labels.count(None)


def _two_masks(
    views: Sequence[tuple[int, ...]],
    first: Sequence[tuple[int, ...]],
    labels: Sequence[int | None],
) -> int | None:
    said = dict(zip(views, labels, strict=True))
    votes = Counter(said[mask] for mask in first if said[mask] is not None)
    if not votes:
        return None
    most = min((-count, label) for label, count in votes.items() if label is not None)[1]
    for mask in first:
        own = said[mask]
        unions = {tuple(sorted({*mask, *other})) for other in first}
        if own not in {None, most} and all(said[union] == own for union in unions):
            return own
    return most


# --- random votes ---------------------------------------------------------------------------------


def _levels(audit: Json) -> Fraction:
    claim = audit["recipe"]["claim"]
    alpha = Fraction(claim["alpha"])
    return alpha / audit["inputs"]["size"] if claim["scope"] == "simultaneous" else alpha


@lru_cache(maxsize=4096)
def tail(n: int, k: int, p: Fraction) -> Fraction:
    """Return P[Bin(n, p) >= k]."""
    return sum((comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(k, n + 1)), Fraction(0))


def _drawn(audit: Json, leaf: Json, row: bytes) -> str | None:
    votes = row.count(bytes([leaf["label"]]))
    share = _levels(audit)
    return _proved(audit, leaf, dict.fromkeys([0], votes), len(row), share * 1023 / 1024)


def _nested(audit: Json, leaf: Json, tallies: Sequence[Tally]) -> str | None:
    budgets = audit["recipe"]["claim"]["budgets"]
    depths = {b.get("trainExamples", 0) for b in budgets if any(b.values())}
    margins = [_margin(tally, leaf["label"]) for tally in tallies]
    wins = {c: sum(m >= 2 * c for m in margins) for c in depths | {0}}
    event = _levels(audit) * 1023 / 1024 / max(len(depths), 1)
    return _proved(audit, leaf, wins, len(tallies), event)


def _proved(
    audit: Json, leaf: Json, counts: Mapping[int, int], n: int, event: Fraction
) -> str | None:
    """Return which budget the counts (by touched members) do not prove."""
    if tail(n, counts[0], HALF) > _levels(audit) / 1024:
        return "a label that the votes do not prove"
    for budget in leaf["frontier"]:
        if not any(budget.values()):
            continue
        c = budget.get("trainExamples", 0) if len(counts) > 1 or _is_nested(audit) else 0
        needed = [p_star(*way) for way in _ways(audit, budget)]
        if c not in counts or None in needed:
            return f"{budget}: no count proves it"
        if tail(n, counts[c], max(p for p in needed if p is not None)) > event:
            return f"{budget}: {counts[c]} of {n} do not prove it"
    return None


def _is_nested(audit: Json) -> bool:
    return audit["recipe"]["smoothing"]["training"]["method"] in ("partition", "none")


Group = tuple[int, Fraction, int]
"""Symbols, the chance to be kept, changed coordinates."""
Copies = tuple[int, Fraction, tuple[Group, ...]]
"""Draws, the chance that one is of a changed example, what is changed in its copy."""
Noise = tuple[Group | Copies, ...]
Ratios = dict[Fraction, tuple[Fraction, Fraction]]
"""By ratio Q/P: masses under P and under Q."""
Way = tuple[Fraction, Noise, Fraction]


def _ways(audit: Json, budget: Json) -> list[Way]:
    """Return (survival, groups of flips, Phi(r)) for every way of spending a budget."""
    total = budget.get("total", 0)
    if not total:
        spent = ("trainFeatures", "trainLabels", "inputFeatures", "trainExamples")
        survival, groups, _ = _way(audit, *(budget.get(axis, 0) for axis in spent))
        overlap, mark = _added(audit, budget)
        return [(survival * overlap, (*groups, *_copies(audit, budget)), mark)]
    return [
        _way(audit, f, lb, total - f - lb, 0)
        for f in range(total + 1)
        for lb in range(total + 1 - f)
    ]


def _added(audit: Json, budget: Json) -> tuple[Fraction, Fraction]:
    """Return what noise that is added leaves of a change: the overlap, and Phi(r) or a bit less."""
    recipe = audit["recipe"]
    overlap, squared = Fraction(1), Fraction(0)
    for side, name in (("training", "train"), ("test", "input")):
        noise = recipe["smoothing"][side]
        if noise["method"] not in ("gaussian", "uniform"):
            continue
        step = Fraction(recipe["alphabet"]["step"])
        if noise["method"] == "gaussian":
            squared += budget.get(f"{name}Squares", 0) * (step / Fraction(noise["sigma"])) ** 2
        else:
            width = Fraction(noise["width"]) / step
            overlap *= max(1 - budget.get(f"{name}Steps", 0) / width, Fraction(0))
    if not squared:
        return overlap, HALF
    # a bit less than it is, so that a rounding never calls an honest claim unfounded
    return overlap, Fraction(NormalDist().cdf(math.sqrt(squared))) - Fraction(1, 10**12)


def _way(audit: Json, features: int, labels: int, changed: int, rewritten: int) -> Way:
    """Return survival and flips, without copies in bags."""
    recipe, dataset = audit["recipe"], audit["dataset"]
    training, test = recipe["smoothing"]["training"], recipe["smoothing"]["test"]
    alphabet = recipe["alphabet"]
    symbols = _symbols(alphabet)
    per_unit = _per_unit(audit)
    survival, groups = Fraction(1), []
    if training["method"] == "flip":
        groups.append((symbols, Fraction(training["keepFeatures"]), features * per_unit))
    if "keepLabels" in training:
        groups.append((len(dataset["classes"]), Fraction(training["keepLabels"]), labels))
    if training["method"] == "hide":
        shown = Fraction(training["showFeatures"]), Fraction(training["showLabels"])
        survival *= (1 - shown[0] * shown[1]) ** features * (1 - shown[1]) ** labels
    if training["method"] == "poisson-bag":
        survival *= (1 - Fraction(training["rate"])) ** rewritten
    if training["method"] in ("bag", "bag-flip"):
        survival *= (
            Fraction(max(dataset["size"] - rewritten, 0), dataset["size"]) ** training["size"]
        )
    if test["method"] == "flip":
        groups.append((symbols, Fraction(test["keep"]), changed * per_unit))
    if test["method"] == "hide":
        survival *= (1 - Fraction(test["show"])) ** changed
    return survival, tuple(group for group in groups if group[2]), HALF


def _copies(audit: Json, budget: Json) -> list[Copies]:
    training = audit["recipe"]["smoothing"]["training"]
    left = audit["dataset"]["size"] - budget.get("trainExamples", 0)
    partial = min(budget.get("partialExamples", 0), left)
    if training["method"] != "bag-flip" or partial <= 0:
        return []
    symbols, classes = _symbols(audit["recipe"]["alphabet"]), len(audit["dataset"]["classes"])
    features = budget.get("featuresPerExample", 0) * _per_unit(audit)
    labels = budget.get("labelsPerExample", 0)
    groups = (
        (symbols, Fraction(training["keepFeatures"]), features),
        (classes, Fraction(training["keepLabels"]), labels),
    )
    changed = tuple(group for group in groups if group[2])
    return [(training["size"], Fraction(partial, left), changed)] if changed else []


def _per_unit(audit: Json) -> int:
    shape = audit["dataset"]["shape"]
    pixels = audit["recipe"]["alphabet"].get("unit", "channel") == "pixel" and len(shape) == 3
    return int(shape[0]) if pixels else 1


def _symbols(alphabet: Json) -> int:
    if alphabet["kind"] == "levels":
        return len(alphabet["edges"]) + 1
    if alphabet["kind"] == "grid":
        low, high, step = (Fraction(alphabet[key]) for key in ("low", "high", "step"))
        return int((high - low) / step) + 1
    return 2


@lru_cache(maxsize=4096)
def p_star(survival: Fraction, groups: Noise, mark: Fraction = HALF) -> Fraction | None:
    """Return the share of votes that has to be exceeded; None when none is enough."""
    if survival <= mark:
        return None
    return 1 - survival * _least(groups, 1 - mark / survival)


def _least(groups: Noise, p: Fraction) -> Fraction:
    """Return L(p), by one convolution for every changed coordinate and every draw."""
    law: Ratios = {Fraction(1): (Fraction(1), Fraction(1))}
    for first, chance, changed in groups:
        if not isinstance(changed, tuple):
            law = _flipped(law, first, chance, changed)
            continue
        copy: Ratios = {Fraction(1): (Fraction(1), Fraction(1))}
        for symbols, keep, count in changed:
            copy = _flipped(copy, symbols, keep, count)
        draw = {ratio: (chance * old, chance * new) for ratio, (old, new) in copy.items()}
        old, new = draw.get(Fraction(1), (Fraction(0), Fraction(0)))
        draw[Fraction(1)] = (old + 1 - chance, new + 1 - chance)
        for _ in range(first):
            law = _joined(law, {ratio: both for ratio, both in draw.items() if both[0]})
    reached = Fraction(0)
    for ratio in sorted(law):
        old, new = law[ratio]
        if p <= old:
            return reached + p * ratio
        p, reached = p - old, reached + new
    return reached


def _flipped(law: Ratios, symbols: int, keep: Fraction, changed: int) -> Ratios:
    other = (1 - keep) / (symbols - 1)
    one = {other / keep: (keep, other), keep / other: (other, keep)}
    if symbols > 2:
        one[Fraction(1)] = ((symbols - 2) * other, (symbols - 2) * other)
    for _ in range(changed):
        law = _joined(law, one)
    return law


def _joined(first: Ratios, second: Ratios) -> Ratios:
    result: Ratios = {}
    for ratio, (old, new) in first.items():
        for step, (more, mirrored) in second.items():
            before = result.get(ratio * step, (Fraction(0), Fraction(0)))
            result[ratio * step] = (before[0] + old * more, before[1] + new * mirrored)
    return result
