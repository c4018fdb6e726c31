"""What of the training data nobody changes, where a recipe says so: the features, or the labels.

``threat = "labels"``: an attacker only relabels, the setting of SS-DPA (Levine and Feizi 2021) and
of label flips. ``threat = "features"``: an attacker only rewrites features (clean-label attacks).
Nothing else of a threat changes, and what is trusted may be used freely, also all of it at once:
docs/methods/labels-or-features-only.md proves it. Without the key both may be rewritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from auditor.errors import RecipeError
from auditor.guarantee import fields
from auditor.guarantee.sides import WHERE, Training
from auditor.guarantee.threat import TRAIN_EXAMPLES, TRAIN_FEATURES, TRAIN_LABELS, Threat
from auditor.guarantee.training.finite_aggregation import FiniteAggregation
from auditor.guarantee.training.partition import Partition

ATTACKED: Final = ("labels", "features")
"""The values of the recipe's ``threat``: what alone of the training examples is attacked."""

FITTED: Final = ("centroids",)
"""Front ends that are made from the features of all training examples together."""

_LEFT: Final = {"labels": "relabel", "features": "modify"}
_AXIS: Final = {"labels": TRAIN_LABELS, "features": TRAIN_FEATURES}


def narrow(threat: Threat, training: Training, recipe: Mapping[str, object]) -> Threat:
    """Return the part of ``threat`` that the recipe's ``threat`` leaves to the attacker.

    RecipeError where that is nothing, where the training side covers more, and where something is
    made from what the attacker may change: parts by class from all labels, a fitted front end from
    all features.
    """
    attacked = None
    if "threat" in recipe:
        attacked = fields.choice(recipe, "threat", "recipe", ATTACKED)
    moves = tuple(move for move in threat.moves if attacked is None or move[0] == _LEFT[attacked])
    if attacked is not None and not _within(training, attacked):
        expected = f"noise on the {attacked} alone with threat {attacked!r}"
        raise fields.refuse(WHERE, "training", expected, f"noise on {', '.join(training.axes)}")
    if attacked is not None and not moves:
        expected = "nothing, as this training side covers no such move"
        raise fields.refuse("recipe", "threat", expected, attacked)
    dealt = isinstance(training, Partition | FiniteAggregation) and training.by == "class"
    if dealt and attacked != "features":
        message = (
            f"{WHERE}.training.by 'class': the labels of all examples decide the parts, so one "
            "label can move every example; it needs threat 'features', under which they are trusted"
        )
        raise RecipeError(message)
    front = _front_end(recipe)
    labels_alone = all(move == "relabel" for move, _ in moves) and _within(training, "labels")
    if front in FITTED and not labels_alone:
        message = (
            f"learner.frontEnd {front!r}: the features of all training examples make it, so one "
            "example can change every member; it needs threat 'labels', under which they are "
            "trusted"
        )
        raise RecipeError(message)
    return Threat(unit=threat.unit, moves=moves)


def spared(moves: Iterable[str]) -> str | None:
    """Return what a threat of these moves leaves alone: "features", "labels", or None.

    >>> spared(["relabel"]), spared(["modify"]), spared(["modify", "relabel"]), spared([])
    ('features', 'labels', None, None)
    """
    listed = set(moves)
    return {"relabel": "features", "modify": "labels"}.get(*listed) if len(listed) == 1 else None


def _within(training: Training, attacked: str) -> bool:
    """Whether the training side covers no changes but of what is attacked, by any axis of its."""
    return set(training.axes) <= {TRAIN_EXAMPLES, _AXIS[attacked]}


def _front_end(recipe: Mapping[str, object]) -> object:
    learner = recipe.get("learner")
    front = learner.get("frontEnd") if isinstance(learner, Mapping) else None
    return front.get("name") if isinstance(front, Mapping) else None
