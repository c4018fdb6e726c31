"""The guarantee in plain English, with the numbers of one certificate filled in.

The closing table of a run and ``report.html`` both take their words here, so that they cannot
promise different things; a verdict has its own, which need no more than a verifier has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from auditor.guarantee import grid, trusted
from auditor.guarantee.threat import Budget
from auditor.guarantee.training.neighbours import neighbours
from auditor.report.subject import Subject

_MOVES: Final = {
    "modify": "rewriting one",
    "relabel": "relabelling one",
    "insert": "inserting one",
    "delete": "deleting one",
}

_SELECTION: Final = {
    "none": "The recipe states that no hyper-parameter was chosen by looking at data.",
    "trusted-data": (
        "The recipe states that hyper-parameters were chosen on other data: the guarantee assumes "
        "that nobody tampered with those."
    ),
    "pilot": (
        "Hyper-parameters were chosen by looking at this very data set: an attacker could have "
        "influenced that choice, and the guarantee does not cover it."
    ),
}


def count(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun.

    >>> count(1, "example"), count(1200, "example"), count(2, "entry", "entries")
    ('1 example', '1,200 examples', '2 entries')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def share(part: int, whole: int) -> str:
    """Return a percentage with one decimal, rounded down: 99.96 % is never shown as 100 %.

    >>> share(9996, 10000), share(3, 3), share(0, 0)
    ('99.9 %', '100.0 %', '-')
    """
    if whole == 0:
        return "-"
    tenths = part * 1000 // whole
    return f"{tenths // 10}.{tenths % 10} %"


def input_feature(audit: Mapping[str, Any]) -> str:
    """What one unit of the axis ``inputFeatures`` is: a pixel (all its channels), or a number."""
    if len(audit["dataset"]["shape"]) < 3:
        return "feature"
    return "pixel" if audit["recipe"]["alphabet"].get("unit") == "pixel" else "channel value"


def axis_words(audit: Mapping[str, Any], axis: str, amount: int) -> str:
    """Say one axis of a budget, for instance ``4 input pixels``."""
    feature = input_feature(audit)
    counted = {
        "partialExamples": ("training example in part", "training examples in part"),
        "featuresPerExample": ("feature of each", "features of each"),
        "trainFeatures": ("training feature", "training features"),
        "trainLabels": ("training label", "training labels"),
        "inputFeatures": (f"input {feature}", f"input {feature}s"),
        "total": (f"training feature, label or input {feature}", _total(feature)),
    }
    if axis in counted:
        return count(amount, *counted[axis])
    match axis:
        case "trainExamples":
            return _units_words(audit, amount)
        case "labelsPerExample":
            return "the label of each"
        case "inputPatch":
            return f"any {amount} x {amount} patch of the input"
        case "trainSquares" | "trainSteps" | "inputSquares" | "inputSteps":
            return _distance(audit, axis, amount)
        case "columns":
            return f"{count(amount, feature)} of every training example and of the input"
        case _:
            return f"{amount:,} {axis}"


def _units_words(audit: Mapping[str, Any], amount: int) -> str:
    """Say so many training units, out of how many groups, and what of them is attacked."""
    threat, details = audit["threat"], []
    if threat["unit"] == "group":
        if "groups" in audit["dataset"]:
            details.append(f"of {audit['dataset']['groups']:,}")
        column = audit["recipe"].get("data", {}).get("group")
        if column:
            details.append(f"by {column!r}")
    spared = trusted.spared(threat.get("moves") or ())
    if spared is not None:
        details.append({"features": "labels only", "labels": "features only"}[spared])
    words = count(amount, f"training {threat['unit']}")
    return f"{words} ({', '.join(details)})" if details else words


def unit_words(audit: Mapping[str, Any], axis: str) -> str:
    """Say what the amounts of an axis count, for instance ``input pixels``."""
    counted = {
        "trainSquares": "squared steps of training features",
        "trainSteps": "steps of training features",
        "inputSquares": "squared steps of the input",
        "inputSteps": "steps of the input",
    }
    return counted.get(axis) or axis_words(audit, axis, 2).removeprefix("2 ")


def _distance(audit: Mapping[str, Any], axis: str, amount: int) -> str:
    moved = "training features in all" if axis.startswith("train") else "the input"
    return f"{grid.distance(axis, amount, audit['recipe']['alphabet'])} of {moved}"


def _total(feature: str) -> str:
    return f"training features, labels or input {feature}s in all"


def budget_words(audit: Mapping[str, Any], budget: Mapping[str, int]) -> str:
    """Say a budget; the empty one is no attack at all."""
    if not budget:
        return "no change"
    return " and ".join(
        axis_words(audit, axis, amount) for axis, amount in Budget.of(budget).amounts
    )


def moves_sentence(audit: Mapping[str, Any]) -> str:
    """Say what changing a training unit means and what each way of doing it costs."""
    threat = audit["threat"]
    moves = threat.get("moves") or {}
    if not moves:
        return "Training data are not attacked in this audit's threat."
    unit = threat["unit"]
    spared = trusted.spared(moves)
    words = _MOVES | ({"modify": "rewriting the features of one"} if spared else {})
    priced = ", ".join(f"{words.get(move, move)} costs {cost}" for move, cost in moves.items())
    whole = " (every row that shares one group key)" if unit == "group" else ""
    sentence = f"Of a budget of training {unit}s{whole}, {priced}."
    if unit == "group" and spared is None:
        sentence += " A rewritten group has any rows, any number of them, also none."
    if spared is not None:
        sentence += f" The {spared} of the training examples are trusted: nobody changes them."
    return sentence


def certainty_sentence(audit: Mapping[str, Any]) -> str:
    """Say how sure the claims are, and jointly or one by one."""
    claim = audit["recipe"]["claim"]
    if claim["alpha"] == "0":
        return "This is certain, given the assumptions: no sampling is involved (alpha = 0)."
    if claim["scope"] == "simultaneous":
        return (
            f"All claims hold together, except with probability at most {claim['alpha']} over the "
            "auditor's draws."
        )
    return (
        f"Each claim on its own holds except with probability at most {claim['alpha']} over the "
        "auditor's draws; several read together may fail more often."
    )


def object_sentence(audit: Mapping[str, Any]) -> str:
    """Say what is certified: the ensemble, not a model trained beside it."""
    if asked := neighbours(audit["recipe"]):
        return f"The certified classifier is the vote of the {asked} nearest training examples."
    members = count(int(audit["members"]), "member")
    return f"The certified classifier is the ensemble of {members} in this release, voting."


def guarantee_sentence(subject: Subject) -> str:
    """Say the strongest declared budget that certifies at least half of the inputs, else the best.

    The counts are inputs whose label is right *and* cannot be changed within the budget.
    """
    inputs = int(subject.summary["inputs"])
    found = headline(subject)
    if found is None:
        return f"For none of the {inputs:,} inputs is any declared budget certified."
    budget, certified = found
    return (
        f"For {certified:,} of {inputs:,} inputs ({share(certified, inputs)}) the answer is right "
        "and stays the same whatever an attacker changed within "
        f"{budget_words(subject.audit, budget)}."
    )


def headline(subject: Subject) -> tuple[dict[str, int], int] | None:
    """Return the budget to name first and its inputs; None where nothing is certified at any."""
    inputs = int(subject.summary["inputs"])
    rows = [(dict(row["budget"]), int(row["count"])) for row in subject.summary["certified"]]
    rows = [(budget, certified) for budget, certified in rows if budget and certified]
    if not rows:
        return None
    broad = [row for row in rows if 2 * row[1] >= inputs]
    return max(broad, key=_strength) if broad else max(rows, key=lambda row: row[1])


def class_name(audit: Mapping[str, Any], label: int) -> str:
    """Return the name of a class, in quotation marks.

    >>> class_name({"dataset": {"classes": ["1", "7"]}}, 1)
    "'7'"
    """
    return f"'{audit['dataset']['classes'][label]}'"


def _strength(row: tuple[Mapping[str, int], int]) -> tuple[int, int, int]:
    budget, certified = row
    return len(budget), sum(budget.values()), certified


def assumption_sentences(audit: Mapping[str, Any]) -> tuple[str, ...]:
    """What the guarantee takes on trust; trusted artefacts come first."""
    recipe = audit["recipe"]
    artefacts = tuple(
        f"Nobody tampered with {artefact['name']} (sha256 {artefact['sha256']})."
        for artefact in recipe.get("trusted", ())
    )
    none = ("The recipe lists no trusted artefact.",)
    spared = trusted.spared(audit["threat"].get("moves") or ())
    kept = () if spared is None else (f"Nobody changed the {spared} of the training examples.",)
    return (*(artefacts or none), *kept, selection_sentence(audit))


def selection_sentence(audit: Mapping[str, Any]) -> str:
    """Say how hyper-parameters were chosen, as far as the recipe states it."""
    stated = str(audit["recipe"].get("selection", "none"))
    return _SELECTION.get(stated, f"Selection of hyper-parameters: {stated}.")
