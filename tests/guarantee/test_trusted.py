"""Threats to labels, or to features, alone: what is left, and what may be built on the rest."""

from __future__ import annotations

from itertools import product

import pytest

from auditor.errors import RecipeError
from auditor.guarantee.claim import Judgement
from auditor.guarantee.smoothing import rule_for, threat_for
from auditor.guarantee.training.partition import Partition, assign_by_class
from auditor.guarantee.trusted import spared
from auditor.guarantee.vote.plurality import encode_row
from tests.guarantee.audits import NONE, Json, audit, partition

FLIP_LABELS: Json = {"method": "flip", "keepFeatures": "1", "keepLabels": "3/4"}
FLIP_FEATURES: Json = {"method": "flip", "keepFeatures": "3/4", "keepLabels": "1"}
FLIP_BOTH: Json = {"method": "flip", "keepFeatures": "3/4", "keepLabels": "3/4"}
BAG: Json = {"method": "bag", "size": 3}
CENTROIDS: Json = {"name": "ridge", "frontEnd": {"name": "centroids"}}
HOG: Json = {"name": "ridge", "frontEnd": {"name": "masked-hog"}}
ROOT = bytes(range(32))


def recipe(training: Json, threat: object = None, learner: object = None) -> Json:
    found: Json = {"unit": "group" if training.get("by") == "group" else "example"}
    found["smoothing"] = {"training": training, "test": NONE}
    if threat is not None:
        found["threat"] = threat
    if learner is not None:
        found["learner"] = learner
    return found


@pytest.mark.parametrize(
    ("training", "threat", "moves"),
    [
        (partition(3), "labels", {"relabel": 1}),
        (partition(3), "features", {"modify": 1}),
        (partition(3, "class"), "features", {"modify": 1}),
        (partition(3, "id"), "labels", {"relabel": 1}),
        (partition(3, "content"), "labels", {"relabel": 2}),
        (partition(3, "content"), "features", {"modify": 2}),
        (partition(3, "group"), "labels", {"relabel": 1}),
        (BAG, "labels", {"relabel": 1}),
        (BAG, "features", {"modify": 1}),
        (FLIP_LABELS, "labels", {"relabel": 1}),
        (FLIP_FEATURES, "features", {"modify": 1}),
    ],
)
def test_what_is_left_keeps_its_price(training: Json, threat: str, moves: Json) -> None:
    found = threat_for(recipe(training, threat))
    assert found.to_json()["moves"] == moves
    assert spared(moves) == {"labels": "features", "features": "labels"}[threat]


REFUSED: dict[str, tuple[Json, str]] = {
    "nothing is attacked": (recipe(NONE, "labels"), "threat"),
    "another word": (recipe(partition(3), "both"), "threat"),
    "a list": (recipe(partition(3), ["labels"]), "threat"),
    "flips of features, labels attacked": (recipe(FLIP_FEATURES, "labels"), "noise on"),
    "flips of labels, features attacked": (recipe(FLIP_LABELS, "features"), "noise on"),
    "parts by class": (recipe(partition(3, "class")), "labels of all examples"),
    "parts by class, labels attacked": (
        recipe(partition(3, "class"), "labels"),
        "threat",
    ),
    "centroids": (recipe(partition(3), None, CENTROIDS), "features of all training examples"),
    "centroids, features attacked": (
        recipe(partition(3), "features", CENTROIDS),
        "features of all training examples",
    ),
    "flips of both, labels attacked": (recipe(FLIP_BOTH, "labels"), "noise on"),
    "centroids under flips": (recipe(FLIP_BOTH, None, CENTROIDS), "features of all training"),
    "centroids of bags": (recipe(BAG, None, CENTROIDS), "features of all training examples"),
}


@pytest.mark.parametrize(("value", "reason"), REFUSED.values(), ids=REFUSED)
def test_nothing_is_built_on_what_can_change(value: Json, reason: str) -> None:
    with pytest.raises(RecipeError, match=reason):
        threat_for(value)


