"""Whom the attacker is: groups, labels alone, features alone, and what may be built on the rest."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from tests.honest import Honest
from tests.vectors.forging import Budgets, Edit, base, changed, drop, forged, made, put
from tests.vectors.form import Vector, add, folder, single, vector
from tests.vectors.themes.honest_files import PARTITION
from tests.vectors.themes.recipes import refused

_GROUPS: Final = 12
_BUDGETS: Final[Budgets] = ({}, {"trainExamples": 1}, {"trainExamples": 1, "inputFeatures": 1})
_CENTROIDS: Final = {"name": "ridge", "frontEnd": {"name": "centroids", "count": 100}}
_BY_CLASS: Final = {**PARTITION, "by": "class"}


@cache
def bags(groups: int = _GROUPS) -> Honest:
    """Return bags of groups: 100 examples, of so many contributors."""
    recipe = changed("bag", budgets=_BUDGETS, unit="group")
    return made("bag", recipe=recipe, audit={"groups": groups})


def labels(**parts: Any) -> Honest:
    """Return parts by index that nobody but a relabeller attacks."""
    return made(recipe=changed("partition", threat="labels", **parts))


def features() -> Honest:
    """Return parts by class, of which nobody but a clean-label attacker changes anything."""
    return made(recipe=changed("partition", threat="features", training=_BY_CLASS))


@vector
def honest_bag_of_groups() -> Vector:
    """Bags draw groups: their number is signed, and it is what survival is about."""
    return single("success", bags())


@vector
def honest_release_bag_of_groups() -> Vector:
    """The same as a folder."""
    return folder("success", bags())


@vector
def honest_number_of_groups_of_parts() -> Vector:
    """Parts by group may say how many groups there are; no bound depends on it."""
    training = {**PARTITION, "by": "group"}
    recipe = changed("partition", training=training, unit="group")
    return single("success", made(recipe=recipe, audit={"groups": 30}))


@vector
def honest_relabelling() -> Vector:
    """Labels alone are attacked: relabelling is the only move."""
    return single("success", labels())


@vector
def honest_relabelling_under_centroids() -> Vector:
    """Labels alone are attacked, so a front end may be made from all features."""
    return single("success", labels(learner=_CENTROIDS))


@vector
def honest_relabelling_under_flips() -> Vector:
    """Flips of labels, with the threat to match."""
    training = {"method": "flip", "keepFeatures": "1", "keepLabels": "205/256"}
    budgets: Budgets = ({}, {"trainLabels": 1}, {"trainLabels": 2})
    test = {"method": "none"}
    recipe = changed("flip", training=training, test=test, budgets=budgets, threat="labels")
    return single("success", made("flip", recipe=recipe))


def flips_of_labels() -> Honest:
    """Return members trained on flipped labels, and features as they are."""
    training = {"method": "flip", "keepFeatures": "1", "keepLabels": "205/256"}
    budgets: Budgets = ({}, {"trainLabels": 1})
    test = {"method": "none"}
    return made("flip", recipe=changed("flip", training=training, test=test, budgets=budgets))


@vector
def honest_clean_labels() -> Vector:
    """Features alone are attacked, so all labels may decide the parts."""
    return single("success", features())


for _name, _comment, _edit in (
    ("groups-one-more", "The thresholds are of 12 groups.", put("dataset", "groups", value=13)),
    (
        "groups-as-many-as-examples",
        "As if a bag drew examples.",
        put("dataset", "groups", value=100),
    ),
):
    add(
        _name,
        _comment,
        lambda edit=_edit: single("claim", forged(bags(), audit=edit)),  # type: ignore[misc]
    )


@vector
def threshold_of_more_groups() -> Vector:
    """A threshold that holds for 13 groups, where there are 12."""
    lower = bags(13).certificate.thresholds[1].p_star
    edit = put("thresholds", 1, "pStar", value=lower)
    return single("claim", forged(bags(), second=edit))


def _lie(name: str, comment: str, of: Callable[[], Honest], edit: Edit) -> None:
    add(name, comment, lambda: single("statement", forged(of(), audit=edit)))


_ALL: Final = {"modify": 1, "relabel": 1}
_ONE: Final = {"relabel": 1}
for _case in (
    ("groups-withheld", "Bags of groups, and no number.", bags, drop("dataset", "groups")),
    ("groups-of-101", "More groups than examples.", bags, put("dataset", "groups", value=101)),
    ("groups-of-none", "No group at all.", bags, put("dataset", "groups", value=0)),
    ("groups-as-text", "A number in quotes.", bags, put("dataset", "groups", value="12")),
    ("groups-of-examples", "Examples for units.", base, put("dataset", "groups", value=12)),
    ("relabelling-called-rewriting", "Another threat.", labels, put("threat", "moves", value=_ALL)),
    (
        "flipped-labels-called-rewriting",
        "Features have no noise.",
        flips_of_labels,
        put("threat", "moves", value=_ALL),
    ),
    ("relabelling-left-out", "The recipe's threat is wider.", labels, drop("recipe", "threat")),
    (
        "rewriting-left-out",
        "Another threat.",
        features,
        put("threat", "moves", value={"relabel": 1}),
    ),
):
    _lie(*_case)

_RELABEL: Final = {"threat": {"unit": "example", "moves": {"relabel": 1}}}
_MODIFY: Final = {"threat": {"unit": "example", "moves": {"modify": 1}}}
refused(
    "partition",
    {
        "threat-in-another-word": ("labels or features.", {"threat": "clean-label"}),
        "threat-of-null": ("Null is no threat.", {"threat": None}),
        "parts-by-class-of-any-threat": (
            "All labels decide the parts, and any label may change.",
            {"training": {"by": "class"}, "audit": _MODIFY},
        ),
        "parts-by-class-of-relabelling": (
            "The same, and labels are all that changes.",
            {"training": {"by": "class"}, "threat": "labels", "audit": _RELABEL},
        ),
        "centroids-of-any-threat": (
            "All features make the front end, and any feature may change.",
            {"learner": _CENTROIDS},
        ),
        "centroids-of-clean-labels": (
            "The same, and features are all that changes.",
            {"learner": _CENTROIDS, "threat": "features", "audit": _MODIFY},
        ),
    },
)
refused(
    "flip",
    {
        "relabelling-under-flips-of-features": (
            "Labels alone are attacked, and features are covered.",
            {"threat": "labels", "audit": _RELABEL},
        ),
    },
)
refused(
    "nested",
    {
        "nothing-attacked-but-labels": (
            "One member, trained on everything: no move is covered, so none is left.",
            {
                "training": {"method": "none"},
                "claim": {"budgets": [{"inputFeatures": 1}]},
                "threat": "labels",
                "audit": {"members": 1, "threat": {"unit": "example", "moves": {}}},
            },
        ),
    },
)