@pytest.mark.parametrize(
    "value",
    [
        recipe(partition(3), "labels", CENTROIDS),
        recipe(FLIP_LABELS, "labels", CENTROIDS),
        recipe(FLIP_LABELS, None, CENTROIDS),
        recipe(BAG, "labels", CENTROIDS),
        recipe(NONE, None, CENTROIDS),
        recipe(partition(3), None, HOG),
        recipe(partition(3), None, "no table"),
        recipe(partition(3), None, {"frontEnd": 3}),
    ],
)
def test_what_is_trusted_may_be_used(value: Json) -> None:
    threat_for(value)


# The whole of a toy: two features, two classes, every data set, every attack. A front end sees all
# features, or all labels decide the parts; the members are the worst there are: any function.

CLASSES = 2


def _members(features: tuple[int, ...], labels: tuple[int, ...], part: list[int]) -> list[int]:
    """What three members vote: a hash of their own labels and of all features."""
    return [
        hash((features, tuple((i, labels[i]) for i in range(len(labels)) if part[i] == member)))
        % CLASSES
        for member in range(3)
    ]


def _clean_members(
    features: tuple[int, ...], part: list[int], labels: tuple[int, ...]
) -> list[int]:
    """What three members vote: a hash of all labels and of their own features."""
    return [
        hash((labels, tuple((i, features[i]) for i in range(len(labels)) if part[i] == member)))
        % CLASSES
        for member in range(3)
    ]


def _judged(by: str, threat: str, votes: list[int]) -> Judgement:
    description = audit(
        partition(3, by), NONE, [{}, {"trainExamples": 1}], members=3, classes=CLASSES
    )
    description["recipe"]["threat"] = threat  # type: ignore[index]
    row = encode_row([[votes.count(label) for label in range(CLASSES)] + [0]])
    return rule_for(description).judge(row)


def _radius(judgement: Judgement) -> int:
    return max((budget.get("trainExamples") for budget in judgement.frontier), default=-1)


SIX = [(values[:3] * 2, values[3:]) for values in product(range(2), repeat=9)]


def test_no_relabelling_within_the_budget_changes_a_vote_over_all_features() -> None:
    part = [0, 1, 2, 0, 1, 2]
    certified = 0
    for features, labels in SIX:
        before = _judged("index", "labels", _members(features, labels, part))
        if _radius(before) < 1:
            continue
        certified += 1
        for place in range(6):
            attacked = tuple(1 - v if i == place else v for i, v in enumerate(labels))
            after = _judged("index", "labels", _members(features, attacked, part))
            assert after.label == before.label
    assert certified > 20


def test_no_rewriting_within_the_budget_changes_a_vote_over_all_labels() -> None:
    certified = 0
    params = Partition(parts=3, by="class")
    for features, labels in SIX:
        part = assign_by_class(labels, params, ROOT)
        before = _judged("class", "features", _clean_members(features, part, labels))
        if _radius(before) < 1:
            continue
        certified += 1
        for place in range(6):
            attacked = tuple(1 - v if i == place else v for i, v in enumerate(features))
            after = _judged("class", "features", _clean_members(attacked, part, labels))
            assert after.label == before.label
    assert certified > 20


def test_an_attack_on_what_is_trusted_breaks_it() -> None:
    """The refusals are needed: one changed feature, or label, moves a certified label."""
    part, params = [0, 1, 2, 0, 1, 2], Partition(parts=3, by="class")
    broken = {"features": 0, "labels": 0}
    for features, labels in SIX:
        other = (1 - features[0], *features[1:])
        pair = [_judged("index", "labels", _members(x, labels, part)) for x in (features, other)]
        broken["features"] += _radius(pair[0]) == 1 and pair[0].label != pair[1].label
        flipped = (1 - labels[0], *labels[1:])
        pair = [
            _judged("class", "features", _clean_members(features, _dealt(y, params), y))
            for y in (labels, flipped)
        ]
        broken["labels"] += _radius(pair[0]) == 1 and pair[0].label != pair[1].label
    assert broken["features"] > 0
    assert broken["labels"] > 0


def _dealt(labels: tuple[int, ...], params: Partition) -> list[int]:
    return assign_by_class(labels, params, ROOT)
